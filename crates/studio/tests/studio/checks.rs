//! The doctor's visits: joined, cancelled, outdated, and cut short by the end of the program.

use std::time::{Duration, Instant};

use tunesmith_protocol::*;

use crate::support::*;

/// As many rows as keep the doctor busy for a while.
const MANY: usize = 60_000;

fn many(place: &Place, studio: &dyn Api) -> String {
    studio.import_dataset(import_of(&[&place.data_file(MANY)])).unwrap().id
}

/// Waits until the doctor is at work on a version.
fn wait_for_work(studio: &dyn Api, job: &str) {
    let news = studio.subscribe(Topic::Job(job.into()), 0).unwrap();
    let started = Instant::now();
    while started.elapsed() < PATIENCE {
        let group = news.next_within(Duration::from_secs(1)).unwrap().unwrap_or_default();
        if group.iter().any(|event| matches!(&event.body, EventBody::Job { job } if job.progress.rows > 0)) {
            return;
        }
    }
    panic!("the doctor does not come");
}

#[test]
fn a_check_that_is_going_is_joined_and_cancelled_for_all_who_wait() {
    let place = Place::new();
    let studio = place.open();
    let id = many(&place, &*studio);
    wait_for_work(&*studio, &format!("check-{id}-1"));
    let waiting: Vec<_> = (0..2)
        .map(|_| {
            let (studio, id) = (studio.clone(), id.clone());
            std::thread::spawn(move || studio.check_dataset(id))
        })
        .collect();
    std::thread::sleep(Duration::from_millis(100));
    studio.cancel_job(format!("check-{id}-1")).unwrap();
    for one in waiting {
        assert_eq!(one.join().unwrap().unwrap_err().code, ErrorCode::Cancelled, "no second visit is begun");
    }
    assert_eq!(studio.dataset_report(id.clone()).unwrap(), None);
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(studio.dataset_report(id.clone()).unwrap(), None, "what was cancelled is not begun anew by itself");
    assert_eq!(studio.check_dataset(id).unwrap().rows, MANY as u64, "but when someone asks for it");
}

#[test]
fn a_check_cut_short_by_the_end_of_the_program_is_taken_up_again() {
    let place = Place::new();
    let studio = place.open();
    let id = many(&place, &*studio);
    wait_for_work(&*studio, &format!("check-{id}-1"));
    drop(studio);
    let studio = place.open();
    let started = Instant::now();
    let report = loop {
        if let Some(report) = studio.dataset_report(id.clone()).unwrap() {
            break report;
        }
        assert!(started.elapsed() < PATIENCE, "the check was not taken up");
        std::thread::sleep(Duration::from_millis(50));
    };
    assert_eq!((report.number, report.rows), (1, MANY as u64));
}

#[test]
fn a_change_ends_the_check_of_the_version_before() {
    let place = Place::new();
    let studio = place.open();
    let id = many(&place, &*studio);
    wait_for_work(&*studio, &format!("check-{id}-1"));
    let waiting = {
        let (studio, id) = (studio.clone(), id.clone());
        std::thread::spawn(move || studio.check_dataset(id))
    };
    std::thread::sleep(Duration::from_millis(100));
    let edit = Edit::Sample { rows: 10, seed: 1 };
    studio.edit_dataset(EditDataset { dataset: id.clone(), version: None, edit, job: None }).unwrap();
    assert_eq!(waiting.join().unwrap().unwrap_err().code, ErrorCode::Cancelled);
    let report = studio.check_dataset(id).unwrap();
    assert_eq!((report.number, report.rows), (2, 10));
}

#[test]
fn a_dataset_that_is_gone_has_no_report_and_no_check() {
    let place = Place::new();
    let studio = place.open();
    let id = studio.import_dataset(import_of(&[&place.data_file(20)])).unwrap().id;
    studio.check_dataset(id.clone()).unwrap();
    assert!(studio.dataset_report(id.clone()).unwrap().is_some());
    studio.delete(ItemRef { kind: ItemKind::Dataset, id: id.clone() }).unwrap();
    assert_eq!(studio.dataset_report(id.clone()).unwrap(), None, "a screen may not know yet that it is gone");
    assert_eq!(studio.check_dataset(id).unwrap_err().code, ErrorCode::NotFound);
}
