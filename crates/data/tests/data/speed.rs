//! How fast data is read, and how much memory that takes. Measurements, run by hand:
//! `cargo nextest run --workspace --test data --run-ignored only --no-capture speed`.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::ops::ControlFlow;
use std::time::Instant;

use serde_json::json;
use tunesmith_data::{Example, ImportOptions, Imported, import, prepare, split};
use tunesmith_protocol::{LearnFrom, TrainSettings, Validation};

use crate::support::{Folder, assert_counts, chat, folder};

const BYTES: usize = 200 << 20;

/// The most memory this process ever had, in MB.
fn peak_mb() -> u64 {
    memory("VmHWM:") >> 10
}

/// What the system says of this process, in kB.
fn memory(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with(name));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok()).unwrap_or(0)
}

fn measure(name: &str, header: &str, row: impl Fn(usize) -> String) -> Imported {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(name);
    let mut out = BufWriter::new(File::create(&path).expect("a file"));
    out.write_all(header.as_bytes()).expect("written");
    let mut written = 0;
    for number in 0.. {
        let row = row(number);
        written += row.len();
        out.write_all(row.as_bytes()).expect("written");
        if written > BYTES {
            break;
        }
    }
    drop(out);
    let before = peak_mb();
    let start = Instant::now();
    let imported =
        import(&[path], &ImportOptions::default(), &mut |_, _| ControlFlow::Continue(())).expect("an import");
    let seconds = start.elapsed().as_secs_f64();
    let rows = imported.summary.rows_read;
    println!(
        "{name}: {rows} rows of {} bytes in {seconds:.2} s: {:.0} rows/s, {:.0} MB/s, peak {} MB (before {before})",
        written as u64 / rows,
        rows as f64 / seconds,
        written as f64 / seconds / 1e6,
        peak_mb(),
    );
    assert_counts(&imported);
    imported
}

fn words(number: usize, count: usize) -> String {
    (0..count).map(|word| format!("word{} ", (number * 31 + word * 7) % 997)).collect()
}

#[test]
#[ignore = "a measurement"]
fn speed_of_json_lines() {
    let imported = measure("chat.jsonl", "", |number| {
        let messages = json!([{"role": "system", "content": "Be brief."}, {"role": "user", "content": words(number, 30)},
            {"role": "assistant", "content": words(number + 1, 60)}]);
        format!("{}\n", json!({"messages": messages}))
    });
    let start = Instant::now();
    let parts = split(&imported.rows, &Validation::Auto, 42).expect("a split");
    println!("split: {} + {} rows in {:.2?}", parts.training.len(), parts.validation.len(), start.elapsed());

    let renderer = folder("chatml", 400).open();
    let examples: Vec<Example> = imported.rows.into_iter().take(20_000).map(|row| row.example).collect();
    let start = Instant::now();
    let prepared = prepare(&examples, &renderer, &TrainSettings::default(), &mut |_, _| ControlFlow::Continue(()));
    let (prepared, seconds) = (prepared.expect("rows"), start.elapsed().as_secs_f64());
    println!(
        "prepare: {} rows, {} tokens in {seconds:.2} s: {:.0} rows/s, {:.0} tokens/s",
        examples.len(),
        prepared.tokens,
        examples.len() as f64 / seconds,
        prepared.tokens as f64 / seconds
    );
}

#[test]
#[ignore = "a measurement"]
fn speed_of_a_table() {
    measure("pairs.csv", "prompt,completion\n", |number| {
        format!("\"{}\",\"{}\"\n", words(number, 30), words(number + 1, 60))
    });
}

#[test]
#[ignore = "a measurement"]
fn speed_of_a_list() {
    measure("pairs.json", "[", |number| {
        format!("{},\n", json!({"instruction": words(number, 30), "output": words(number + 1, 60)}))
    });
}

#[test]
#[ignore = "a measurement"]
fn speed_of_bad_rows() {
    measure("bad.jsonl", "", |number| format!("{{\"number\": {number}}}\n"));
}

/// What a worker's limit in proportion to its text is set by. TUNESMITH_TOKENIZER names a tokenizer.json to measure.
#[test]
#[ignore = "a measurement"]
fn memory_of_long_texts() {
    let renderer = match std::env::var("TUNESMITH_TOKENIZER") {
        Ok(path) => Folder::new(&serde_json::Value::Null)
            .with("tokenizer.json", &std::fs::read_to_string(path).expect("a tokenizer"))
            .open(),
        Err(_) => folder("chatml", 400).open(),
    };
    let bytes = 4 << 20;
    let texts = [
        ("words", words(7, 9).repeat(bytes / 60)),
        ("one letter", "x".repeat(bytes)),
        ("letters apart", "x ".repeat(bytes / 2)),
        ("digits", "1234567890".repeat(bytes / 10)),
        ("lines", "\n\t".repeat(bytes / 2)),
        ("Chinese", "漢字書".repeat(bytes / 9)),
        ("faces", "😀👩‍🍳".repeat(bytes / 15)),
    ];
    let before = memory("VmRSS:");
    for (name, text) in texts {
        let length = text.len() as f64;
        let answer = chat(&[("user", "Go on"), ("assistant", &text)]);
        for (kind, example) in [("text", Example::Text { text }), ("answer", answer)] {
            let mut tokens = 0;
            let start = Instant::now();
            std::fs::write("/proc/self/clear_refs", "5").expect("the peak is forgotten");
            tokens += renderer.tokens(&example, LearnFrom::Assistant).expect("tokens").ids.len();
            // What an earlier text took and was not given back counts as well: the figures are upper bounds.
            let peak = memory("VmHWM:").saturating_sub(before) << 10;
            println!(
                "{name}, {kind}: {:.0} bytes a byte, {:.2} tokens a byte, {:.2?}",
                peak as f64 / length,
                tokens as f64 / length,
                start.elapsed()
            );
        }
    }
}
