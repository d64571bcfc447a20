//! Versions that runs and run files name, the rule by which each holds rows out, and rows of a separate file.

use std::ops::ControlFlow;

use base64::Engine;
use serde_json::json;
use tunesmith_protocol::*;
use tunesmith_studio::{run_config, run_file};

use crate::support::*;

fn edit(studio: &dyn Api, dataset: &str, edit: Edit) -> Dataset {
    studio.edit_dataset(EditDataset { dataset: dataset.into(), edit, version: None, job: None }).unwrap()
}

fn run_file_of(studio: &dyn Api, start: StartRun) -> RunConfig {
    let yaml = studio.run_yaml(RunYaml { start, save_to: None }).unwrap().base64;
    let yaml = base64::engine::general_purpose::STANDARD.decode(yaml).unwrap();
    run_file::parse(&String::from_utf8(yaml).unwrap()).unwrap()
}

fn version_named(config: &RunConfig) -> Option<(String, Option<u32>)> {
    match &config.data {
        DataConfig::Files(_) => None,
        DataConfig::Dataset(DataVersion { dataset, version }) => Some((dataset.clone(), *version)),
    }
}

#[test]
fn a_run_file_of_changed_rows_trains_on_the_same_rows_whatever_was_changed_since() {
    let place = Place::new();
    let studio = place.open();
    let (model, dataset) = place.stocked(&*studio);
    let id = dataset.id.clone();
    edit(&*studio, &id, Edit::Delete { rows: vec![0, 1, 2] });
    let run = studio.start_run(wish(&model, &dataset, settings(2))).unwrap();
    assert_eq!(run.dataset_version, Some(2));
    let config = run_file_of(&*studio, wish(&model, &dataset, settings(2)));
    assert_eq!(version_named(&config), Some((id.clone(), Some(2))));
    edit(&*studio, &id, Edit::Delete { rows: vec![5, 6] });
    let run = wait_for(&*studio, &run.id, is_done);

    let tokens = |folder: &std::path::Path| {
        ["training", "validation"].map(|side| std::fs::read(folder.join(format!("tokens/{side}.tokens"))).unwrap())
    };
    let again = place.path().join("again");
    let go_on = &mut |_: tunesmith_studio::RunNews<'_>| ControlFlow::Continue(());
    run_config(&place.home(), &config, &again, false, go_on).unwrap();
    assert_eq!(tokens(run.path.as_ref()), tokens(&again), "the shell learns from what the window learned from");
    // And the window from an older version, where it is asked to.
    let older = StartRun { version: Some(1), ..wish(&model, &dataset, settings(1)) };
    let preview = studio.preview_run(older.clone().into()).unwrap();
    assert_eq!(preview.plan.map(|plan| plan.rows), Some(dataset.training_rows));
    let older = studio.start_run(older).unwrap();
    assert_eq!(wait_for(&*studio, &older.id, is_done).dataset_version, Some(1));
}

#[test]
fn rows_as_imported_are_named_by_their_files_until_these_change() {
    let place = Place::new();
    let studio = place.open();
    let model = studio.add_model(AddModel { path: place.model_folder().into() }).unwrap();
    let file = std::fs::canonicalize(place.data_file(30)).unwrap().to_string_lossy().into_owned();
    let dataset = studio.import_dataset(import_of(&[&file])).unwrap();
    let config = || run_file_of(&*studio, wish(&model, &dataset, settings(2)));
    assert!(version_named(&config()).is_none());
    // Files of the temporary folder are copied; the copy is what the run file names.
    let kept = &studio.list_datasets(()).unwrap()[0].files[0];
    let changed = std::time::SystemTime::now() + std::time::Duration::from_secs(60);
    std::fs::File::options().append(true).open(kept).unwrap().set_modified(changed).unwrap();
    assert_eq!(version_named(&config()), Some((dataset.id.clone(), Some(1))));
    std::fs::remove_file(kept).unwrap();
    assert_eq!(version_named(&config()), Some((dataset.id, Some(1))));
}

