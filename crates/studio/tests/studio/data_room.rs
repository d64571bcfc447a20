//! What can be done with the rows of a dataset: found, checked, changed, undone, counted, written.

use serde_json::json;
use tunesmith_protocol::*;

use crate::support::*;

fn rows_of(studio: &dyn Api, dataset: &str, find: Option<RowQuery>) -> RowsPage {
    let ask = DatasetRows { dataset: dataset.into(), split: None, offset: 0, limit: 200, model: None, find, job: None };
    studio.dataset_rows(ask).unwrap()
}

/// The last message of each row.
fn answers(studio: &dyn Api, dataset: &str) -> Vec<String> {
    let rows = rows_of(studio, dataset, None).rows;
    rows.into_iter().map(|row| row.messages.last().unwrap().content.clone()).collect()
}

fn edit(studio: &dyn Api, dataset: &str, edit: Edit) -> Result<Dataset, WireError> {
    studio.edit_dataset(EditDataset { dataset: dataset.into(), version: None, edit, job: None })
}

fn chat(question: &str, answer: &str) -> serde_json::Value {
    json!({ "kind": "chat", "messages": [
        { "role": "user", "content": question }, { "role": "assistant", "content": answer },
    ] })
}

#[test]
fn every_change_is_a_version_and_can_be_undone() {
    let place = Place::new();
    let studio = place.open();
    let imported = studio.import_dataset(import_of(&[&place.data_file(40)])).unwrap();
    let id = &imported.id;
    let before = answers(&*studio, id);

    let edited = edit(&*studio, id, Edit::Replace { row: 3, example: chat("And then?", "Four") }).unwrap();
    assert_eq!((edited.number, edited.versions.len()), (2, 2));
    assert_ne!(edited.version, imported.version);
    assert_eq!(answers(&*studio, id)[3], "Four");
    let fewer = edit(&*studio, id, Edit::Delete { rows: vec![0, 1] }).unwrap();
    let added = edit(&*studio, id, Edit::Add { example: chat("More?", "No"), split: Split::Validation }).unwrap();
    assert_eq!(added.validation_rows, fewer.validation_rows + 1);
    let all = answers(&*studio, id);
    assert_eq!((all.len(), all[1].as_str(), all.last().unwrap().as_str()), (39, "Four", "No"));

    let undone = studio.use_version(UseVersion { dataset: id.clone(), number: 1 }).unwrap();
    assert_eq!((undone.version, undone.number), (imported.version.clone(), 1));
    assert_eq!(answers(&*studio, id), before);
    // What comes after an undo does not take the place of what was undone.
    let next = edit(&*studio, id, Edit::Shuffle { seed: 1 }).unwrap();
    assert_eq!((next.number, next.versions.len()), (5, 5));
    let mut shuffled = answers(&*studio, id);
    assert_ne!(shuffled, before);
    shuffled.sort();
    let mut sorted = before.clone();
    sorted.sort();
    assert_eq!(shuffled, sorted, "the same rows in another order");

    // And all of it is there after a restart.
    drop(studio);
    let studio = place.open();
    assert_eq!(studio.list_datasets(()).unwrap()[0].number, 5);
    studio.use_version(UseVersion { dataset: id.clone(), number: 1 }).unwrap();
    assert_eq!(answers(&*studio, id), before);
}

#[test]
fn the_same_draw_gives_the_same_sample() {
    let place = Place::new();
    let studio = place.open();
    let id = studio.import_dataset(import_of(&[&place.data_file(40)])).unwrap().id;
    let sample = edit(&*studio, &id, Edit::Sample { rows: 10, seed: 7 }).unwrap();
    assert_eq!(sample.training_rows + sample.validation_rows, 10);
    let first = answers(&*studio, &id);
    studio.use_version(UseVersion { dataset: id.clone(), number: 1 }).unwrap();
    let again = edit(&*studio, &id, Edit::Sample { rows: 10, seed: 7 }).unwrap();
    assert_eq!((answers(&*studio, &id), again.version), (first, sample.version));
}

