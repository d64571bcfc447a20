//! Work done side by side, tested from within the crate: no job that can be asked for makes a thread panic.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tunesmith_train::TrainError;

#[expect(dead_code, reason = "only the threads are of interest here")]
#[path = "../../src/workers.rs"]
mod workers;

#[test]
fn a_panic_in_one_of_the_threads_comes_with_its_reason() {
    let workers = workers::Workers::new(2, 2).unwrap();
    let work = |item: &u32| match item {
        3 => panic!("item {item} is on fire"),
        item => item * 2,
    };
    let each = || workers.each(&[1, 2, 3, 4, 5], work, |_| Ok::<(), TrainError>(()));
    let panic = catch_unwind(AssertUnwindSafe(each)).unwrap_err();
    assert_eq!(panic.downcast_ref::<String>().map(String::as_str), Some("item 3 is on fire"));
    // What is left of the threads goes on working.
    let again = workers.each(&[1, 2], work, |_| Ok::<(), TrainError>(())).unwrap();
    assert_eq!(again, [2, 4]);
}
