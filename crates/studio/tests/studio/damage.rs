//! Files of the home that are not what they were: nothing vanishes without a word, and what is told is told once.

use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use tunesmith_protocol::*;
use tunesmith_studio::model_folder;

use crate::support::*;

pub fn messages(studio: &dyn Api) -> Vec<String> {
    studio.list_notices(()).unwrap().into_iter().map(|notice| notice.message.to_string()).collect()
}

/// Somebody has seen all there is.
pub fn see_all(studio: &dyn Api) {
    studio.list_notices(()).unwrap().into_iter().for_each(|notice| studio.dismiss_notice(notice.id).unwrap());
}

/// A home with a run that is done.
pub fn with_run(place: &Place) -> Run {
    let studio = place.open();
    let (model, dataset) = place.stocked(studio.as_ref());
    let run = studio.start_run(wish(&model, &dataset, settings(3))).unwrap();
    let run = wait_for(studio.as_ref(), &run.id, is_done);
    // Its job keeps the home open until it has ended.
    while studio.running() {
        std::thread::yield_now();
    }
    studio.shutdown();
    run
}

pub fn in_database(place: &Place, statement: &str) {
    let connection = rusqlite::Connection::open(place.home().join("tunesmith.db")).unwrap();
    assert!(connection.execute(statement, []).unwrap() > 0);
    connection.close().unwrap();
}

#[test]
fn a_run_whose_run_json_is_damaged_is_told_until_it_was_seen() {
    let place = Place::new();
    let run = with_run(&place);
    let manifest = Path::new(&run.path).join("run.json");
    let whole = fs::read(&manifest).unwrap();
    fs::write(&manifest, "{\"id\": 7").unwrap();
    let studio = place.open();
    assert_eq!(studio.list_runs(()).unwrap(), []);
    assert_eq!(studio.list_runs(()).unwrap(), []);
    let notices = studio.list_notices(()).unwrap();
    assert_eq!(notices.len(), 1, "told once: {notices:?}");
    let Notice { message, hint, .. } = &notices[0];
    assert!(message.contains(&run.name) && message.contains("run.json"), "{message}");
    assert!(hint.contains("backup") && hint.contains(&run.path), "{hint}");
    drop(studio);

    let studio = place.open();
    assert_eq!(messages(studio.as_ref()).len(), 1, "until somebody has seen it");
    see_all(studio.as_ref());
    assert_eq!(studio.list_runs(()).unwrap(), []);
    assert!(messages(studio.as_ref()).is_empty());
    fs::write(&manifest, "and once more").unwrap();
    assert_eq!(studio.list_runs(()).unwrap(), []);
    assert_eq!(messages(studio.as_ref()).len(), 1, "other damage is told again");

    fs::write(&manifest, whole).unwrap();
    assert_eq!(studio.list_runs(()).unwrap(), [run], "brought back, it is there");
}

#[test]
fn a_run_without_its_folder_is_told() {
    let place = Place::new();
    let run = with_run(&place);
    fs::remove_dir_all(&run.path).unwrap();
    let studio = place.open();
    assert_eq!(studio.list_runs(()).unwrap(), []);
    let told = messages(studio.as_ref());
    assert!(told.len() == 1 && told[0].contains(&run.name) && told[0].contains("is gone"), "{told:?}");
}

/// What the only notice says can be deleted.
fn unlisted(studio: &dyn Api) -> Unlisted {
    let notices = studio.list_notices(()).unwrap();
    assert_eq!(notices.len(), 1, "{notices:?}");
    notices[0].about.clone().unwrap()
}

