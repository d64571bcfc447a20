//! What a run or an import wrote and is not that any more: it is told, not used, and mended where its source is there.

use std::fs;
use std::path::Path;

use tunesmith_protocol::*;

use crate::damage::{messages, rows, see_all, with_run};
use crate::support::*;

/// Empties, cuts and flips a file.
fn spoil(path: &Path) -> [Vec<u8>; 3] {
    let whole = fs::read(path).unwrap();
    let mut flipped = whole.clone();
    let middle = whole.len() / 2;
    flipped[middle] ^= 1;
    [Vec::new(), whole[..middle].to_vec(), flipped]
}

#[test]
fn records_that_are_not_what_was_written_are_told_and_what_was_known_of_them_stays() {
    let place = Place::new();
    let run = with_run(&place);
    let metrics = Path::new(&run.path).join("metrics.jsonl");
    let whole = fs::read(&metrics).unwrap();
    for bytes in spoil(&metrics) {
        fs::write(&metrics, &bytes).unwrap();
        let studio = place.open();
        let listed = studio.list_runs(()).unwrap();
        assert_eq!((&listed[0].status, listed[0].step), (&run.status, 3), "{} bytes", bytes.len());
        let told = messages(studio.as_ref());
        assert!(told.len() == 1 && told[0].contains(&run.name) && told[0].contains("metrics.jsonl"), "{told:?}");
        assert!(studio.list_notices(()).unwrap()[0].hint.contains("backup"));
        see_all(studio.as_ref());
        assert_eq!(studio.list_runs(()).unwrap(), listed);
        assert!(messages(studio.as_ref()).is_empty(), "told once");
        studio.shutdown();
        drop(studio);
        assert_eq!(fs::read(&metrics).unwrap(), bytes, "nothing is written behind damage");
        fs::write(&metrics, &whole).unwrap();
        let studio = place.open();
        assert_eq!(studio.list_runs(()).unwrap(), std::slice::from_ref(&run), "brought back, all is well");
        studio.shutdown();
    }
}

#[test]
fn a_result_that_is_not_what_was_written_is_told_and_not_used() {
    let place = Place::new();
    let run = with_run(&place);
    let result = Path::new(&run.path).join("result");
    for name in ["adapter_model.safetensors", "adapter_config.json"] {
        let path = result.join(name);
        let whole = fs::read(&path).unwrap();
        for bytes in spoil(&path) {
            fs::write(&path, &bytes).unwrap();
            let studio = place.open();
            studio.list_runs(()).unwrap();
            let other_length = bytes.len() != whole.len();
            assert_eq!(messages(studio.as_ref()).len(), usize::from(other_length), "{name}");
            see_all(studio.as_ref());
            let error = studio.evaluate(Evaluate { run: Some(run.id.clone()), ..measuring(&place) }).unwrap_err();
            assert!(error.message.contains(name) && error.message.contains("is damaged"), "{error}");
            assert!(error.hint.contains("train again") && error.hint.contains("checksums.json"), "{error}");
            let compare = CompareRun { run: run.id.clone(), only_known: false, job: None };
            assert_eq!(studio.compare_run(compare).unwrap_err().message, error.message);
            let chat = studio.open_chat(OpenChat { run: Some(run.id.clone()), model: None }).unwrap();
            let told = refused(studio.as_ref(), &chat.id);
            assert!(told.contains(name) && told.contains("is damaged"), "{told}");
            studio.shutdown();
            fs::write(&path, &whole).unwrap();
        }
    }
    // It was changed on purpose.
    let config = result.join("adapter_config.json");
    fs::write(&config, fs::read_to_string(&config).unwrap() + "\n").unwrap();
    fs::remove_file(Path::new(&run.path).join("checksums.json")).unwrap();
    place.open().evaluate(Evaluate { run: Some(run.id.clone()), ..measuring(&place) }).unwrap();
}

#[test]
fn a_resumed_run_goes_on_after_damage_and_is_written_down_anew() {
    let place = Place::new();
    let studio = place.open();
    let (model, dataset) = place.stocked(studio.as_ref());
    let run = studio.start_run(wish(&model, &dataset, settings(100_000))).unwrap();
    let train_a_little = || {
        records_until(studio.as_ref(), &run.id, |record| matches!(record, RunRecord::Step(_)));
        studio.stop_run(run.id.clone()).unwrap();
        wait_for(studio.as_ref(), &run.id, |state| *state == RunState::Stopped);
        while studio.running() {
            std::thread::yield_now();
        }
    };
    train_a_little();
    let list = Path::new(&run.path).join("checksums.json");
    let before = fs::read_to_string(&list).unwrap();
    fs::write(Path::new(&run.path).join("metrics.jsonl"), "").unwrap();
    assert_eq!(studio.get_run(run.id.clone()).unwrap().status, RunState::Stopped);
    see_all(studio.as_ref());
    studio.resume_run(run.id.clone()).unwrap();
    train_a_little();
    assert_ne!(fs::read_to_string(&list).unwrap(), before);
    studio.shutdown();
    drop(studio);
    let studio = place.open();
    assert_eq!(studio.list_runs(()).unwrap()[0].status, RunState::Stopped);
    assert!(messages(studio.as_ref()).is_empty());
}