#[test]
fn rows_are_held_out_anew() {
    let place = Place::new();
    let studio = place.open();
    let id = studio.import_dataset(import_of(&[&place.data_file(40)])).unwrap().id;
    let split = |validation, seed| edit(&*studio, &id, Edit::Split { validation, seed }).unwrap();
    assert_eq!(split(Validation::Share(0.0), 1).validation_rows, 0);
    let first = split(Validation::Share(0.25), 1);
    assert_eq!((first.validation_rows, first.training_rows), (10, 30));
    assert_ne!(split(Validation::Share(0.25), 2).version, first.version);
    assert_eq!(split(Validation::Share(0.25), 1).version, first.version);
}

#[test]
fn datasets_are_merged_each_row_on_its_side() {
    let place = Place::new();
    let studio = place.open();
    let one = studio.import_dataset(import_of(&[&place.data_file(40)])).unwrap();
    let more = place.write("more.jsonl", "{\"prompt\":\"Hi\",\"completion\":\"Hello\"}\n");
    let two =
        studio.import_dataset(ImportDataset { validation: Validation::Share(0.0), ..import_of(&[&more]) }).unwrap();
    let both = edit(&*studio, &one.id, Edit::Merge { dataset: two.id }).unwrap();
    assert_eq!((both.training_rows, both.validation_rows), (one.training_rows + 1, one.validation_rows));
    assert_eq!(answers(&*studio, &one.id).last().unwrap(), "Hello");
}

#[test]
fn a_change_that_cannot_be_is_refused_and_changes_nothing() {
    let place = Place::new();
    let studio = place.open();
    let imported = studio.import_dataset(import_of(&[&place.data_file(5)])).unwrap();
    for (wrong, word) in [
        (Edit::Replace { row: 99, example: chat("a", "b") }, "row 100"),
        (
            Edit::Replace {
                row: 0,
                example: json!({ "kind": "chat", "messages": [{ "role": "user", "content": "a" }] }),
            },
            "assistant",
        ),
        (
            Edit::Replace {
                row: 0,
                example: json!({ "kind": "chat", "messages": [{ "role": "king", "content": "a" }] }),
            },
            "king",
        ),
        (Edit::Delete { rows: vec![0, 1, 2, 3, 4] }, "No row"),
        (Edit::Delete { rows: vec![7] }, "row 8"),
        (Edit::Merge { dataset: "nowhere".into() }, "nowhere"),
        (Edit::Split { validation: Validation::Share(1.5), seed: 0 }, "1.5"),
    ] {
        let refusal = edit(&*studio, &imported.id, wrong).unwrap_err().to_string();
        assert!(refusal.contains(word), "{refusal}");
    }
    assert_eq!(studio.list_datasets(()).unwrap()[0].version, imported.version);
}

#[test]
fn a_change_of_rows_that_are_not_there_any_more_is_refused() {
    let place = Place::new();
    let studio = place.open();
    let id = studio.import_dataset(import_of(&[&place.data_file(10)])).unwrap().id;
    let delete = |version| {
        let edit = Edit::Delete { rows: vec![0] };
        studio.edit_dataset(EditDataset { dataset: id.clone(), version, edit, job: None })
    };
    assert_eq!(delete(Some(1)).unwrap().number, 2);
    let refusal = delete(Some(1)).unwrap_err();
    assert!(refusal.to_string().contains("Version 2 is in use"), "{refusal}");
    assert_eq!(answers(&*studio, &id).len(), 9, "no other row went in its place");
    assert_eq!(delete(Some(2)).unwrap().number, 3);
}