#[test]
fn a_damaged_run_is_deleted_and_brought_back() {
    let place = Place::new();
    let run = with_run(&place);
    let manifest = Path::new(&run.path).join("run.json");
    let whole = fs::read(&manifest).unwrap();
    fs::write(&manifest, "{").unwrap();
    let studio = place.open();
    assert_eq!(studio.list_runs(()).unwrap(), []);
    let item = ItemRef { kind: ItemKind::Run, id: run.id.clone() };
    let about = unlisted(studio.as_ref());
    assert_eq!((&about.item, &about.name, &about.folder), (&item, &run.name, &Some(run.path.clone())));
    assert!(about.restorable);

    studio.delete(item.clone()).unwrap();
    assert!(!Path::new(&run.path).exists());
    assert!(messages(studio.as_ref()).is_empty(), "its notice goes with it");
    studio.restore(item.clone()).unwrap();
    assert_eq!(studio.list_runs(()).unwrap(), []);
    assert_eq!(unlisted(studio.as_ref()), about, "brought back, it is told again");
    fs::write(&manifest, whole).unwrap();
    assert_eq!(studio.list_runs(()).unwrap(), [run]);

    fs::write(&manifest, "{").unwrap();
    studio.delete(item.clone()).unwrap();
    studio.empty_bin(()).unwrap();
    assert_eq!(studio.restore(item).unwrap_err().code, ErrorCode::NotFound);
}

#[test]
fn a_damaged_run_that_the_database_does_not_know_is_deleted() {
    let place = Place::new();
    let run = with_run(&place);
    fs::write(Path::new(&run.path).join("run.json"), "{").unwrap();
    in_database(&place, "DELETE FROM items WHERE kind = 'run'");
    let studio = place.open();
    studio.list_runs(()).unwrap();
    let about = unlisted(studio.as_ref());
    assert_eq!((about.item.id.as_str(), about.name.as_str()), (run.id.as_str(), run.id.as_str()));
    studio.delete(about.item.clone()).unwrap();
    assert!(!Path::new(&run.path).exists());
    studio.restore(about.item).unwrap();
    assert!(Path::new(&run.path).exists());
    let unknown = ItemRef { kind: ItemKind::Run, id: "nothing".into() };
    assert_eq!(studio.delete(unknown).unwrap_err().code, ErrorCode::NotFound);
}

#[test]
fn a_run_whose_folder_is_gone_is_deleted_and_taken_up_again_from_a_backup() {
    let place = Place::new();
    let run = with_run(&place);
    let backup = place.path().join("backup");
    fs::rename(&run.path, &backup).unwrap();
    let studio = place.open();
    studio.list_runs(()).unwrap();
    let about = unlisted(studio.as_ref());
    assert_eq!((about.folder, about.restorable), (None, false));
    studio.delete(about.item).unwrap();
    assert_eq!(studio.list_runs(()).unwrap(), []);
    assert!(messages(studio.as_ref()).is_empty());
    fs::rename(&backup, &run.path).unwrap();
    assert_eq!(studio.list_runs(()).unwrap().len(), 1);
}

#[test]
fn a_run_without_its_run_json_is_not_called_gone() {
    let place = Place::new();
    let run = with_run(&place);
    fs::remove_file(Path::new(&run.path).join("run.json")).unwrap();
    let studio = place.open();
    assert_eq!(studio.list_runs(()).unwrap(), []);
    let told = messages(studio.as_ref());
    assert!(told.len() == 1 && told[0].contains("is not shown") && told[0].contains("run.json"), "{told:?}");
    assert_eq!(unlisted(studio.as_ref()).folder, Some(run.path));
}

#[test]
fn a_damaged_dataset_is_deleted_and_brought_back() {
    let place = Place::new();
    let studio = place.open();
    let id = studio.import_dataset(import_of(&[&place.data_file(20)])).unwrap().id;
    studio.shutdown();
    drop(studio);
    let folder = place.home().join("datasets").join(&id);
    let whole = fs::read(folder.join("dataset.json")).unwrap();
    fs::write(folder.join("dataset.json"), "{").unwrap();
    in_database(&place, "UPDATE items SET facts = '{' WHERE kind = 'dataset'");
    let studio = place.open();
    assert_eq!(studio.list_datasets(()).unwrap(), []);
    let notices = studio.list_notices(()).unwrap();
    let about = notices.iter().find_map(|notice| notice.about.clone()).unwrap();
    assert_eq!((about.item.id.as_str(), about.restorable), (id.as_str(), true));
    studio.delete(about.item.clone()).unwrap();
    assert!(!folder.exists());
    studio.restore(about.item).unwrap();
    fs::write(folder.join("dataset.json"), whole).unwrap();
    studio.shutdown();
    drop(studio);
    assert_eq!(place.open().list_datasets(()).unwrap().len(), 1);
}

