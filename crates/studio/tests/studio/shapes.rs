//! Rows that are no conversations: shown as what they are, kept, written in their own shape, and taught as the studio says.

use serde_json::json;
use tunesmith_protocol::*;
use tunesmith_sentence::Sentence;

use crate::support::*;

fn many(row: impl Fn(usize) -> serde_json::Value) -> String {
    (0..24).map(|number| row(number).to_string() + "\n").collect()
}

fn shapes() -> [(Format, &'static [&'static str], String); 3] {
    [
        (
            Format::Preference,
            &["user", "chosen", "rejected"],
            many(
                |n| json!({"prompt": format!("What is {n}?"), "chosen": format!("{n} is a number"), "rejected": "No idea"}),
            ),
        ),
        (
            Format::Unpaired,
            &["user", "chosen"],
            many(
                |n| json!({"prompt": format!("What is {n}?"), "completion": format!("{n} it is"), "label": n % 2 == 0}),
            ),
        ),
        (
            Format::Classification,
            &["text", "label"],
            many(|n| json!({"text": format!("Number {n}"), "label": if n % 2 == 0 { "even" } else { "odd" }})),
        ),
    ]
}

fn rows(studio: &dyn Api, dataset: &Dataset, split: Option<Split>) -> Vec<Row> {
    let (dataset, model) = (dataset.id.clone(), None);
    studio
        .dataset_rows(DatasetRows { dataset, split, offset: 0, limit: 200, model, find: None, job: None })
        .unwrap()
        .rows
}

#[test]
fn judged_rows_and_classes_are_shown_kept_and_written_as_what_they_are() {
    let place = Place::new();
    let studio = place.open();
    for (format, roles, text) in shapes() {
        let dataset = studio.import_dataset(import_of(&[&place.write("rows.jsonl", &text)])).unwrap();
        assert_eq!((dataset.format, dataset.rows_kept, dataset.problems), (format, 24, 0), "{format:?}");
        let shown: Vec<String> =
            rows(&*studio, &dataset, None)[0].messages.iter().map(|said| said.role.clone()).collect();
        assert_eq!(shown, roles, "{format:?}");
        for kind in ["chat", "csv", "parquet"] {
            let ask = |split, path| {
                let (dataset, format) = (dataset.id.clone(), kind.into());
                studio
                    .export_dataset(ExportDataset { dataset, format, split, other_columns: true, path, job: None })
                    .unwrap()
            };
            let written = ask(None, None);
            assert_eq!((written.rows, written.left_out.len()), (24, 0), "{format:?} as {kind}: {written:?}");
            let back = studio.import_dataset(import_of(&[&written.path])).unwrap();
            assert_eq!((back.format, back.rows_kept), (format, 24), "{kind}");
            assert_eq!(back.version, dataset.version, "{format:?} as {kind}: the same rows on the same sides");
        }
        let openai = studio.export_dataset(ExportDataset {
            dataset: dataset.id.clone(),
            format: "openai".into(),
            split: None,
            other_columns: false,
            path: None,
            job: None,
        });
        let openai = openai.unwrap_err();
        assert!(openai.message.starts_with("No row can be written to such a file: "), "{}", openai.message);
    }
}

#[test]
fn what_is_taught_of_them_is_what_the_studio_says() {
    let place = Place::new();
    let studio = place.open();
    let model = studio.add_model(AddModel { path: place.model_folder().into() }).unwrap();
    for (format, _, text) in shapes() {
        let file = place.write("rows.jsonl", &text);
        let wish = ImportDataset { validation: Validation::Share(0.0), ..import_of(&[&file]) };
        let dataset = studio.import_dataset(wish).unwrap();
        let ask = StartRun { version: None, ..crate::support::wish(&model, &dataset, settings(1)) };
        let preview = studio.preview_run(ask.into()).unwrap();
        let plan = preview.plan.unwrap_or_else(|| panic!("{format:?}: {:?}", preview.blockers));
        // Chosen answers and labels of all rows, but of judged answers the good ones only.
        assert_eq!(plan.rows, if format == Format::Unpaired { 12 } else { 24 }, "{format:?}");
        let ask = XrayRow {
            dataset: dataset.id,
            row: 0,
            model: model.id.clone(),
            learn_from: LearnFrom::Assistant,
            max_length: 999,
        };
        let tokens = studio.xray_row(ask).unwrap().tokens;
        let learned: String =
            tokens.iter().filter(|token| token.learned && !token.special).map(|token| token.text.as_str()).collect();
        let all: String = tokens.iter().map(|token| token.text.as_str()).collect();
        let expected = match format {
            Format::Preference => "0 is a number",
            Format::Unpaired => "0 it is",
            _ => "even",
        };
        assert!(learned.starts_with(expected), "{format:?}: {learned}");
        assert!(!all.contains("No idea"), "the rejected answer is not shown to the model: {all}");
    }
}

#[test]
fn the_shell_and_the_window_say_the_same_of_files() {
    let place = Place::new();
    let studio = place.open();
    let [(_, _, preference), ..] = shapes();
    let good = many(|n| json!({"prompt": format!("Say {n}"), "completion": "Yes, of course", "id": n}));
    let broken = format!(
        "{good}not json\n{{\"prompt\":\"alone\"}}\n{good}{{\"prompt\":\"Mail?\",\"completion\":\"ada@lovelace-labs.net\"}}\n"
    );
    let table: String = (0..30).map(|n| format!("{n},Wer ist {n}?,Das ist {n}\n")).collect();
    let columns = [("prompt", "frage"), ("completion", "antwort")].map(|(part, column)| (part.into(), column.into()));
    let by_hand = Mapping { format: Format::Completion, columns: columns.into(), ..Mapping::default() };
    for (name, text, mapping) in [
        ("broken.jsonl", broken, Mapping::default()),
        ("preference.jsonl", preference, Mapping::default()),
        ("table.csv", format!("id,frage,antwort\n{table}"), by_hand),
    ] {
        let file = place.write(name, &text);
        let go_on = &mut |_: &Sentence, _, _| std::ops::ControlFlow::Continue(());
        let facts = tunesmith_studio::data_facts(&[(&file).into()], &mapping, &Validation::Auto, None, go_on).unwrap();
        let wish = ImportDataset { mapping, validation: Validation::Auto, ..import_of(&[&file]) };
        let dataset = studio.import_dataset(wish).unwrap();
        let report = studio.check_dataset(dataset.id.clone()).unwrap();
        let ask = DatasetProblems { dataset: dataset.id.clone(), kind: None, offset: 0, limit: 500 };
        assert_eq!(facts.problems, studio.dataset_problems(ask).unwrap().problems, "{name}");
        assert_eq!(facts.report, report, "{name}");
        // All but what a dataset of the home has besides its rows.
        let Dataset { id, files, size_bytes, added_ms, .. } = dataset.clone();
        let made_ms = dataset.versions[0].made_ms;
        let mut said = Dataset { id, files, size_bytes, added_ms, ..facts.dataset };
        said.versions[0].made_ms = made_ms;
        assert_eq!(said, dataset, "{name}");
    }
}
