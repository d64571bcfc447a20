//! Rows to examine, and what a report says of them.

use std::ops::ControlFlow;

use serde_json::{Map, Value};
use tunesmith_data::{Example, Message};
use tunesmith_data_doctor::{Doctor, Finding, FindingKind, Report};
use tunesmith_protocol::Split;

/// The report on training and validation rows.
pub fn examine_splits(rows: &[(Split, Example)]) -> Report {
    examine_columns(&rows.iter().map(|(split, row)| (*split, row.clone(), Map::new())).collect::<Vec<_>>())
}

/// The report on rows with columns that are not used.
pub fn examine_columns(rows: &[(Split, Example, Map<String, Value>)]) -> Report {
    let scratch = tempfile::tempdir().expect("a folder");
    let mut doctor = Doctor::new(scratch.path()).expect("a doctor");
    for (row, (split, example, extra)) in (0..).zip(rows) {
        doctor.look(row, *split, example, extra).expect("a look");
    }
    let report = doctor.finish(&mut |_, _| ControlFlow::Continue(())).expect("a report");
    assert_eq!(
        std::fs::read_dir(scratch.path()).expect("the folder").count(),
        0,
        "nothing stays in the scratch folder"
    );
    report
}

pub fn examine(rows: &[Example]) -> Report {
    let rows: Vec<(Split, Example)> = rows.iter().map(|row| (Split::Training, row.clone())).collect();
    examine_splits(&rows)
}

pub fn finding(report: &Report, kind: FindingKind) -> Option<&Finding> {
    report.findings.iter().find(|finding| finding.kind == kind)
}

/// The rows of a finding; none if there is no such finding.
pub fn rows(report: &Report, kind: FindingKind) -> Vec<u32> {
    finding(report, kind).map(|finding| finding.rows.clone()).unwrap_or_default()
}

pub fn pair(question: &str, answer: &str) -> Example {
    chat(&[("user", question), ("assistant", answer)])
}

/// Rows with nothing wrong, each of its own words.
pub fn healthy(count: usize) -> Vec<Example> {
    (0..count)
        .map(|number| {
            let own: Vec<String> = (0..12).map(|word| spelled(number * 12 + word)).collect();
            let question = format!("What do people say of the {} near {}?", own[0], own[1]);
            let answer = format!(
                "They say that it is {}, and that you will find {} there.",
                own[2..8].join(" "),
                own[8..].join(" and ")
            );
            pair(&question, &answer)
        })
        .collect()
}

/// A word that stands for a number.
pub fn spelled(number: usize) -> String {
    let syllables = ["ba", "ke", "li", "mo", "nu", "ra", "se", "ti", "vo", "zu"];
    format!("{number:05}").bytes().map(|digit| syllables[usize::from(digit - b'0')]).collect()
}

pub fn chat(turns: &[(&str, &str)]) -> Example {
    Example::chat(say(turns))
}

pub fn say(turns: &[(&str, &str)]) -> Vec<Message> {
    turns.iter().map(|(role, content)| Message::new(*role, *content)).collect()
}