#[test]
fn a_model_whose_record_cannot_be_read_is_told_and_added_again() {
    let place = Place::new();
    let studio = place.open();
    let folder = place.model_folder();
    let model = studio.add_model(AddModel { path: folder.clone().into() }).unwrap();
    let listed = |studio: &dyn Api| studio.list_models(()).unwrap().iter().any(|known| known.id == model.id);
    assert!(listed(studio.as_ref()));
    studio.shutdown();
    drop(studio);
    in_database(&place, "UPDATE items SET facts = substr(facts, 1, 5) WHERE kind = 'model' AND facts <> 'null'");
    let studio = place.open();
    assert!(!listed(studio.as_ref()) && !listed(studio.as_ref()));
    let told = messages(studio.as_ref());
    assert!(told.len() == 1 && told[0].contains(&model.name) && told[0].contains("cannot be read"), "{told:?}");
    assert!(model_folder(&place.home(), &model.id).unwrap_err().message.contains("cannot be read"));
    let item = unlisted(studio.as_ref()).item;
    studio.delete(item.clone()).unwrap();
    assert!(messages(studio.as_ref()).is_empty());
    studio.restore(item).unwrap();
    assert!(!listed(studio.as_ref()));
    assert_eq!(messages(studio.as_ref()), told);
    assert_eq!(studio.add_model(AddModel { path: folder.into() }).unwrap().id, model.id);
    assert!(listed(studio.as_ref()) && messages(studio.as_ref()).is_empty());
}

#[test]
fn tags_that_cannot_be_read_are_told_until_they_are_set_again() {
    let place = Place::new();
    let run = with_run(&place);
    in_database(&place, "UPDATE items SET tags = '[\"best' WHERE kind = 'run'");
    let studio = place.open();
    assert_eq!(studio.list_runs(()).unwrap()[0].tags, [""; 0]);
    let told = messages(studio.as_ref());
    assert!(told.len() == 1 && told[0].contains("tags") && told[0].contains(&run.name), "{told:?}");
    see_all(studio.as_ref());
    let item = ItemRef { kind: ItemKind::Run, id: run.id };
    studio.set_tags(SetTags { item, tags: vec!["best".into()] }).unwrap();
    assert_eq!(studio.list_runs(()).unwrap()[0].tags, ["best"]);
    assert!(messages(studio.as_ref()).is_empty());
}

#[test]
fn a_damaged_report_of_the_doctor_is_made_anew() {
    let place = Place::new();
    let studio = place.open();
    let id = studio.import_dataset(import_of(&[&place.data_file(20)])).unwrap().id;
    let report = studio.check_dataset(id.clone()).unwrap();
    let path = place.home().join("datasets").join(&id).join("versions/1.report.json");
    fs::write(&path, "{").unwrap();
    // In the process that made it, and in the next one.
    assert_eq!(studio.check_dataset(id.clone()).unwrap(), report);
    fs::write(&path, "[]").unwrap();
    assert_eq!(studio.dataset_report(id.clone()).unwrap(), None, "the doctor was sent again");
    assert_eq!(studio.check_dataset(id.clone()).unwrap(), report);
    studio.shutdown();
    drop(studio);
    fs::write(&path, vec![0xff; 100]).unwrap();
    assert_eq!(place.open().check_dataset(id).unwrap(), report);
}

pub fn rows(studio: &dyn Api, dataset: &str) -> Result<RowsPage, WireError> {
    let dataset = dataset.to_owned();
    studio.dataset_rows(DatasetRows { dataset, split: None, offset: 0, limit: 200, model: None, find: None, job: None })
}

#[test]
fn any_flipped_byte_of_a_row_is_noticed() {
    let place = Place::new();
    let studio = place.open();
    let id = studio.import_dataset(import_of(&[&place.data_file(20)])).unwrap().id;
    let path = place.home().join("datasets").join(&id).join("rows.jsonl");
    let whole = fs::read(&path).unwrap();
    assert_eq!(rows(studio.as_ref(), &id).unwrap().total, 20);
    let mut flipped = 0;
    for at in (0..whole.len()).step_by(7).filter(|at| whole[*at] != b'\n') {
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << (at % 8);
        fs::write(&path, bytes).unwrap();
        let error = rows(studio.as_ref(), &id).unwrap_err();
        assert_eq!(error.code, ErrorCode::Invalid, "{error}");
        assert!(error.message.contains("rows.jsonl is damaged") && !error.hint.is_empty(), "byte {at}: {error}");
        flipped += 1;
    }
    assert!(flipped > 100);
    fs::write(&path, &whole).unwrap();
    assert_eq!(rows(studio.as_ref(), &id).unwrap().total, 20);
}

