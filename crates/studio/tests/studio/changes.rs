//! What is different between two versions, and all repairs as one change.

use serde_json::json;
use tunesmith_protocol::*;

use crate::support::*;

fn edit(studio: &dyn Api, dataset: &str, edit: Edit) -> Dataset {
    studio.edit_dataset(EditDataset { dataset: dataset.into(), version: None, edit, job: None }).unwrap()
}

fn compare(studio: &dyn Api, dataset: &str, before: u32, after: u32, kind: Option<RowChange>) -> VersionChanges {
    let ask = CompareVersions { dataset: dataset.into(), before, after, kind, offset: 0, limit: 200, job: None };
    studio.compare_versions(ask).unwrap()
}

fn counts(found: &VersionChanges) -> [u64; 4] {
    [found.added, found.removed, found.changed, found.moved]
}

fn chat(answer: &str) -> serde_json::Value {
    json!({ "kind": "chat", "messages": [
        { "role": "user", "content": "And then?" }, { "role": "assistant", "content": answer },
    ] })
}

fn said(row: &Option<Row>) -> Option<&str> {
    row.as_ref().map(|row| row.messages.last().unwrap().content.as_str())
}

#[test]
fn rows_that_differ_between_two_versions_are_told_side_by_side() {
    let place = Place::new();
    let studio = place.open();
    let id = studio.import_dataset(import_of(&[&place.data_file(40)])).unwrap().id;
    edit(&*studio, &id, Edit::Delete { rows: vec![0, 7] });
    edit(&*studio, &id, Edit::Replace { row: 3, example: chat("Four") });
    edit(&*studio, &id, Edit::Add { example: chat("New"), split: Split::Training });
    edit(&*studio, &id, Edit::Shuffle { seed: 3 });

    let found = compare(&*studio, &id, 1, 5, None);
    assert_eq!((counts(&found), found.total, found.reordered), ([1, 2, 1, 0], 4, true));
    let changed = compare(&*studio, &id, 1, 5, Some(RowChange::Changed));
    let [row] = &changed.rows[..] else { panic!("{changed:?}") };
    assert_eq!(said(&row.after), Some("Four"), "a changed row is found in a shuffled version, too");
    assert_eq!(row.before.as_ref().unwrap().number, 4, "with its place in each version");
    let removed = compare(&*studio, &id, 1, 5, Some(RowChange::Removed)).rows;
    assert_eq!(removed.iter().map(|row| row.before.as_ref().unwrap().number).collect::<Vec<_>>(), [0, 7]);
    assert!(removed.iter().all(|row| row.after.is_none()));
    let added = compare(&*studio, &id, 1, 5, Some(RowChange::Added)).rows;
    assert_eq!((said(&added[0].before), said(&added[0].after)), (None, Some("New")));

    // The other way round what was added is what is gone.
    assert_eq!(counts(&compare(&*studio, &id, 5, 1, None)), [2, 1, 1, 0]);
    let order = compare(&*studio, &id, 4, 5, None);
    assert_eq!((counts(&order), order.reordered, order.rows), ([0; 4], true, vec![]), "only the order");
    let same = compare(&*studio, &id, 2, 2, None);
    assert_eq!((counts(&same), same.reordered), ([0; 4], false));
}

#[test]
fn rows_that_change_their_side_are_moved() {
    let place = Place::new();
    let studio = place.open();
    let id = studio.import_dataset(import_of(&[&place.data_file(40)])).unwrap().id;
    let held = |share| Edit::Split { validation: Validation::Share(share), seed: 1 };
    let none = edit(&*studio, &id, held(0.0));
    let some = edit(&*studio, &id, held(0.25));
    let found = compare(&*studio, &id, none.number, some.number, None);
    assert_eq!(counts(&found), [0, 0, 0, 10]);
    let sides = |row: &ChangedRow| [&row.before, &row.after].map(|row| row.as_ref().unwrap().split);
    assert!(found.rows.iter().all(|row| sides(row) == [Split::Training, Split::Validation]));
}

#[test]
fn differences_come_page_by_page_and_only_of_versions_that_are_there() {
    let place = Place::new();
    let studio = place.open();
    let id = studio.import_dataset(import_of(&[&place.data_file(40)])).unwrap().id;
    edit(&*studio, &id, Edit::Sample { rows: 10, seed: 1 });
    let page = |offset, limit| {
        let ask = CompareVersions { dataset: id.clone(), before: 1, after: 2, kind: None, offset, limit, job: None };
        studio.compare_versions(ask).unwrap()
    };
    let all = page(0, 200).rows;
    assert_eq!((all.len(), page(0, 7).total), (30, 30));
    let pages: Vec<ChangedRow> = (0..5).flat_map(|number| page(number * 7, 7).rows).collect();
    assert_eq!(pages, all);
    let ask = CompareVersions { dataset: id.clone(), before: 1, after: 3, kind: None, offset: 0, limit: 1, job: None };
    assert_eq!(studio.compare_versions(ask).unwrap_err().code, ErrorCode::NotFound);
}

#[test]
fn all_repairs_are_one_change_that_is_told_before_and_undone_at_once() {
    let place = Place::new();
    let studio = place.open();
    let row = |question: &str, answer: &str| json!({ "prompt": question, "completion": answer }).to_string();
    let mut lines: Vec<String> = (0..30)
        .map(|number| {
            row(&format!("How is it in town {number} today?"), &format!("It will be {number} degrees there."))
        })
        .collect();
    lines.push(lines[0].clone());
    lines.push(row("Who do I write to?", "Write to ada@lovelace-labs.net, please."));
    lines.push(row("What is on the page?", "\n<p>It says that the <b>mill</b> is closed &amp; dry.</p>"));
    let imported = studio.import_dataset(import_of(&[&place.write("rows.jsonl", &lines.join("\n"))])).unwrap();
    let report = studio.check_dataset(imported.id.clone()).unwrap();
    let told = report.all_repairs.unwrap();
    assert_eq!((told.removed, told.changed), (1, 2), "{report:?}");

    let repaired = edit(&*studio, &imported.id, Edit::RepairAll);
    assert_eq!((repaired.number, repaired.training_rows + repaired.validation_rows), (2, 32));
    assert_eq!(repaired.versions[1].change.text, "1 row removed, 2 repaired");
    assert_eq!(counts(&compare(&*studio, &imported.id, 1, 2, None)), [0, 1, 2, 0]);
    let after = studio.check_dataset(imported.id.clone()).unwrap();
    assert_eq!(after.all_repairs, None, "{after:?}");
    let again = EditDataset { dataset: imported.id.clone(), version: None, edit: Edit::RepairAll, job: None };
    assert!(studio.edit_dataset(again).unwrap_err().to_string().contains("nothing left"));

    let undone = studio.use_version(UseVersion { dataset: imported.id.clone(), number: 1 }).unwrap();
    assert_eq!(undone.version, imported.version);
}