#[test]
fn a_cancelled_change_takes_back_what_it_has_written() {
    let place = Place::new();
    let studio = place.open();
    let one = studio.import_dataset(import_of(&[&place.data_file(40)])).unwrap();
    let two = studio.import_dataset(import_of(&[&place.data_file(30)])).unwrap();
    let rows = place.home().join("datasets").join(&one.id).join("rows.jsonl");
    let before = std::fs::read(&rows).unwrap();
    studio.cancel_job("merging".into()).unwrap();
    let (edit, task) = (Edit::Merge { dataset: two.id }, Some("merging".into()));
    let merge = || EditDataset { dataset: one.id.clone(), version: None, edit: edit.clone(), job: task.clone() };
    assert_eq!(studio.edit_dataset(merge()).unwrap_err().code, ErrorCode::Cancelled);
    assert_eq!(std::fs::read(&rows).unwrap(), before);
    let refusal = edit_invalid(&*studio, &one.id);
    assert_eq!(std::fs::read(&rows).unwrap(), before, "{refusal}");
    assert_eq!(studio.edit_dataset(merge()).unwrap().training_rows, one.training_rows + 24);
    assert!(std::fs::read(&rows).unwrap().starts_with(&before));
}

/// A change that is refused.
fn edit_invalid(studio: &dyn Api, dataset: &str) -> WireError {
    edit(studio, dataset, Edit::Replace { row: 0, example: json!({ "kind": "chat", "messages": [] }) }).unwrap_err()
}

#[test]
fn the_shared_system_prompt_follows_every_change() {
    let place = Place::new();
    let studio = place.open();
    let row = |system: &str, number: usize| {
        let messages = [("system", system), ("user", "Well?"), ("assistant", &number.to_string())]
            .map(|(role, text)| json!({ "role": role, "content": text }));
        json!({ "messages": messages }).to_string()
    };
    let lines: Vec<_> = (0..9).map(|number| row(if number < 5 { "Be kind." } else { "Be short." }, number)).collect();
    let none = Validation::Share(0.0);
    let file = place.write("rows.jsonl", &lines.join("\n"));
    let imported = studio.import_dataset(ImportDataset { validation: none, ..import_of(&[&file]) }).unwrap();
    assert_eq!(imported.system_prompt.as_deref(), Some("Be kind."), "five of nine");
    let half = edit(&*studio, &imported.id, Edit::Delete { rows: vec![0] }).unwrap();
    assert_eq!(half.system_prompt, None, "four of eight are not most");
    let other = edit(&*studio, &imported.id, Edit::Delete { rows: vec![0] }).unwrap();
    assert_eq!(other.system_prompt.as_deref(), Some("Be short."));
    let added =
        edit(&*studio, &imported.id, Edit::Add { example: chat("Hi", "Hello"), split: Split::Training }).unwrap();
    assert_eq!(added.system_prompt, None, "four of eight again");
    let first = studio.use_version(UseVersion { dataset: imported.id.clone(), number: 1 }).unwrap();
    assert_eq!(first.system_prompt, imported.system_prompt);
}

#[test]
fn rows_are_found_by_what_they_say() {
    let place = Place::new();
    let studio = place.open();
    let id = studio.import_dataset(import_of(&[&place.data_file(40)])).unwrap().id;
    let found = |query| rows_of(&*studio, &id, Some(query));
    let numbers = |page: &RowsPage| page.rows.iter().map(|row| row.number).collect::<Vec<_>>();
    let page = found(RowQuery { text: "AFTER 7?".into(), ..RowQuery::default() });
    assert_eq!((page.total, numbers(&page)), (1, vec![7]));
    assert_eq!(found(RowQuery { line: Some(12), ..RowQuery::default() }).rows[0].number, 11);
    assert_eq!(found(RowQuery { role: Some("tool".into()), ..RowQuery::default() }).total, 0);
    assert_eq!(found(RowQuery { role: Some("system".into()), ..RowQuery::default() }).total, 40);
    let short = found(RowQuery { most_characters: Some(37), ..RowQuery::default() });
    assert!((1..40).contains(&short.total), "{}", short.total);
    let long = found(RowQuery { least_characters: Some(38), ..RowQuery::default() });
    assert_eq!(short.total + long.total, 40);
}

