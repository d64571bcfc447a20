//! Files made to be heavy are answered in little time and memory.

use std::io::Write;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::Duration;

use tempfile::TempDir;
use tunesmith_data::{ImportError, ImportOptions, Summary, Taken, import_into};

use crate::support::{processor_time, read};

/// The most memory this process ever had, in MB; 0 where the system does not say.
fn peak_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok()).unwrap_or(0) >> 10
}

/// A file of `head`, `times` times `part`, and `tail`, never held in memory.
fn heavy(name: &str, head: &str, part: &str, times: usize, tail: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join(name);
    let mut file = std::io::BufWriter::new(std::fs::File::create(&path).expect("a file"));
    file.write_all(head.as_bytes()).expect("a write");
    for _ in 0..times {
        file.write_all(part.as_bytes()).expect("a write");
    }
    file.write_all(tail.as_bytes()).expect("a write");
    file.flush().expect("a write");
    drop(file);
    (folder, path)
}

/// Imports without keeping anything, in 10 s and 512 MB.
fn weigh(path: PathBuf) -> Result<Summary, ImportError> {
    let before = processor_time();
    let mut dropped = 0;
    let read = import_into(&[path], &ImportOptions::default(), &mut |_, _| ControlFlow::Continue(()), &mut |taken| {
        dropped += u64::from(matches!(taken, Taken::Problem(problem) if problem.dropped));
        Ok(())
    });
    let taken = processor_time() - before;
    assert!(taken < Duration::from_secs(10), "{taken:?}");
    assert!(peak_mb() < 512, "{} MB", peak_mb());
    if let Ok(summary) = &read {
        assert_eq!(summary.rows_read, summary.rows_kept + dropped);
    }
    read
}

fn problem(read: Result<Summary, ImportError>) -> String {
    read.expect("an import").dropped_because.first().expect("a dropped row").what.clone()
}

#[test]
fn a_line_of_a_hundred_megabytes_is_a_problem_wherever_it_stands() {
    let word = "word ".repeat(20_000);
    for (name, head, tail) in [
        ("a.jsonl", "{\"text\":\"", "\"}\n{\"text\":\"one\"}\n"),
        ("a.json", "[{\"text\":\"", "\"},\n{\"text\":\"one\"}]"),
        ("a.json", "{\"text\":\n\"", "\"}\n{\"text\":\n\"one\"}\n"),
        ("a.txt", "", "\n\none"),
    ] {
        let (_folder, path) = heavy(name, head, &word, 1000, tail);
        let summary = weigh(path).expect("an import");
        assert_eq!((summary.rows_read, summary.rows_kept), (2, 1), "{name}");
        assert_eq!(summary.dropped_because[0].what, "row_too_long");
    }
    // Without an end of the cell, where the next row begins is not known.
    let (_folder, path) = heavy("a.csv", "text\none\n\"", &word, 1000, "");
    assert_eq!(problem(weigh(path)), "unclosed_quote");
}

#[test]
fn rows_of_millions_of_values_are_problems() {
    for (name, head, part, tail) in [
        ("a.jsonl", "{\"text\":[", "0,", "0]}\n"),
        ("a.jsonl", "{\"messages\":[", "{},", "{}]}\n"),
        ("a.jsonl", "{\"x\":1", ",\"\":{}", "}\n"),
        ("a.json", "[{\"messages\":[", "[],", "0]}]"),
        ("a.csv", "messages\n\"[", "0,", "0]\"\n"),
        ("a.csv", "messages\n\"[", "{'a':(),},", "0]\"\n"),
    ] {
        let (_folder, path) = heavy(name, head, &part.repeat(1000), (15 << 20) / part.len() / 1000, tail);
        let kind = problem(weigh(path));
        assert!(
            ["too_many_values", "missing_messages_list", "unknown_shape"].contains(&&*kind),
            "{name} {head}: {kind}"
        );
    }
}

#[test]
fn a_hundred_thousand_columns_are_read() {
    let names: Vec<String> = (0..100_000).map(|column| format!("column_{column}")).collect();
    let cells = "x,".repeat(100_000);
    let (_folder, path) =
        heavy("a.csv", &format!("text,{}\n", names.join(",")), &format!("y,{}\n", &cells[..cells.len() - 1]), 8, "");
    let summary = weigh(path).expect("an import");
    assert_eq!((summary.rows_kept, summary.columns.len()), (8, 100_001));
    let object: Vec<String> = names.iter().map(|name| format!("\"{name}\":\"x\"")).collect();
    let row = format!("{{\"text\":\"y\",{}}}\n", object.join(","));
    let (_folder, path) = heavy("a.jsonl", "", &row, 8, "");
    let summary = weigh(path).expect("an import");
    assert_eq!((summary.rows_kept, summary.columns.len()), (8, 100_001));
}

#[test]
fn a_header_of_millions_of_columns_is_refused() {
    let (_folder, path) = heavy("a.csv", "text", &",".repeat(1000), 15_000, "\na,b\n");
    let error = weigh(path).expect_err("an error");
    assert!(error.to_string().contains("more than 500000 columns"), "{error}");
    // Nothing but a separator in every byte of every row.
    let (_folder, path) = heavy("a.csv", "text,label\n", &",".repeat(1000), 15_000, "\na,b\n");
    assert_eq!(problem(weigh(path)), "ragged_row");
}

#[test]
fn large_rows_are_not_gathered_to_decide_their_shape() {
    let row = format!("{{\"text\":\"{}\"}}\n", "word ".repeat(2_000_000));
    let (_folder, path) = heavy("a.jsonl", "", &row, 60, "");
    assert_eq!(weigh(path).expect("an import").rows_kept, 60);
}

#[test]
fn half_a_gigabyte_of_empty_lines_is_told_soon_and_lines_are_counted_through_them() {
    for (name, end, megabytes) in [("a.jsonl", "\n", 512), ("a.txt", "\n", 64), ("b.jsonl", "\r\n", 64)] {
        let (_folder, path) = heavy(name, "", &end.repeat(1 << 19), megabytes * 2 / end.len(), "");
        assert!(matches!(weigh(path), Err(ImportError::Empty { .. })), "{name}");
    }
    for name in ["a.jsonl", "a.txt"] {
        let imported = read(name, "\n\r\n\n{\"text\":\"one\"}\n\n\n\r\n{\"text\":\"two\"}\n");
        assert_eq!(imported.rows.iter().map(|row| row.line).collect::<Vec<_>>(), [4, 8], "{name}");
    }
}
