//! A column that no run learns from, but that decides the answer.

use serde_json::{Map, Value, json};
use tunesmith_data::Example;
use tunesmith_data_doctor::{FindingKind, Report};
use tunesmith_protocol::Split;

use crate::support::{examine_columns, finding, pair};

fn report(rows: &[(Example, Value)]) -> Report {
    let extra = |columns: &Value| -> Map<String, Value> { columns.as_object().expect("columns").clone() };
    let rows: Vec<_> = rows.iter().map(|(row, columns)| (Split::Training, row.clone(), extra(columns))).collect();
    examine_columns(&rows)
}

/// A question in two languages each, and what makes no difference.
fn translated(number: usize) -> [(Example, Value); 2] {
    let question = format!("What is word {number}?");
    let row = |language: &str, place: usize| {
        let columns = json!({"language": language, "id": number * 2 + place, "source": "book", "rating": number % 2});
        (pair(&question, &format!("{language} {number}")), columns)
    };
    [row("de", 0), row("fr", 1)]
}

#[test]
fn a_column_that_tells_the_answers_to_one_prompt_apart_is_found() {
    let rows: Vec<_> = (0..8).flat_map(translated).collect();
    let report = report(&rows);
    let found: Vec<_> = report.findings.iter().filter(|found| found.kind == FindingKind::UnusedColumn).collect();
    let [found] = found.as_slice() else { panic!("{:?}", report.findings) };
    assert!(found.sentence.contains("“language”") && found.sentence.contains("8 prompts"), "{}", found.sentence);
    assert_eq!((found.rows.len(), found.groups.len()), (16, 8));
    assert!(finding(&report, FindingKind::ConflictingAnswers).is_some(), "they still ask the same");
}

#[test]
fn texts_under_one_prompt_are_found_and_ids_and_dates_are_not() {
    let row = |number: usize| {
        let text = format!("The text of article {number}");
        let columns = json!({"article": text, "id": number, "day": format!("2024-01-{number:02}")});
        (pair("Summarise the article", &format!("Summary {number}")), columns)
    };
    let rows: Vec<_> = (0..12).map(row).collect();
    let report = report(&rows);
    let found: Vec<_> = report.findings.iter().filter(|found| found.kind == FindingKind::UnusedColumn).collect();
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].sentence.contains("“article”"), "{}", found[0].sentence);
}

#[test]
fn a_column_that_explains_nothing_is_not_told() {
    let same = |number: usize| {
        let (answer, mood) = (format!("Answer {number}"), ["glad", "sad"][number % 2]);
        (pair("Say something", &answer), json!({"source": "book", "mood": mood}))
    };
    let rows: Vec<_> = (0..12).map(same).collect();
    assert!(finding(&report(&rows), FindingKind::UnusedColumn).is_none(), "six answers for each mood");
    let alone: Vec<_> =
        (0..12).map(|number| (pair(&format!("Ask {number}"), "Yes"), json!({"mood": number % 2}))).collect();
    assert!(finding(&report(&alone), FindingKind::UnusedColumn).is_none(), "no prompt has two answers");
}
