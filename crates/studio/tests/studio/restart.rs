//! What survives the process.

use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tunesmith_protocol::*;
use tunesmith_sentence::Sentence;

use crate::support::*;

const CHILD_HOME: &str = "TUNESMITH_TEST_CHILD";

#[test]
fn everything_survives_a_restart() {
    let place = Place::new();
    let studio = place.open();
    let (model, dataset) = place.stocked(studio.as_ref());
    let run = studio.start_run(wish(&model, &dataset, settings(4))).unwrap();
    let run = wait_for(studio.as_ref(), &run.id, is_done);
    studio.set_preferences(Preferences { theme: Theme::Dark, ..Preferences::default() }).unwrap();
    let chat = studio.open_chat(OpenChat { run: Some(run.id.clone()), model: None }).unwrap();
    studio.shutdown();
    drop(studio);

    let studio = place.open();
    assert_eq!(studio.list_datasets(()).unwrap(), [dataset]);
    assert_eq!(studio.get_run(run.id.clone()).unwrap(), run);
    assert_eq!(studio.get_chat(chat.id.clone()).unwrap(), chat);
    assert_eq!(studio.preferences(()).unwrap().theme, Theme::Dark);
    assert!(studio.list_models(()).unwrap().contains(&model));
    let records = records_until(studio.as_ref(), &run.id, |record| matches!(record, RunRecord::Done { .. }));
    assert_eq!(steps(&records), [1, 2, 3, 4], "the whole history is there");
}

#[test]
fn the_index_is_rebuilt_from_the_folders() {
    let place = Place::new();
    let studio = place.open();
    let (model, dataset) = place.stocked(studio.as_ref());
    let run = studio.start_run(wish(&model, &dataset, settings(3))).unwrap();
    let run = wait_for(studio.as_ref(), &run.id, is_done);
    studio.shutdown();
    drop(studio);
    for file in ["tunesmith.db", "tunesmith.db-wal", "tunesmith.db-shm"] {
        drop(fs::remove_file(place.home().join(file)));
    }
    let studio = place.open();
    assert_eq!(studio.list_datasets(()).unwrap(), [dataset]);
    assert_eq!(studio.list_runs(()).unwrap(), [run]);
}

#[test]
fn a_damaged_database_does_not_keep_the_home_closed() {
    let place = Place::new();
    let studio = place.open();
    let (_, dataset) = place.stocked(studio.as_ref());
    drop(studio);
    fs::write(place.home().join("tunesmith.db"), "this is no database".repeat(1000)).unwrap();
    let studio = place.open();
    assert_eq!(studio.list_datasets(()).unwrap(), [dataset]);
    assert!(place.home().join("tunesmith.damaged").is_file(), "it is kept for whoever can mend it");
}

#[test]
fn a_damaged_page_that_nothing_reads_at_first_is_noticed() {
    let place = Place::new();
    let studio = place.open();
    let (_, dataset) = place.stocked(studio.as_ref());
    drop(studio);
    let path = place.home().join("tunesmith.db");
    let connection = rusqlite::Connection::open(&path).unwrap();
    let page = "SELECT rootpage FROM sqlite_schema WHERE name = 'chats'";
    let page = connection.query_row(page, [], |row| row.get::<_, u32>(0)).unwrap() as usize;
    connection.close().unwrap();
    let mut bytes = fs::read(&path).unwrap();
    bytes[(page - 1) * 4096..page * 4096].fill(0xff);
    fs::write(&path, bytes).unwrap();
    let studio = place.open();
    assert_eq!(studio.list_chats(()).unwrap(), []);
    assert_eq!(studio.list_datasets(()).unwrap(), [dataset]);
    assert!(place.home().join("tunesmith.damaged").is_file(), "it is kept for whoever can mend it");
}