#[test]
fn a_problem_leads_to_the_row_of_its_own_file() {
    let place = Place::new();
    let studio = place.open();
    let row = |role: &str, answer: &str| {
        let messages = [("user", "Well?"), (role, answer)].map(|(role, text)| json!({ "role": role, "content": text }));
        json!({ "messages": messages, "judge": "Ada" }).to_string()
    };
    let one = place.write("one.jsonl", &[row("assistant", "1"), row("assistant", "2"), "{nothing".into()].join("\n"));
    let two = place.write("two.jsonl", &[row("assistant", "3"), row("assistant", "4"), row("king", "5")].join("\n"));
    let dataset = studio.import_dataset(import_of(&[&one, &two])).unwrap();
    assert_eq!(dataset.row_files, ["one.jsonl", "two.jsonl"]);
    let from = |file: Option<&str>, line| {
        let file = file.map(str::to_owned);
        let found = rows_of(&*studio, &dataset.id, Some(RowQuery { file, line, ..RowQuery::default() }));
        found.rows.into_iter().map(|row| row.messages.last().unwrap().content.clone()).collect::<Vec<_>>()
    };
    assert_eq!(from(None, Some(2)), ["2", "4"], "a line alone is of any file");
    assert_eq!(from(Some("two.jsonl"), Some(2)), ["4"]);
    assert_eq!(from(Some("one.jsonl"), None), ["1", "2"]);

    let page = |kind: Option<&str>, offset| {
        let kind = kind.map(str::to_owned);
        studio.dataset_problems(DatasetProblems { dataset: dataset.id.clone(), kind, offset, limit: 1 }).unwrap()
    };
    let all = page(None, 0);
    assert_eq!(all.total, all.kinds.iter().map(|kind| kind.count).sum::<u64>());
    for count in &all.kinds {
        let last = page(Some(&count.what), count.count - 1);
        assert_eq!((last.total, last.problems.len(), &last.problems[0].kind), (count.count, 1, &count.what));
    }
    let broken = page(Some("invalid_json"), 0).problems.remove(0);
    assert_eq!((broken.file.as_str(), broken.line, broken.text.as_str()), ("one.jsonl", 3, "{nothing"));
    let king = page(Some("unrecognized_role"), 0).problems.remove(0);
    assert_eq!((king.file.as_str(), king.text), ("two.jsonl", row("king", "5")), "whole, as it stood in the file");
    assert_eq!(page(Some("no such kind"), 0).total, 0);
}

#[test]
fn rows_say_which_file_they_came_from_after_a_merge() {
    let place = Place::new();
    let studio = place.open();
    let file = |name: &str| place.write(name, "{\"prompt\":\"Hi\",\"completion\":\"Hello\"}\n");
    let import = |name: &str| {
        let none = Validation::Share(0.0);
        studio.import_dataset(ImportDataset { validation: none, ..import_of(&[&file(name)]) }).unwrap()
    };
    let (one, two) = (import("one.jsonl"), import("two.jsonl"));
    let both = edit(&*studio, &one.id, Edit::Merge { dataset: two.id }).unwrap();
    assert_eq!(both.row_files, ["one.jsonl", "two.jsonl"]);
    let file = Some("two.jsonl".to_owned());
    assert_eq!(rows_of(&*studio, &one.id, Some(RowQuery { file, ..RowQuery::default() })).total, 1);
}