#[test]
fn a_dataset_that_a_run_file_names_is_found_by_its_name_or_missed_with_a_hint() {
    let place = Place::new();
    let studio = place.open();
    let (model, dataset) = place.stocked(&*studio);
    let train = |dataset: &str, version| {
        let data = DataConfig::Dataset(DataVersion { dataset: dataset.into(), version });
        let config = RunConfig { base_model: model.path.clone(), data, training: settings(1) };
        let output = place.path().join(format!("{dataset}-{version:?}"));
        run_config(&place.home(), &config, &output, false, &mut |_| ControlFlow::Continue(()))
    };
    studio
        .rename(Rename { item: ItemRef { kind: ItemKind::Dataset, id: dataset.id.clone() }, name: "Numbers".into() })
        .unwrap();
    train("Numbers", None).unwrap();
    let missed = |dataset: &str, version| train(dataset, version).unwrap_err().to_string();
    assert!(missed("Letters", None).contains("“Letters”"));
    assert!(missed("Numbers", Some(9)).contains("no version 9"));
    studio.delete(ItemRef { kind: ItemKind::Dataset, id: dataset.id }).unwrap();
    assert!(missed("Numbers", Some(1)).contains("no dataset “Numbers”"));
}

#[test]
fn a_version_keeps_the_rule_by_which_its_rows_are_held_out() {
    let place = Place::new();
    let studio = place.open();
    let wish =
        ImportDataset { validation: Validation::Share(0.25), seed: Some(7), ..import_of(&[&place.data_file(40)]) };
    let imported = studio.import_dataset(wish.clone()).unwrap();
    assert_eq!(studio.import_dataset(wish.clone()).unwrap().version, imported.version, "the same draw");
    assert_ne!(studio.import_dataset(ImportDataset { seed: Some(8), ..wish }).unwrap().version, imported.version);
    let id = imported.id;
    edit(&*studio, &id, Edit::Shuffle { seed: 1 });
    edit(&*studio, &id, Edit::Split { validation: Validation::Auto, seed: 3 });
    let dataset = edit(&*studio, &id, Edit::Delete { rows: vec![0] });
    let rules: Vec<_> = dataset.versions.into_iter().map(|version| (version.validation, version.seed)).collect();
    let (share, auto) = ((Validation::Share(0.25), 7), (Validation::Auto, 3));
    assert_eq!(rules, [share.clone(), share, auto.clone(), auto]);
}

fn question(number: usize) -> String {
    let answer = format!("Town {number} has {} bakers and a mill.", number * 7);
    json!({ "prompt": format!("How many bakers has town {number}, and what else?"), "completion": answer }).to_string()
}

fn lines(rows: impl Iterator<Item = usize>) -> String {
    rows.map(question).collect::<Vec<_>>().join("\n")
}

fn leaks(studio: &dyn Api, dataset: &str) -> u64 {
    let report = studio.check_dataset(dataset.into()).unwrap();
    report.findings.iter().find(|finding| finding.kind == "leakage").map_or(0, |finding| finding.rows)
}

#[test]
fn a_separate_validation_file_is_taken_at_import_and_what_leaks_into_it_is_found() {
    let place = Place::new();
    let studio = place.open();
    let rows = place.write("rows.jsonl", &lines(0..30));
    let held_out = place.write("held-out.jsonl", &format!("{}\nno row\n", lines(28..35)));
    let wish = ImportDataset { validation: Validation::File(held_out.into()), ..import_of(&[&rows]) };
    let dataset = studio.import_dataset(wish).unwrap();
    assert_eq!((dataset.rows_read, dataset.rows_kept, dataset.rows_dropped), (38, 37, 1));
    assert_eq!((dataset.training_rows, dataset.validation_rows), (30, 7));
    assert_eq!(dataset.dropped_because.iter().map(|because| because.count).sum::<u64>(), 1, "and why is counted");
    assert!(leaks(&*studio, &dataset.id) >= 2, "two of its rows are learned from");
    edit(&*studio, &dataset.id, Edit::Repair { finding: "leakage".into() });
    assert_eq!(leaks(&*studio, &dataset.id), 0);
}

#[test]
fn a_repair_that_would_leave_nothing_to_learn_from_is_refused() {
    let place = Place::new();
    let studio = place.open();
    let rows = place.write("rows.jsonl", &lines(0..30));
    let same = place.write("same.jsonl", &lines(0..30));
    let wish = ImportDataset { validation: Validation::File(same.into()), ..import_of(&[&rows]) };
    let dataset = studio.import_dataset(wish).unwrap();
    assert_eq!(leaks(&*studio, &dataset.id), 30);
    let repair = Edit::Repair { finding: "leakage".into() };
    let ask = EditDataset { dataset: dataset.id.clone(), edit: repair, version: None, job: None };
    let refused = studio.edit_dataset(ask).unwrap_err();
    assert_eq!(refused.message, "No row would be left to learn from: 30 rows held out");
    let same = studio.list_datasets(()).unwrap().into_iter().find(|known| known.id == dataset.id).unwrap();
    assert_eq!(same.versions.len(), 1, "nothing was changed");
}