/// Not a test by itself: the process that the next one kills.
#[test]
fn child_that_trains_until_it_is_killed() {
    let Some(home) = std::env::var_os(CHILD_HOME) else { return };
    let studio = owner(tunesmith_studio::open(home.as_ref()).unwrap());
    let model = studio.list_models(()).unwrap().into_iter().find(|model| model.source == ModelSource::Folder).unwrap();
    let dataset = studio.list_datasets(()).unwrap().remove(0);
    let training = TrainSettings { save_every: AutoOr::Steps(3), ..settings(100_000) };
    studio.start_run(wish(&model, &dataset, training)).unwrap();
    std::thread::sleep(PATIENCE);
}

#[test]
fn a_run_whose_process_died_is_interrupted_and_goes_on() {
    let place = Place::new();
    let studio = place.open();
    place.stocked(studio.as_ref());
    drop(studio);
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "restart::child_that_trains_until_it_is_killed"])
        .env(CHILD_HOME, place.home())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let runs = place.home().join("runs");
    let started = Instant::now();
    let checkpoint = || {
        let run = fs::read_dir(&runs).ok()?.flatten().next()?.path();
        fs::read_dir(&run).ok()?.flatten().find(|entry| entry.file_name().to_string_lossy().starts_with("ckpt-"))
    };
    while checkpoint().is_none_or(|folder| folder.file_name().to_string_lossy().ends_with(".tmp")) {
        assert!(started.elapsed() < PATIENCE, "no checkpoint came");
        std::thread::sleep(Duration::from_millis(20));
    }
    // The same home at the same time: the child owns it, and its run can be followed from here.
    let guest = tunesmith_studio::open(&place.home()).unwrap().api();
    let run = guest.list_runs(()).unwrap().remove(0);
    assert_eq!(run.status, RunState::Running);
    records_until(guest.as_ref(), &run.id, |record| matches!(record, RunRecord::Checkpoint { .. }));
    child.kill().unwrap();
    child.wait().unwrap();

    let studio = place.open();
    let run = studio.get_run(run.id).unwrap();
    assert_eq!(run.status, RunState::Interrupted);
    studio.resume_run(run.id.clone()).unwrap();
    let records = records_until(studio.as_ref(), &run.id, |record| matches!(record, RunRecord::Rewind { .. }));
    assert!(matches!(records.last(), Some(RunRecord::Rewind { step }) if *step >= 3), "it goes on from a checkpoint");
    studio.stop_run(run.id.clone()).unwrap();
    wait_for(studio.as_ref(), &run.id, |state| *state == RunState::Stopped);
}

#[test]
fn a_record_cut_short_by_a_crash_is_dropped() {
    let place = Place::new();
    let studio = place.open();
    let (model, dataset) = place.stocked(studio.as_ref());
    let run = studio.start_run(wish(&model, &dataset, settings(400))).unwrap();
    records_until(studio.as_ref(), &run.id, |record| matches!(record, RunRecord::Step(_)));
    studio.abandon();
    drop(studio);
    let metrics = std::path::Path::new(&run.path).join("metrics.jsonl");
    let mut text = fs::read_to_string(&metrics).unwrap();
    let whole = text.lines().count();
    text += r#"{"seq":9999,"type":"st"#;
    fs::write(&metrics, text).unwrap();
    let studio = place.open();
    assert_eq!(studio.get_run(run.id.clone()).unwrap().status, RunState::Interrupted);
    studio.resume_run(run.id.clone()).unwrap();
    let records = records_until(studio.as_ref(), &run.id, |record| matches!(record, RunRecord::Rewind { .. }));
    assert!(records.len() > whole);
    studio.shutdown();
}

