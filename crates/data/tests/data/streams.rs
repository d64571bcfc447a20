//! Rows are handed on as they are read, and the one who takes them can stop.

use std::ops::ControlFlow;

use tunesmith_data::{Example, ImportError, ImportOptions, Taken, import_into};
use tunesmith_protocol::{Format, Mapping};

use crate::support::{file, read, say};

fn mapping(format: Format, columns: &[(&str, &str)]) -> Mapping {
    let columns = columns.iter().map(|(part, column)| ((*part).into(), (*column).into())).collect();
    Mapping { format, columns, ..Mapping::default() }
}

#[test]
fn a_taker_gets_each_row_in_order_and_its_error_ends_the_import() {
    let (_folder, path) = file("a.jsonl", "{\"text\":\"some words\",\"id\":7}\n{\"a\":1}\n".repeat(1000));
    let take = |most: u64| {
        let mut lines = Vec::new();
        let read = import_into(
            std::slice::from_ref(&path),
            &ImportOptions::default(),
            &mut |_, _| ControlFlow::Continue(()),
            &mut |taken| {
                lines.push(match taken {
                    Taken::Row(row) => row.line,
                    Taken::Problem(problem) => problem.line,
                });
                if lines.len() as u64 == most { Err(ImportError::NoFile) } else { Ok(()) }
            },
        );
        (lines, read)
    };
    let (lines, summary) = take(u64::MAX);
    let summary = summary.expect("an import");
    assert_eq!(lines, (1..=2000).collect::<Vec<_>>());
    assert_eq!((summary.rows_read, summary.rows_kept, summary.rows_dropped()), (2000, 1000, 1000));
    assert_eq!(summary.dropped_because[0].count, 1000);
    assert_eq!(summary.columns, ["text", "id", "a"]);
    assert_eq!(summary.mapping, mapping(Format::Text, &[("text", "text")]));
    for most in [1, 200, 201, 1999] {
        let (lines, error) = take(most);
        assert!(matches!(error, Err(ImportError::NoFile)), "{error:?}");
        assert_eq!(lines.len() as u64, most, "nothing more is handed on");
    }
}

#[test]
fn columns_without_a_part_are_kept() {
    let row =
        &read("a.jsonl", "{\"id\": 7, \"prompt\": \"q\", \"completion\": \"a\", \"meta\": {\"x\": [1]}}\n").rows[0];
    assert_eq!(serde_json::to_string(&row.extra).expect("JSON"), "{\"id\":7,\"meta\":{\"x\":[1]}}");
    let text = serde_json::to_string(&row).expect("JSON");
    assert_eq!(&serde_json::from_str::<tunesmith_data::ImportedRow>(&text).expect("a row"), row);
    assert!(!serde_json::to_string(&read("a.txt", "words").rows[0]).expect("JSON").contains("extra"));
}

#[test]
fn the_better_answer_and_the_good_one_are_taught() {
    let (question, good, bad) = (say(&[("user", "q")]), say(&[("assistant", "a")]), say(&[("assistant", "b")]));
    let asked = Example::chat(say(&[("user", "q"), ("assistant", "a")]));
    let preference =
        Example::Preference { prompt: question.clone(), chosen: good.clone(), rejected: bad, tools: vec![] };
    assert_eq!(preference.taught().as_deref(), Some(&asked));
    let judged = |label| Example::Unpaired { prompt: question.clone(), completion: good.clone(), label };
    assert_eq!(judged(true).taught().as_deref(), Some(&asked));
    assert_eq!(judged(false).taught(), None);
    let class = Example::Classification { text: "q".into(), label: "a".into() };
    assert_eq!(class.taught().as_deref(), Some(&asked));
    let text = Example::Text { text: "plain".into() };
    assert_eq!(text.taught().as_deref(), Some(&text));
    assert_eq!(asked.taught().as_deref(), Some(&asked));
}
