//! Several processes on one home.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tunesmith_protocol::*;
use tunesmith_studio::{Opened, Successor, model_folder, open};

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

#[cfg(unix)]
#[test]
fn a_home_that_others_could_look_into_is_closed_and_told_once() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    let home = place.home();
    let open_to_all = |path: &std::path::Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    std::fs::create_dir_all(home.join("logs")).unwrap();
    std::fs::write(home.join("logs/tunesmith.log"), "old").unwrap();
    open_to_all(&home.join("logs/tunesmith.log"), 0o644);
    open_to_all(&home.join("logs"), 0o755);
    open_to_all(&home, 0o755);

    let studio = place.open();
    let notices = studio.list_notices(()).unwrap();
    assert!(notices.len() == 1 && notices[0].message.contains("could look into"), "{notices:?}");
    assert!(!notices[0].hint.is_empty());
    studio.dismiss_notice(notices[0].id.clone()).unwrap();
    assert_eq!(studio.list_notices(()).unwrap(), []);

    // What is written from now on is private by itself, not only by the home's own folder.
    let dataset = studio.import_dataset(import_of(&[&place.data_file(20)])).unwrap();
    let mut folders = vec![home.clone()];
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).chain([folder.clone()]) {
            let facts = std::fs::symlink_metadata(&path).unwrap();
            assert_eq!(facts.permissions().mode() & 0o077, 0, "{} is open to others", path.display());
            if facts.is_dir() && path != folder {
                folders.push(path);
            }
        }
    }
    drop(studio);
    let studio = place.open();
    assert_eq!(studio.list_datasets(()).unwrap(), [dataset]);
    assert_eq!(studio.list_notices(()).unwrap(), [], "closed it is nothing to tell");
}

