//! Many who follow, and some who do not read.

use tunesmith_protocol::*;

use crate::support::*;

#[test]
#[cfg(target_os = "linux")]
fn any_number_of_followers_take_one_thread() {
    let place = Place::new();
    let studio = place.open();
    let threads = || std::fs::read_dir("/proc/self/task").unwrap().count();
    let before = threads();
    let followed: Vec<Subscription> =
        (0..600).map(|number| studio.subscribe(Topic::Job(format!("job-{number}")), 0).unwrap()).collect();
    let library = studio.subscribe(Topic::Library, 0).unwrap();
    assert!(threads() <= before + 2, "{} more", threads() - before);
    studio.import_dataset(import_of(&[&place.data_file(20)])).unwrap();
    assert!(library.next_within(PATIENCE).unwrap().is_some());
    drop(followed);
}

#[test]
fn a_follower_that_does_not_read_holds_up_no_other_and_loses_nothing() {
    let place = Place::new();
    let studio = place.open();
    let dataset = studio.import_dataset(import_of(&[&place.data_file(20)])).unwrap();
    let (slow, quick) = (studio.subscribe(Topic::Library, 0).unwrap(), studio.subscribe(Topic::Library, 0).unwrap());
    let item = ItemRef { kind: ItemKind::Dataset, id: dataset.id };
    let last = |news: &Subscription| news.next_within(PATIENCE).unwrap().unwrap().last().unwrap().seq;
    // Each change in a group of its own, more than wait for one follower.
    let mut told = Vec::new();
    for number in 0..8 {
        studio.rename(Rename { item: item.clone(), name: format!("name {number}") }).unwrap();
        told.push(last(&quick));
    }
    assert!(told.is_sorted(), "{told:?}");
    let mut seen = Vec::new();
    while seen.last() != told.last() {
        seen.extend(slow.next_within(PATIENCE).unwrap().unwrap().iter().map(|event| event.seq));
    }
    assert_eq!(seen, (seen[0]..=*told.last().unwrap()).collect::<Vec<u64>>(), "none lost, none twice");
}