#[test]
fn the_doctor_finds_repairs_and_looks_again() {
    let place = Place::new();
    let studio = place.open();
    let mut lines: Vec<String> = (0..30)
        .map(|number| json!({ "prompt": format!("Question {number} about the weather in town {number}"), "completion": format!("It will be {number} degrees there.") }).to_string())
        .collect();
    lines.push(lines[0].clone());
    lines.push(
        json!({ "prompt": "Who do I write to?", "completion": "Write to ada@lovelace-labs.net, please." }).to_string(),
    );
    let id = studio.import_dataset(import_of(&[&place.write("rows.jsonl", &lines.join("\n"))])).unwrap().id;
    let check = || studio.check_dataset(id.clone()).unwrap();
    let report = check();
    assert_eq!(report.rows, 32);
    let finding = |report: &DatasetReport, kind: &str| report.findings.iter().find(|one| one.kind == kind).cloned();
    let twins = finding(&report, "exact_duplicates").unwrap();
    assert!(twins.repair.is_some(), "{twins:?}");
    let found =
        rows_of(&*studio, &id, Some(RowQuery { finding: Some("exact_duplicates".into()), ..RowQuery::default() }));
    assert_eq!(found.rows.iter().map(|row| row.number).collect::<Vec<_>>(), [0, 30]);

    let repaired = edit(&*studio, &id, Edit::Repair { finding: "exact_duplicates".into() }).unwrap();
    assert_eq!(repaired.training_rows + repaired.validation_rows, 31);
    let report = check();
    assert!(finding(&report, "exact_duplicates").is_none(), "{report:?}");

    let private = finding(&report, "personal_data").unwrap();
    assert!(!format!("{private:?}").contains("ada@"), "what is private is not repeated: {private:?}");
    edit(&*studio, &id, Edit::Repair { finding: private.kind.clone() }).unwrap();
    assert!(answers(&*studio, &id).iter().all(|answer| !answer.contains('@')));
    assert!(finding(&check(), &private.kind).is_none());
    let again = edit(&*studio, &id, Edit::Repair { finding: private.kind }).unwrap_err();
    assert!(again.to_string().contains("nothing left"), "{again}");
}

#[test]
fn a_row_is_seen_as_tokens_and_all_are_counted() {
    let place = Place::new();
    let studio = place.open();
    let (model, dataset) = place.stocked(&*studio);
    let xray = |max_length| {
        let learn_from = LearnFrom::Assistant;
        studio.xray_row(XrayRow {
            dataset: dataset.id.clone(),
            row: 2,
            model: model.id.clone(),
            learn_from,
            max_length,
        })
    };
    let whole = xray(1000).unwrap();
    assert_eq!((whole.cut, whole.learned_cut, whole.answers_cut), (0, 0, 0));
    assert_eq!(whole.tokens.iter().filter(|token| token.learned).count() as u32, whole.learned);
    let text: String = whole.tokens.iter().map(|token| token.text.as_str()).collect();
    assert!(text.contains("What comes after 2?") && text.contains("3 comes next"), "{text}");
    assert!(whole.tokens.iter().any(|token| token.end_of_turn && token.learned), "the end of the answer is learned");
    let cut = xray(whole.tokens.len() as u32 - 1).unwrap();
    assert_eq!((cut.cut, cut.learned_cut, cut.answers_cut), (1, 1, 1));

    let count = || {
        let (dataset, model) = (dataset.id.clone(), model.id.clone());
        let ask = CountTokens { dataset, model, learn_from: LearnFrom::Assistant, batch_size: 2, job: None };
        studio.count_tokens(ask).unwrap()
    };
    let counts = count();
    assert_eq!((counts.rows, counts.failed, counts.answers), (dataset.training_rows, 0, dataset.training_rows));
    assert!(counts.learned_tokens > 0 && counts.learned_tokens < counts.tokens);
    assert_eq!(counts.buckets.iter().map(|bucket| bucket.rows).sum::<u64>(), counts.rows);
    assert_eq!(counts.buckets.iter().map(|bucket| bucket.tokens).sum::<u64>(), counts.tokens);
    assert!(counts.padded_tokens >= counts.tokens);
    assert_eq!(count(), counts, "what was counted is kept");
}

#[test]
fn a_dataset_is_written_as_other_tools_read_it() {
    let place = Place::new();
    let studio = place.open();
    let imported = studio.import_dataset(import_of(&[&place.data_file(40)])).unwrap();
    for format in ["chat", "sharegpt", "openai", "csv", "parquet", "completion", "alpaca"] {
        let path = place.path().join(format!("out {format} ✨")).to_string_lossy().into_owned();
        let ask = ExportDataset {
            dataset: imported.id.clone(),
            format: format.into(),
            split: None,
            other_columns: true,
            path: Some(path.clone().into()),
            job: None,
        };
        let written = studio.export_dataset(ask).unwrap();
        assert_eq!(
            (written.rows, written.left_out.len(), written.path.as_str()),
            (40, 0, path.as_str()),
            "{format}: {written:?}"
        );
    }
    let home = studio.export_dataset(ExportDataset {
        dataset: imported.id.clone(),
        format: "openai".into(),
        split: Some(Split::Validation),
        other_columns: false,
        path: None,
        job: None,
    });
    let home = home.unwrap();
    assert_eq!(home.rows, imported.validation_rows);
    assert!(home.path.starts_with(place.home().join("exports").to_str().unwrap()), "{}", home.path);
    assert!(home.path.ends_with("counting-validation.jsonl"), "{}", home.path);
}