/// Older versions wrote sentences as plain texts.
#[test]
fn why_a_run_failed_is_known_from_what_an_older_version_wrote() {
    let place = Place::new();
    let studio = place.open();
    let (model, dataset) = place.stocked(studio.as_ref());
    let run = studio.start_run(wish(&model, &dataset, settings(1))).unwrap();
    let run = wait_for(studio.as_ref(), &run.id, is_done);
    studio.shutdown();
    drop(studio);
    let status = || place.open().get_run(run.id.clone()).unwrap().status;
    let failed =
        |message| RunState::Failed { message: Sentence::verbatim(message), hint: Sentence::verbatim("Put it out") };

    let metrics = std::path::Path::new(&run.path).join("metrics.jsonl");
    let text = fs::read_to_string(&metrics).unwrap();
    let record = serde_json::json!({
        "seq": text.lines().count() + 1,
        "type": "error",
        "code": "internal",
        "message": "The tensor is on fire",
        "hint": "Put it out",
    });
    fs::write(&metrics, format!("{text}{record}\n")).unwrap();
    assert_eq!(status(), failed("The tensor is on fire"), "from its records");

    let connection = rusqlite::Connection::open(place.home().join("tunesmith.db")).unwrap();
    let digest: String = connection.query_row("SELECT digest FROM run_index", [], |row| row.get(0)).unwrap();
    let mut digest: serde_json::Value = serde_json::from_str(&digest).unwrap();
    let state = serde_json::json!({ "state": "failed", "message": "The matrix is on fire", "hint": "Put it out" });
    digest["state"] = state;
    connection.execute("UPDATE run_index SET digest = ?", [digest.to_string()]).unwrap();
    connection.close().unwrap();
    assert_eq!(status(), failed("The matrix is on fire"), "from the database");
}

/// A value with its sentences as plain texts.
fn plain(value: serde_json::Value) -> serde_json::Value {
    use serde_json::Value;
    match value {
        Value::Object(sentence) if sentence.contains_key("key") && sentence.contains_key("args") => {
            sentence["text"].clone()
        }
        Value::Object(fields) => fields.into_iter().map(|(name, value)| (name, plain(value))).collect(),
        Value::Array(values) => values.into_iter().map(plain).collect(),
        other => other,
    }
}

/// Older versions wrote sentences as plain texts.
#[test]
fn what_is_known_of_a_dataset_is_read_as_an_older_version_wrote_it() {
    let place = Place::new();
    let studio = place.open();
    let id = studio.import_dataset(import_of(&[&place.data_file(20)])).unwrap().id;
    let edit = Edit::Delete { rows: vec![0] };
    studio.edit_dataset(EditDataset { dataset: id.clone(), version: None, edit, job: None }).unwrap();
    let known = |studio: &dyn Api| {
        let ask = DatasetProblems { dataset: id.clone(), kind: None, offset: 0, limit: 200 };
        let problems = studio.dataset_problems(ask).unwrap().problems;
        (studio.list_datasets(()).unwrap().remove(0), problems, studio.check_dataset(id.clone()).unwrap())
    };
    let (dataset, problems, report) = known(studio.as_ref());
    assert!(!problems.is_empty() && !report.findings.is_empty(), "there is something to say");
    studio.shutdown();
    drop(studio);

    let folder = place.home().join("datasets").join(&id);
    for file in ["dataset.json", "problems.jsonl", "versions/2.report.json"] {
        let text = fs::read_to_string(folder.join(file)).unwrap();
        let values = serde_json::Deserializer::from_str(&text).into_iter().map(|value| plain(value.unwrap()));
        let older: String = values.map(|value| value.to_string() + "\n").collect();
        assert!(text.contains("\"args\"") && !older.contains("\"args\""), "{file}: {text}");
        fs::write(folder.join(file), older).unwrap();
    }
    for file in ["tunesmith.db", "tunesmith.db-wal", "tunesmith.db-shm"] {
        drop(fs::remove_file(place.home().join(file)));
    }
    let (older, older_problems, older_report) = known(place.open().as_ref());
    assert_eq!(older.versions[1].change, Sentence::verbatim("1 row removed"));
    let said = |known: serde_json::Result<serde_json::Value>| plain(known.unwrap());
    assert_eq!(
        said(serde_json::to_value((older, older_problems, older_report))),
        said(serde_json::to_value((dataset, problems, report)))
    );
}

