//! The check-up as a whole: counts, lengths, order and scratch files.

use std::ops::ControlFlow;

use tunesmith_data::{Example, ImportOptions, import};
use tunesmith_data_doctor::{Doctor, DoctorError, FindingKind, Report, Severity};
use tunesmith_protocol::Split;

use crate::support::{chat, examine, finding, healthy, pair, spelled};

#[test]
fn healthy_rows_have_no_finding_but_the_note_on_system_messages() {
    let report = examine(&healthy(200));
    let kinds: Vec<(FindingKind, Severity)> =
        report.findings.iter().map(|finding| (finding.kind, finding.severity)).collect();
    assert_eq!(kinds, [(FindingKind::NoSystemMessage, Severity::Note)], "{:?}", report.findings);
    assert_eq!(report.rows, 200);
}

/// In tickets.jsonl a few messages differ in nothing but how they greet or who writes.
#[test]
fn the_samples_that_come_along_are_no_cause_for_alarm() {
    let raised = |name: &str| {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/samples").join(name);
        let going = &mut |_, _| ControlFlow::Continue(());
        let imported = import(&[path], &ImportOptions::default(), going).expect("a sample");
        let examples: Vec<Example> = imported.rows.into_iter().map(|row| row.example).collect();
        let findings = examine(&examples).findings;
        let raised = findings.into_iter().filter(|finding| finding.severity != Severity::Note);
        raised.map(|finding| (finding.kind, finding.rows)).collect::<Vec<_>>()
    };
    assert_eq!(
        ["recipes.jsonl", "tickets.jsonl", "contacts.jsonl", "support.jsonl"].map(raised),
        [vec![], vec![(FindingKind::NearDuplicates, vec![21, 79, 121, 125, 203, 551])], vec![], vec![]]
    );
}

#[test]
fn few_rows_are_remarked_on() {
    let severity = |count| finding(&examine(&healthy(count)), FindingKind::TooFewRows).map(|finding| finding.severity);
    assert_eq!(
        [0, 9, 10, 49, 50].map(severity),
        [Some(Severity::Warning), Some(Severity::Warning), Some(Severity::Note), Some(Severity::Note), None]
    );
}

/// Expected numbers: `numpy.percentile([1, 2, 3, 4, 10], [5, 50, 95])`.
#[test]
fn lengths_are_spread_as_numpy_has_it() {
    let answers: Vec<Example> = [3, 1, 10, 2, 4].map(|words| pair("Say a", vec!["é"; words].join(" ").as_str())).into();
    let statistics = examine(&answers).statistics;
    let words = statistics.words_per_answer;
    assert_eq!((words.min, words.max, words.mean, words.median), (1, 10, 4.0, 3.0));
    assert!((words.p5 - 1.2).abs() < 1e-12 && (words.p95 - 8.8).abs() < 1e-12, "{words:?}");
    assert_eq!(statistics.characters_per_answer.max, 19, "characters, not bytes");
    assert_eq!((statistics.messages_per_row.min, statistics.messages_per_row.max), (2, 2));
    assert_eq!(examine(&[]).statistics, Default::default());
}

#[test]
fn a_text_counts_as_an_answer_and_a_chinese_character_as_a_word() {
    let report = examine(&[Example::Text { text: "我们去北京。".into() }]);
    assert_eq!(report.statistics.words_per_answer.max, 5);
    assert_eq!(report.statistics.messages_per_row, Default::default());
}

#[test]
fn a_check_up_can_be_cancelled_and_leaves_nothing_behind() {
    let scratch = tempfile::tempdir().expect("a folder");
    let mut doctor = Doctor::new(scratch.path()).expect("a doctor");
    for (row, example) in (0..).zip(healthy(20)) {
        doctor.look(row, Split::Training, &example, &serde_json::Map::new()).expect("a look");
    }
    let outcome = doctor.finish(&mut |_, _| ControlFlow::Break(()));
    assert!(matches!(outcome, Err(DoctorError::Cancelled)));
    assert_eq!(std::fs::read_dir(scratch.path()).expect("the folder").count(), 0);
}

#[test]
fn a_report_survives_its_own_json() {
    let mut rows = healthy(20);
    rows.push(rows[3].clone());
    let report = examine(&rows);
    let text = serde_json::to_string(&report).expect("JSON");
    assert!(text.contains("\"exact_duplicates\"") && text.contains("\"remove_duplicates\""), "{text}");
    assert_eq!(serde_json::from_str::<Report>(&text).expect("a report"), report);
}

#[test]
fn findings_are_sentences_without_a_full_stop() {
    let mut rows = healthy(60);
    rows.extend([
        rows[0].clone(),
        pair("a", ""),
        pair("My mail is ada@lovelace.org", "Noted <br> &amp; cafÃ©\u{200b}"),
    ]);
    rows.push(chat(&[("user", "a"), ("user", "b"), ("assistant", "c"), ("user", "d")]));
    for finding in examine(&rows).findings {
        for text in [&finding.sentence, &finding.advice] {
            assert!(
                text.contains(' ')
                    && !text.ends_with('.')
                    && text.starts_with(|first: char| first.is_uppercase() || first.is_ascii_digit()),
                "{text}"
            );
        }
        assert!(finding.rows.is_sorted(), "{finding:?}");
    }
}

#[test]
fn the_gravest_come_first() {
    let mut rows = healthy(20);
    rows.extend([rows[0].clone(), pair("a", "")]);
    let severities: Vec<Severity> = examine(&rows).findings.iter().map(|finding| finding.severity).collect();
    assert!(severities.is_sorted() && severities.contains(&Severity::Error), "{severities:?}");
}

#[test]
fn the_same_rows_give_the_same_report_on_any_thread() {
    let mut rows = healthy(1500);
    for number in 0..300 {
        rows.push(rows[number * 3].clone());
        rows.push(pair("Tell me", &format!("It is {} or {}, who knows", spelled(number), spelled(number % 7))));
    }
    let (first, rows) = (examine(&rows), &rows);
    std::thread::scope(|scope| {
        let others: Vec<_> = (0..4).map(|_| scope.spawn(move || examine(rows))).collect();
        others.into_iter().for_each(|other| assert_eq!(other.join().expect("a report"), first));
    });
}