#[test]
fn a_file_that_would_hold_no_row_is_refused_and_not_written() {
    let place = Place::new();
    let studio = place.open();
    let texts = place.write("texts.jsonl", &"{\"text\": \"Only a text\"}\n".repeat(3));
    let dataset = studio.import_dataset(import_of(&[&texts])).unwrap();
    let path = place.path().join("turns.jsonl");
    let refused = studio.export_dataset(ExportDataset {
        dataset: dataset.id,
        format: "sharegpt".into(),
        split: None,
        other_columns: false,
        path: Some(path.as_path().into()),
        job: None,
    });
    let refused = refused.unwrap_err();
    assert!(refused.message.starts_with("No row can be written to such a file: "), "{}", refused.message);
    assert!(!path.exists());
}

#[test]
fn other_columns_are_written_where_they_are_wanted() {
    let place = Place::new();
    let studio = place.open();
    let file =
        place.write("rows.jsonl", "{\"prompt\":\"Hi\",\"completion\":\"Hello\",\"id\":7,\"label\":\"greeting\"}\n");
    let dataset = studio.import_dataset(import_of(&[&file])).unwrap();
    let write = |format: &str, other_columns| {
        let (dataset, format) = (dataset.id.clone(), format.into());
        let ask = ExportDataset { dataset, format, split: None, other_columns, path: None, job: None };
        let written = studio.export_dataset(ask).unwrap();
        (std::fs::read(&written.path).map(|file| String::from_utf8_lossy(&file).into_owned()).unwrap(), written.notes)
    };
    let (text, notes) = write("csv", true);
    assert_eq!(text, "system,prompt,completion,tools,id,other_label\n,Hi,Hello,,7,greeting\n");
    assert!(matches!(&notes[..], [note] if note.contains("“label” is called “other_label”")), "{notes:?}");
    assert_eq!(write("csv", false).0, "system,prompt,completion,tools\n,Hi,Hello,\n");
    assert!(write("chat", true).0.contains(r#""id":7,"other_label":"greeting""#));
    for format in ["openai", "sharegpt", "alpaca", "completion"] {
        assert!(!write(format, true).0.contains("greeting"), "{format} has keys of its own only");
    }
}

#[test]
fn files_are_looked_at_before_they_are_imported() {
    let place = Place::new();
    let studio = place.open();
    let file = place.write("qa.csv", "id,frage,antwort\n1,Wer?,Ich\n2,Wo?,Hier\n");
    let look = |mapping| studio.inspect_files(InspectFiles { paths: vec![file.clone().into()], mapping }).unwrap();
    let found = look(Mapping::default());
    assert_eq!(found.columns, ["id", "frage", "antwort"]);
    assert!(found.rows.is_empty() && found.mapping.format == Format::Auto, "{found:?}");
    let columns = [("prompt", "frage"), ("completion", "antwort")].map(|(part, column)| (part.into(), column.into()));
    let mapping = Mapping { format: Format::Completion, columns: columns.into(), ..Mapping::default() };
    let found = look(mapping.clone());
    assert_eq!(found.rows[1].messages.last().unwrap().content, "Hier");
    assert_eq!(found.rows[1].extra, [Cell { column: "id".into(), value: "2".into() }]);
    let dataset = studio.import_dataset(ImportDataset { mapping: mapping.clone(), ..import_of(&[&file]) }).unwrap();
    assert_eq!((dataset.rows_kept, dataset.mapping.columns), (2, mapping.columns));
}
