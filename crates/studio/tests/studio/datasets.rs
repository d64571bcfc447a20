//! What a dataset keeps of the files it was read from.

use base64::Engine;
use tunesmith_protocol::*;

use crate::support::*;

#[test]
fn a_file_that_will_be_gone_tomorrow_is_kept_also_when_it_holds_the_validation_rows() {
    let place = Place::new();
    let studio = place.open();
    let model = studio.add_model(AddModel { path: place.model_folder().into() }).unwrap();
    // An upload lies in the temporary folder, as this place does. Two of them may have one name.
    let rows = place.data_file(30);
    std::fs::create_dir(place.path().join("second")).unwrap();
    let held_out = place.path().join("second/counting.jsonl").to_string_lossy().into_owned();
    let text = std::fs::read_to_string(&rows).unwrap();
    std::fs::write(&held_out, text.lines().take(7).collect::<Vec<_>>().join("\n")).unwrap();
    let validation = Validation::File(held_out.clone().into());
    let dataset = studio.import_dataset(ImportDataset { validation, ..import_of(&[&rows]) }).unwrap();
    assert_eq!((dataset.training_rows, dataset.validation_rows), (30, 7));

    for file in [&rows, &held_out] {
        std::fs::remove_file(file).unwrap();
    }

    let choices = StartRun {
        name: None,
        preset: None,
        model: model.id,
        dataset: dataset.id,
        version: None,
        training: settings(2),
    };
    let yaml = studio.run_yaml(RunYaml { start: choices, save_to: None }).unwrap();
    let yaml = base64::engine::general_purpose::STANDARD.decode(yaml.base64).unwrap();
    let config = tunesmith_studio::run_file::parse(&String::from_utf8(yaml).unwrap()).unwrap();
    let DataConfig::Files(files) = config.data else { panic!("{:?}", config.data) };
    let Validation::File(kept) = &files.validation else { panic!("{:?}", files.validation) };
    let lines = |path: &str| std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"));
    assert_eq!(lines(kept.as_str()).lines().count(), 7, "the run file names rows that are still there");
    assert_eq!(lines(&files.path.all()[0]), text, "and does not mix them up");
}

#[test]
fn two_uploads_of_one_name_are_both_kept() {
    let place = Place::new();
    let studio = place.open();
    let upload = |folder: &str, rows: usize| {
        let (file, folder) = (place.data_file(rows), place.path().join(folder));
        std::fs::create_dir(&folder).unwrap();
        std::fs::rename(file, folder.join("counting.jsonl")).unwrap();
        folder.join("counting.jsonl").to_string_lossy().into_owned()
    };
    let (first, second) = (upload("first", 10), upload("second", 20));
    let dataset = studio.import_dataset(import_of(&[&first, &second])).unwrap();
    assert_eq!(dataset.rows_kept, 30);
    for file in [&first, &second] {
        std::fs::remove_file(file).unwrap();
    }
    // Each has one line that is no conversation.
    let lines = |path: &String| std::fs::read_to_string(path).unwrap().lines().count();
    assert_eq!(dataset.files.iter().map(lines).collect::<Vec<_>>(), [11, 21], "{:?}", dataset.files);
}

#[test]
fn pasted_rows_become_a_file_that_is_swept_and_kept_by_its_dataset() {
    let place = Place::new();
    let studio = place.open();
    let text = "Frage\tAntwort\nWo ist es?\t\"Hier,\nund dort\"\nUnd jetzt?\tJetzt da\n";
    let path = studio.keep_rows(KeepRows { name: "Pasted rows.tsv".into(), text: text.into() }).unwrap();
    assert!(path.starts_with(&*place.home().join("uploads").to_string_lossy()) && path.ends_with("/Pasted rows.tsv"));
    let looked = studio.inspect_files(InspectFiles { paths: vec![path.clone().into()], mapping: Mapping::default() });
    let looked = looked.unwrap();
    assert_eq!((looked.mapping.format, looked.rows.len()), (Format::Auto, 0));
    assert_eq!(looked.suggested["prompt"], "Frage");
    assert_eq!(looked.suggested["completion"], "Antwort");
    assert_eq!((looked.raw[0].line, looked.raw[0].cells["Antwort"].as_str()), (2, "Hier,\nund dort"));
    let mapping = Mapping { format: Format::Completion, columns: looked.suggested, ..Mapping::default() };
    let dataset = studio.import_dataset(ImportDataset { mapping, ..import_of(&[&path]) }).unwrap();
    assert_eq!((dataset.name.as_str(), dataset.rows_kept), ("Pasted rows", 2));
    let folders = || std::fs::read_dir(place.home().join("uploads")).unwrap().count();
    let before = folders();
    for name in ["../up.tsv", "a/b.tsv", "", ".hidden", "a\0.tsv"] {
        assert!(studio.keep_rows(KeepRows { name: name.into(), text: text.into() }).is_err(), "{name:?}");
    }
    assert_eq!(folders(), before, "a refused name leaves nothing behind");
    drop(studio);
    let studio = place.open();
    assert!(!std::path::Path::new(&path).exists(), "whoever opens the home next removes it");
    let kept = &studio.list_datasets(()).unwrap()[0].files[0];
    assert_eq!(std::fs::read_to_string(kept).unwrap(), text, "the dataset has its own copy");
}

#[test]
fn a_template_is_written_where_it_is_wanted_or_given_back() {
    let place = Place::new();
    let studio = place.open();
    let path = place.path().join("mine.csv");
    let wanted = TemplateRequest { format: Format::Completion, save_to: Some(path.as_path().into()) };
    let file = studio.template_file(wanted).unwrap();
    assert_eq!((file.name.as_str(), file.base64.as_str()), ("questions-and-answers.csv", ""));
    let looked = studio.inspect_files(InspectFiles { paths: vec![path.as_path().into()], mapping: Mapping::default() });
    let looked = looked.unwrap();
    assert_eq!((looked.rows.len(), looked.problems.len()), (3, 0));
    let bytes = studio.template_file(TemplateRequest { format: Format::Chat, save_to: None }).unwrap();
    assert!(bytes.name.ends_with(".jsonl") && !bytes.base64.is_empty());
    assert!(studio.template_file(TemplateRequest { format: Format::Auto, save_to: None }).is_err());
}
