//! Pieces computed side by side. Looked at from within: no job that can be asked for makes a thread panic.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tunesmith_train::TrainError;

#[expect(dead_code, reason = "only the threads are of interest here")]
#[path = "../../src/workers.rs"]
mod workers;

#[test]
fn a_panic_in_one_of_the_threads_comes_with_its_reason() {
    let workers = workers::Workers::new(2, 2).unwrap();
    let work = |piece: &u32| match piece {
        3 => panic!("piece {piece} is on fire"),
        piece => piece * 2,
    };
    let each = || workers.each(&[1, 2, 3, 4, 5], work, || Ok::<(), TrainError>(()));
    let panic = catch_unwind(AssertUnwindSafe(each)).unwrap_err();
    assert_eq!(panic.downcast_ref::<String>().map(String::as_str), Some("piece 3 is on fire"));
    // What is left of the threads goes on working.
    let again = workers.each(&[1, 2], work, || Ok::<(), TrainError>(())).unwrap();
    assert_eq!(again, [2, 4]);
}
