//! Several processes on one home.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tunesmith_protocol::*;
use tunesmith_studio::{Opened, model_folder, open};

use crate::support::*;

fn guest(place: &Place) -> Arc<dyn Api> {
    let opened = open(&place.home()).unwrap();
    assert!(matches!(opened, Opened::Guest(_)), "the home has an owner");
    opened.api()
}

#[test]
fn the_second_to_open_a_home_talks_to_the_first() {
    let place = Place::new();
    let studio = place.open();
    let guest = guest(&place);
    let (model, dataset) = place.stocked(guest.as_ref());
    assert_eq!(studio.list_datasets(()).unwrap(), std::slice::from_ref(&dataset));
    let run = guest.start_run(wish(&model, &dataset, settings(5))).unwrap();
    let records = records_until(guest.as_ref(), &run.id, |record| matches!(record, RunRecord::Done { .. }));
    assert_eq!(steps(&records), [1, 2, 3, 4, 5]);
    let again = guest.subscribe(Topic::Run(run.id), records.len() as u64 - 1).unwrap();
    assert_eq!(again.next().unwrap()[0].seq, records.len() as u64, "a follower who comes back gets only what is new");
    let error = guest.get_run("nothing".into()).unwrap_err();
    assert_eq!(error.code, ErrorCode::NotFound, "errors cross the socket whole: {error}");
}

#[test]
fn the_second_window_asks_the_first_to_come_forward() {
    let place = Place::new();
    let studio = place.open();
    assert!(!guest(&place).show_window(()).unwrap());
    let shown = Arc::new(AtomicUsize::new(0));
    let count = shown.clone();
    studio.on_show_window(move || {
        count.fetch_add(1, Ordering::Relaxed);
    });
    assert!(guest(&place).show_window(()).unwrap());
    assert_eq!(shown.load(Ordering::Relaxed), 1);
}

#[test]
fn a_guest_hears_of_changes_to_the_library() {
    let place = Place::new();
    let studio = place.open();
    let changes = guest(&place).subscribe(Topic::Library, 0).unwrap();
    studio.import_dataset(import_of(&[&place.data_file(20)])).unwrap();
    let group = changes.next_within(PATIENCE).unwrap().unwrap();
    assert_eq!(group[0].body, EventBody::Library);
}

#[test]
fn a_home_whose_owner_has_left_has_a_new_owner() {
    let place = Place::new();
    let studio = place.open();
    let guest = guest(&place);
    drop(studio);
    assert!(guest.list_runs(()).is_err());
    assert!(!place.home().join("home.sock").exists());
    // What a crash leaves behind is no obstacle either.
    std::fs::write(place.home().join("home.sock"), "").unwrap();
    std::fs::write(place.home().join("home.lock"), "/nowhere/home.sock").unwrap();
    place.open();
}

#[test]
fn a_home_with_a_long_path_has_a_socket_too() {
    let place = Place::new();
    let home = place.path().join("long".repeat(40)).join("home");
    let _studio = owner(open(&home).unwrap());
    let guest = open(&home).unwrap();
    assert!(matches!(guest, Opened::Guest(_)));
    assert_eq!(guest.api().system_info(()).unwrap().home, home.to_string_lossy());
}

#[test]
fn who_does_not_hold_the_home_only_reads_its_database() {
    let place = Place::new();
    let (home, database) = (place.home(), place.home().join("tunesmith.db"));
    assert_eq!(model_folder(&home, "nothing").unwrap_err().code, ErrorCode::NotFound);
    assert!(!database.exists(), "none is made");
    let studio = place.open();
    let (model, _) = place.stocked(studio.as_ref());
    let found = |id: &str| model_folder(&home, id);
    assert_eq!(found(&model.id).unwrap().to_string_lossy(), model.path, "beside the owner");
    drop(studio);
    assert_eq!(found(&model.id).unwrap().to_string_lossy(), model.path, "without an owner");

    let connection = rusqlite::Connection::open(&database).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    connection.close().unwrap();
    let newer = found(&model.id).unwrap_err();
    assert!(newer.message.contains("another version") && !newer.hint.is_empty(), "{newer}");

    let damaged = "this is no database".repeat(1000);
    std::fs::write(&database, &damaged).unwrap();
    let error = found(&model.id).unwrap_err();
    assert!(error.message.contains("is damaged") && !error.hint.is_empty(), "{error}");
    assert_eq!(std::fs::read_to_string(&database).unwrap(), damaged, "it is left to the owner");
    assert!(!home.join("tunesmith.damaged").exists());
    assert_eq!(found(&model.path).unwrap().to_string_lossy(), model.path, "a folder needs no database");
}

#[cfg(unix)]
#[test]
fn only_the_user_may_look_into_a_home_or_talk_to_it() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    let _studio = place.open();
    let mode = |path: std::path::PathBuf| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(place.home()), mode(place.home().join("home.sock"))), (0o700, 0o600));
}