#[test]
fn what_an_import_cut_short_has_left_is_swept_away() {
    let place = Place::new();
    let id = place.open().import_dataset(import_of(&[&place.data_file(20)])).unwrap().id;
    let datasets = place.home().join("datasets");
    let (list, import) = (datasets.join(&id).join("versions/x1.tmp"), datasets.join("cut-short.tmp"));
    fs::write(&list, "half a list").unwrap();
    fs::create_dir(&import).unwrap();
    let studio = place.open();
    assert!(!list.exists() && !import.exists());
    assert_eq!(studio.list_datasets(()).unwrap().len(), 1);
}

#[test]
fn what_an_export_or_an_upload_cut_short_has_left_is_swept_away_and_no_more() {
    let place = Place::new();
    drop(place.open());
    let (exports, uploads) = (place.home().join("exports"), place.home().join("uploads"));
    let half = [exports.join(".tmpA1b2C3"), exports.join(".x7.tmp"), place.home().join(".notice.tmp")];
    half.iter().for_each(|file| fs::write(file, "half a file").unwrap());
    let whole = [exports.join("recipes.jsonl"), exports.join("notes.tmp.csv")];
    whole.iter().for_each(|file| fs::write(file, "{}").unwrap());
    let servers = ["tunesmith-uploads-left", "tunesmith-uploads-running"].map(|name| uploads.join(name));
    let [_left, running] = servers.each_ref().map(|server| {
        fs::create_dir_all(server.join("x")).unwrap();
        fs::write(server.join("x/large.csv"), "a\n1\n").unwrap();
        fs::File::create(server.join("lock")).unwrap()
    });
    running.lock().unwrap();
    let _studio = place.open();
    assert!(half.iter().all(|file| !file.exists()) && whole.iter().all(|file| file.exists()));
    assert!(!servers[0].exists(), "the server that it was uploaded to is gone");
    assert!(servers[1].join("x/large.csv").exists(), "this one still runs");
}

#[test]
fn a_dataset_keeps_a_copy_of_what_was_uploaded() {
    let place = Place::new();
    let studio = place.open();
    let upload = place.home().join("uploads/tunesmith-uploads-server/x");
    fs::create_dir_all(&upload).unwrap();
    let file = upload.join("counting.jsonl");
    fs::copy(place.data_file(20), &file).unwrap();
    let dataset = studio.import_dataset(import_of(&[&file.to_string_lossy()])).unwrap();
    studio.shutdown();
    drop(studio);
    let studio = place.open();
    assert!(!upload.exists());
    assert_eq!(studio.list_datasets(()).unwrap(), std::slice::from_ref(&dataset));
    let originals = place.home().join("datasets").join(&dataset.id).join("originals");
    assert!(originals.join("counting.jsonl").is_file() && dataset.files[0].contains("originals"), "{dataset:?}");
}

#[test]
fn a_list_of_rows_that_is_damaged_is_told_wherever_it_is_damaged() {
    let place = Place::new();
    let id = place.open().import_dataset(import_of(&[&place.data_file(20)])).unwrap().id;
    let path = place.home().join("datasets").join(&id).join("versions/1.rows");
    let whole = std::fs::read(&path).unwrap();
    let rows = |studio: &dyn Api| {
        let find = None;
        let ask = DatasetRows { dataset: id.clone(), split: None, offset: 0, limit: 200, model: None, find, job: None };
        studio.dataset_rows(ask)
    };
    assert_eq!(rows(&*place.open()).unwrap().rows.len(), 20);
    let changed = |at: usize| {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        bytes
    };
    let last = whole.len() - 1;
    for bytes in
        [changed(0), changed(8), changed(300), changed(last), whole[..last].to_vec(), whole[..20].to_vec(), vec![]]
    {
        std::fs::write(&path, &bytes).unwrap();
        let error = rows(&*place.open()).unwrap_err();
        assert!(error.message.ends_with("1.rows is damaged") && !error.hint.is_empty(), "{error}");
    }
    std::fs::write(&path, &whole).unwrap();
    assert_eq!(rows(&*place.open()).unwrap().rows.len(), 20);
}