/// One line on the socket, and what is answered to it.
#[cfg(unix)]
fn asked(place: &Place, line: &str) -> String {
    use std::io::{Read, Write};
    let mut stream = std::os::unix::net::UnixStream::connect(place.home().join("home.sock")).unwrap();
    writeln!(stream, "{line}").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
#[cfg(unix)]
fn programs_of_two_versions_on_one_home_tell_each_other() {
    let place = Place::new();
    let _studio = place.open();
    let refused = asked(&place, r#"{"call":"list_runs","args":null}"#);
    assert!(refused.starts_with(r#"{"error""#) && refused.contains("earlier version"), "{refused}");
    let refused = asked(&place, r#"{"version":"99.0.0","subscribe":{"topic":"library"},"after":0}"#);
    assert!(refused.contains("Tunesmith 99.0.0 and Tunesmith"), "{refused}");

    let lock = place.home().join("home.lock");
    let ours = env!("CARGO_PKG_VERSION");
    let holder = std::fs::read_to_string(&lock).unwrap();
    std::fs::write(&lock, holder.replace(&format!("\"version\":\"{ours}\""), "\"version\":\"99.0.0\"")).unwrap();
    let error = open(&place.home()).err().unwrap();
    assert_eq!(error.code, ErrorCode::Busy);
    assert!(error.message.contains("Tunesmith 99.0.0 and Tunesmith") && error.message.contains(ours), "{error}");
}

#[test]
fn a_guest_takes_the_home_over_when_its_owner_has_left() {
    let place = Place::new();
    let studio = place.open();
    let guest = Successor::open(&place.home()).unwrap();
    assert!(guest.owned().is_none());
    studio.shutdown();
    let left = std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_millis(200));
        drop(studio);
    });
    let api = Remote(guest.clone());
    assert_eq!(api.list_runs(()).unwrap(), [], "asked again when the first one does not take it any more");
    assert!(guest.owned().is_some());
    let changes = api.subscribe(Topic::Library, 0).unwrap();
    api.import_dataset(import_of(&[&place.data_file(20)])).unwrap();
    assert!(changes.next_within(PATIENCE).unwrap().is_some());
    left.join().unwrap();
}

/// Asks in a chat as a guest does, and hands the connection on.
#[cfg(unix)]
fn ask_in_chat(place: &Place, chat: &str, text: &str) -> std::os::unix::net::UnixStream {
    use std::io::{BufRead, Write};
    let mut stream = std::os::unix::net::UnixStream::connect(place.home().join("home.sock")).unwrap();
    let (version, args) = (env!("CARGO_PKG_VERSION"), serde_json::json!({ "chat": chat, "text": text }));
    writeln!(stream, "{}", serde_json::json!({ "version": version, "call": "send_message", "args": args })).unwrap();
    let mut lines = std::io::BufReader::new(stream.try_clone().unwrap()).lines().map(Result::unwrap);
    assert!(lines.next().unwrap().contains("taken"));
    assert_eq!(lines.next().unwrap(), r#"{"ok":null}"#);
    stream
}

#[test]
#[cfg(unix)]
fn an_answer_ends_when_the_guest_that_asked_for_it_has_gone() {
    let place = Place::new();
    let studio = place.open();
    let folder = place.path().join("slow");
    tunesmith_tests::TinyModel { hidden: 256, middle: 1024, layers: 4, context: 8192, ..Default::default() }
        .write(&folder)
        .unwrap();
    let model = studio.add_model(AddModel { path: folder.as_path().into() }).unwrap();
    let chat = studio.open_chat(OpenChat { run: None, model: Some(model.id) }).unwrap().id;
    let sampling = Sampling { max_new_tokens: 8000, ..Sampling::default() };
    studio.configure_chat(ConfigureChat { chat: chat.clone(), system_prompt: String::new(), sampling }).unwrap();
    let is_answering = || studio.list_jobs(()).unwrap().iter().any(|job| job.kind == JobKind::Answer);

    let news = studio.subscribe(Topic::Chat(chat.clone()), 0).unwrap();
    let asking = ask_in_chat(&place, &chat, "Say much");
    let mut writes = false;
    while !writes {
        let group = news.next_within(PATIENCE).unwrap().expect("news in time");
        writes = group.iter().any(|event| matches!(event.body, EventBody::Chat { news: ChatNews::Text { .. } }));
    }
    std::thread::sleep(std::time::Duration::from_millis(500));
    assert!(is_answering(), "while its guest is there it goes on");
    drop(asking);
    let mut idle = false;
    while !idle {
        let group = news.next_within(PATIENCE).unwrap().expect("news in time");
        idle = group.iter().any(|event| matches!(event.body, EventBody::Chat { news: ChatNews::Idle }));
    }
    let answer = studio.get_chat(chat.clone()).unwrap().turns.pop().unwrap().answers.pop().unwrap();
    assert_eq!(answer.stop_reason, StopReason::Stopped);
    assert!(!answer.text.is_empty() && answer.completion_tokens < 8000, "{}", answer.completion_tokens);

    // A guest of our own keeps the connection by itself, and the owner closes it when the answer is done.
    let sampling = Sampling { max_new_tokens: 20, ..Sampling::default() };
    studio.configure_chat(ConfigureChat { chat: chat.clone(), system_prompt: String::new(), sampling }).unwrap();
    guest(&place)
        .send_message(SendMessage { chat: chat.clone(), text: Some("Say little".into()), turn: None })
        .unwrap();
    let started = std::time::Instant::now();
    while is_answering() {
        assert!(started.elapsed() < PATIENCE);
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let answer = studio.get_chat(chat).unwrap().turns.pop().unwrap().answers.pop().unwrap();
    assert_ne!(answer.stop_reason, StopReason::Stopped);
}

#[test]
#[cfg(unix)]
fn a_guest_that_speaks_slowly_is_sent_away() {
    use std::io::{Read, Write};
    let place = Place::new();
    let _studio = place.open();
    let mut stream = std::os::unix::net::UnixStream::connect(place.home().join("home.sock")).unwrap();
    let started = std::time::Instant::now();
    let mut speaking = stream.try_clone().unwrap();
    // A byte every 0.2 seconds, and never a whole line.
    let speaks = std::thread::spawn(move || {
        while speaking.write_all(b" ").is_ok() {
            std::thread::sleep(std::time::Duration::from_millis(200));
        }
    });
    // Closed, or reset where it was still speaking.
    assert_eq!(stream.read(&mut [0; 1]).unwrap_or(0), 0);
    assert!(started.elapsed() < std::time::Duration::from_secs(10), "{:?}", started.elapsed());
    speaks.join().unwrap();
}

#[test]
#[cfg(unix)]
fn a_job_ends_when_the_guest_that_waits_for_it_has_gone() {
    use std::io::{BufRead, Write};
    let place = Place::new();
    let studio = place.open();
    let (model, dataset) = place.stocked(studio.as_ref());
    let data = place.data_file(400);
    let wish = serde_json::json!({
        "run": null, "model": model.id, "folder": null, "adapter": null, "data": [data], "format": "auto", "loss": false,
        "answers": true, "max_new_tokens": 400, "job": "of-the-guest",
    });
    drop(dataset);
    let news = studio.subscribe(Topic::Job("of-the-guest".into()), 0).unwrap();
    let mut stream = std::os::unix::net::UnixStream::connect(place.home().join("home.sock")).unwrap();
    let version = env!("CARGO_PKG_VERSION");
    writeln!(stream, "{}", serde_json::json!({ "version": version, "call": "evaluate", "args": wish })).unwrap();
    let mut taken = String::new();
    std::io::BufReader::new(stream.try_clone().unwrap()).read_line(&mut taken).unwrap();
    assert!(taken.contains("taken"), "{taken}");
    let mut states = Vec::new();
    while let Ok(group) = news.next_within(PATIENCE).map(Option::unwrap) {
        states.extend(group.into_iter().filter_map(|event| match event.body {
            EventBody::Job { job } => Some(job.state),
            _ => None,
        }));
        if states.contains(&JobState::Running) {
            // As when it is killed.
            stream.shutdown(std::net::Shutdown::Both).unwrap();
        }
    }
    assert_eq!(states.last(), Some(&JobState::Cancelled), "{states:?}");
}