/// A list of rows as it was written before rows had checksums.
fn of_an_earlier_day(list: &[u8]) -> Vec<u8> {
    let entries = list[8..list.len() - 32].chunks(36).flat_map(|entry| &entry[..32]);
    let mut older: Vec<u8> = b"TSROWS01".iter().chain(entries).copied().collect();
    let hash = Sha256::digest(&older);
    older.extend(hash);
    older
}

#[test]
fn a_dataset_of_an_earlier_day_is_read_and_its_new_rows_have_checksums() {
    let place = Place::new();
    let id = place.open().import_dataset(import_of(&[&place.data_file(20)])).unwrap().id;
    let folder = place.home().join("datasets").join(&id);
    let list = folder.join("versions/1.rows");
    fs::write(&list, of_an_earlier_day(&fs::read(&list).unwrap())).unwrap();
    let studio = place.open();
    let before = rows(studio.as_ref(), &id).unwrap();
    assert_eq!(before.total, 20);
    let path = folder.join("rows.jsonl");
    let whole = fs::read(&path).unwrap();
    fs::write(&path, [b"#", &whole[1..]].concat()).unwrap();
    let error = rows(studio.as_ref(), &id).unwrap_err();
    assert!(error.message.contains("damaged") && error.hint.contains("without checksums"), "{error}");
    fs::write(&path, whole).unwrap();
    let edit = Edit::Delete { rows: vec![0] };
    studio.edit_dataset(EditDataset { dataset: id.clone(), version: None, edit, job: None }).unwrap();
    let after = rows(studio.as_ref(), &id).unwrap();
    let contents = |page: &RowsPage| page.rows.iter().map(|row| row.messages.clone()).collect::<Vec<_>>();
    assert_eq!(contents(&after), contents(&before)[1..]);
}

#[test]
fn lines_of_records_that_cannot_be_read_are_told_with_their_number() {
    let place = Place::new();
    let run = with_run(&place);
    let metrics = Path::new(&run.path).join("metrics.jsonl");
    let text = fs::read_to_string(&metrics).unwrap();
    let spoiled = |line: &str| if line.contains("\"step\":2") { "{\"seq\"".to_owned() } else { line.to_owned() };
    let lines: Vec<String> = text.lines().map(spoiled).collect();
    let damaged = lines.iter().filter(|line| *line == "{\"seq\"").count();
    assert!(damaged > 0);
    fs::write(&metrics, lines.join("\n") + "\n").unwrap();
    // As a run of an earlier day, of which only the lines themselves tell.
    fs::remove_file(Path::new(&run.path).join("checksums.json")).unwrap();
    let studio = place.open();
    assert_eq!(studio.list_runs(()).unwrap().len(), 1, "the others still tell the run");
    let told = messages(studio.as_ref());
    assert!(told.len() == 1 && told[0].contains(&run.name) && told[0].contains("cannot be read"), "{told:?}");
    see_all(studio.as_ref());
    studio.list_runs(()).unwrap();
    drop(studio);
    assert!(messages(place.open().as_ref()).is_empty(), "told once");
}