/// Why a message is not answered.
fn refused(studio: &dyn Api, chat: &str) -> String {
    let news = studio.subscribe(Topic::Chat(chat.into()), 0).unwrap();
    studio.send_message(SendMessage { chat: chat.into(), text: Some("Hello".into()), turn: None }).unwrap();
    loop {
        for event in news.next_within(PATIENCE).unwrap().expect("news in time") {
            if let EventBody::Chat { news: ChatNews::Failed { error } } = event.body {
                return error.message.to_string();
            }
        }
    }
}

#[test]
fn a_damaged_dataset_is_told_and_mended_when_its_file_is_read_again() {
    let place = Place::new();
    let file = place.data_file(20);
    let studio = place.open();
    let dataset = studio.import_dataset(import_of(&[&file])).unwrap();
    let edit = Edit::Delete { rows: vec![0] };
    studio.edit_dataset(EditDataset { dataset: dataset.id.clone(), version: None, edit, job: None }).unwrap();
    studio.use_version(UseVersion { dataset: dataset.id.clone(), number: 1 }).unwrap();
    let before = rows(studio.as_ref(), &dataset.id).unwrap();
    let path = place.home().join("datasets").join(&dataset.id).join("rows.jsonl");
    for bytes in spoil(&path) {
        let cut = bytes.len() < fs::metadata(&path).unwrap().len() as usize;
        fs::write(&path, bytes).unwrap();
        see_all(studio.as_ref());
        studio.list_datasets(()).unwrap();
        let told = messages(studio.as_ref());
        assert_eq!(told.len(), usize::from(cut), "{told:?}");
        assert!(told.iter().all(|told| told.contains(&dataset.name) && told.contains("are lost")), "{told:?}");
        see_all(studio.as_ref());
        rows(studio.as_ref(), &dataset.id).unwrap_err();
        let again = studio.import_dataset(ImportDataset { reuse: true, ..import_of(&[&file]) }).unwrap();
        assert_eq!(again.id, dataset.id);
        let told = messages(studio.as_ref());
        assert!(told.len() == 1 && told[0].contains("were read again"), "{told:?}");
        assert_eq!(rows(studio.as_ref(), &dataset.id).unwrap().rows, before.rows);
        studio.use_version(UseVersion { dataset: dataset.id.clone(), number: 2 }).unwrap();
        assert_eq!(rows(studio.as_ref(), &dataset.id).unwrap().total, 19, "the other version is mended, too");
        studio.use_version(UseVersion { dataset: dataset.id.clone(), number: 1 }).unwrap();
        let whole = studio.import_dataset(ImportDataset { reuse: true, ..import_of(&[&file]) }).unwrap();
        assert_eq!(
            (whole.id, messages(studio.as_ref()).len()),
            (dataset.id.clone(), 1),
            "found whole, nothing is told"
        );
    }
}

#[test]
fn a_database_that_was_emptied_or_deleted_is_told() {
    let place = Place::new();
    let studio = place.open();
    assert!(messages(studio.as_ref()).is_empty(), "a new home has lost nothing");
    studio.shutdown();
    drop(studio);
    let path = place.home().join("tunesmith.db");
    for lose in [|path: &Path| fs::write(path, ""), |path: &Path| fs::remove_file(path)] {
        lose(&path).unwrap();
        let studio = place.open();
        let told = messages(studio.as_ref());
        assert!(told.len() == 1 && told[0].contains("tunesmith.db") && told[0].contains("are lost"), "{told:?}");
        see_all(studio.as_ref());
        studio.shutdown();
        drop(studio);
        assert!(messages(place.open().as_ref()).is_empty(), "told once");
    }
}

#[test]
fn a_list_of_rows_that_is_cut_is_told_by_its_name_and_mended() {
    let place = Place::new();
    let file = place.data_file(20);
    let studio = place.open();
    let dataset = studio.import_dataset(import_of(&[&file])).unwrap();
    studio.shutdown();
    drop(studio);
    let list = place.home().join("datasets").join(&dataset.id).join("versions/1.rows");
    let [empty, cut, _] = spoil(&list);
    for bytes in [empty, cut] {
        fs::write(&list, bytes).unwrap();
        let studio = place.open();
        studio.list_datasets(()).unwrap();
        let told = messages(studio.as_ref());
        assert!(told.len() == 1 && told[0].contains("1.rows is damaged"), "{told:?}");
        let again = studio.import_dataset(ImportDataset { reuse: true, ..import_of(&[&file]) }).unwrap();
        assert_eq!((again.id, rows(studio.as_ref(), &dataset.id).unwrap().total), (dataset.id.clone(), 20));
        see_all(studio.as_ref());
        studio.shutdown();
    }
}