#[test]
fn files_named_for_validation_are_held_out_and_stay_so_when_split_again() {
    let place = Place::new();
    let studio = place.open();
    let folder = place.path().join("town");
    std::fs::create_dir(&folder).unwrap();
    for (name, rows) in [("train.jsonl", 0..40), ("validation.jsonl", 40..46), ("test.jsonl", 46..50)] {
        std::fs::write(folder.join(name), lines(rows)).unwrap();
    }
    let wish = ImportDataset { validation: Validation::Auto, ..import_of(&[&folder.to_string_lossy()]) };
    let dataset = studio.import_dataset(wish).unwrap();
    assert_eq!((dataset.training_rows, dataset.validation_rows), (40, 10));
    let said = "Held out by the name of the file: “test.jsonl”, “validation.jsonl”";
    assert_eq!(dataset.remarks, [said]);
    let id = dataset.id;
    let share = edit(&*studio, &id, Edit::Split { validation: Validation::Share(0.5), seed: 1 });
    assert_eq!(share.validation_rows, 25, "who names a share has it");
    let again = edit(&*studio, &id, Edit::Split { validation: Validation::Auto, seed: 42 });
    assert_eq!((again.training_rows, again.validation_rows), (40, 10));
}

#[test]
fn files_in_folders_named_for_validation_are_held_out_whatever_they_are_called() {
    let place = Place::new();
    let studio = place.open();
    let folder = place.path().join("town");
    for (name, rows) in [("train/a.jsonl", 0..40), ("train/c.jsonl", 40..44), ("validation/b.jsonl", 44..50)] {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, lines(rows)).unwrap();
    }
    let wish = ImportDataset { validation: Validation::Auto, ..import_of(&[&folder.to_string_lossy()]) };
    let dataset = studio.import_dataset(wish).unwrap();
    assert_eq!((dataset.training_rows, dataset.validation_rows), (44, 6));
    assert_eq!(dataset.row_files, ["a.jsonl", "c.jsonl", "validation/b.jsonl"]);
}

#[test]
fn a_separate_validation_file_is_taken_afterwards_and_another_takes_its_place() {
    let place = Place::new();
    let studio = place.open();
    let dataset = studio.import_dataset(import_of(&[&place.write("rows.jsonl", &lines(0..30))])).unwrap();
    let id = dataset.id;
    let hold_out = |name: &str, text: &str| {
        let validation = Validation::File(place.write(name, text).into());
        studio.edit_dataset(EditDataset {
            dataset: id.clone(),
            edit: Edit::Split { validation, seed: 42 },
            version: None,
            job: None,
        })
    };
    let problems = || {
        let ask = DatasetProblems { dataset: id.clone(), kind: None, offset: 0, limit: 10 };
        studio.dataset_problems(ask).unwrap().total
    };
    assert_eq!(problems(), dataset.problems);
    let first = hold_out("first.jsonl", &format!("{}\nno row\n", lines(27..35))).unwrap();
    assert_eq!((first.training_rows, first.validation_rows, first.problems), (30, 8, dataset.problems + 1));
    assert_eq!(first.versions[1].change, "8 rows of “first.jsonl” held out, 1 dropped");
    assert_eq!(problems(), first.problems, "also to one who has looked before");
    assert_eq!(first.row_files, ["rows.jsonl", "first.jsonl"]);
    assert!(leaks(&*studio, &id) >= 3);
    let Validation::File(kept) = &first.versions[1].validation else { panic!("{:?}", first.versions[1]) };
    assert!(
        kept.as_str().starts_with(place.home().to_str().unwrap()),
        "a file that will be gone tomorrow is kept: {kept:?}"
    );

    let second = hold_out("second.jsonl", &lines(40..45)).unwrap();
    assert_eq!((second.training_rows, second.validation_rows), (30, 5));
    assert_eq!(second.versions[2].change, "5 rows of “second.jsonl” held out in place of 8 rows");
    assert_eq!(leaks(&*studio, &id), 0);
    let refused = hold_out("nothing.jsonl", "no row\n").unwrap_err();
    assert!(refused.to_string().contains("nothing.jsonl"), "{refused}");
    assert_eq!(studio.list_datasets(()).unwrap()[0].problems, first.problems, "what was not taken leaves nothing");
    let undone = studio.use_version(UseVersion { dataset: id, number: 1 }).unwrap();
    assert_eq!((undone.training_rows, undone.validation_rows), (dataset.training_rows, dataset.validation_rows));
}