#[test]
fn chats_and_preferences_that_cannot_be_read_are_told() {
    let place = Place::new();
    let run = with_run(&place);
    let studio = place.open();
    let chat = studio.open_chat(OpenChat { run: Some(run.id.clone()), model: None }).unwrap();
    studio.set_preferences(Preferences { theme: Theme::Dark, ..Preferences::default() }).unwrap();
    studio.shutdown();
    drop(studio);
    in_database(&place, "UPDATE chats SET chat = substr(chat, 1, 40)");
    in_database(&place, "UPDATE settings SET value = 'dark'");

    let studio = place.open();
    assert_eq!(studio.list_chats(()).unwrap(), []);
    assert_eq!(studio.preferences(()).unwrap(), Preferences::default());
    let told = messages(studio.as_ref());
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told.iter().any(|told| told.contains(&chat.id)), "{told:?}");
    assert!(told.iter().any(|told| told.contains("preferences")), "{told:?}");
    let notices = studio.list_notices(()).unwrap();
    let about = notices.iter().find_map(|notice| notice.about.clone()).unwrap();
    assert_eq!(about.item, ItemRef { kind: ItemKind::Chat, id: chat.id.clone() });
    let error = studio.get_chat(chat.id).unwrap_err();
    assert!(error.message.contains("cannot be read"), "it is not gone: {error}");
    studio.list_chats(()).unwrap();
    assert_eq!(messages(studio.as_ref()).len(), 2, "told once");
    studio.delete(about.item.clone()).unwrap();
    assert_eq!(messages(studio.as_ref()).len(), 1, "deleted, it is nothing to know any more");
    studio.restore(about.item).unwrap();
    studio.list_chats(()).unwrap();
    assert_eq!(messages(studio.as_ref()).len(), 2);
}

#[test]
fn a_second_damaged_database_is_kept_beside_the_first() {
    let place = Place::new();
    drop(place.open());
    let damage = |what: &str| fs::write(place.home().join("tunesmith.db"), what.repeat(1000)).unwrap();
    let aside = || -> Vec<PathBuf> {
        let files = fs::read_dir(place.home()).unwrap().map(|entry| entry.unwrap().path());
        files.filter(|path| path.to_string_lossy().contains(".damaged")).collect()
    };
    damage("this is no database");
    let told = messages(place.open().as_ref());
    assert!(told.len() == 1 && told[0].contains("a new one was begun"), "{told:?}");
    see_all(place.open().as_ref());
    damage("neither is this");
    assert_eq!(messages(place.open().as_ref()).len(), 1);
    let kept: Vec<Vec<u8>> = aside().iter().map(|path| fs::read(path).unwrap()).collect();
    assert_eq!(kept.len(), 2);
    for begins in ["this is no", "neither is"] {
        assert!(kept.iter().any(|bytes| bytes.starts_with(begins.as_bytes())), "{begins}");
    }
}

#[test]
fn a_run_whose_folder_is_deleted_at_work_fails_and_lets_the_next_one_start() {
    let place = Place::new();
    let studio = place.open();
    let (model, dataset) = place.stocked(studio.as_ref());
    let long = studio.start_run(wish(&model, &dataset, settings(100_000))).unwrap();
    records_until(studio.as_ref(), &long.id, |record| matches!(record, RunRecord::Step(_)));
    let next = studio.start_run(wish(&model, &dataset, settings(2))).unwrap();
    let job = studio.subscribe(Topic::Job(long.id.clone()), 0).unwrap();
    // It may write a file at this very moment.
    while Path::new(&long.path).exists() {
        drop(fs::remove_dir_all(&long.path));
    }
    wait_for(studio.as_ref(), &next.id, is_done);

    let mut last = None;
    while let Some(group) = job.next() {
        last = group.into_iter().last().or(last);
    }
    let EventBody::Job { job } = last.unwrap().body else { panic!("the topic of a job tells jobs") };
    let JobState::Failed { message, hint } = job.state else { panic!("{:?}", job.state) };
    assert!(message.contains("deleted while it trained") && !hint.is_empty(), "{message}");
    assert_eq!(studio.list_runs(()).unwrap().len(), 1);
    let told = messages(studio.as_ref());
    assert!(told.len() == 1 && told[0].contains("is gone"), "{told:?}");
    assert!(!Path::new(&long.path).join("run.json").exists());
    studio.shutdown();
}

#[test]
fn a_dataset_whose_folder_is_gone_can_be_deleted() {
    let place = Place::new();
    let studio = place.open();
    let id = studio.import_dataset(import_of(&[&place.data_file(20)])).unwrap().id;
    studio.check_dataset(id.clone()).unwrap();
    fs::remove_dir_all(place.home().join("datasets").join(&id)).unwrap();
    let item = ItemRef { kind: ItemKind::Dataset, id };
    studio.delete(item.clone()).unwrap();
    assert_eq!(studio.list_datasets(()).unwrap(), []);
    assert_eq!(studio.restore(item).unwrap_err().code, ErrorCode::NotFound);
    studio.empty_bin(()).unwrap();
}
