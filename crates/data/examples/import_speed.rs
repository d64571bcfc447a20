//! How fast and in how much memory this machine imports: makes a file, imports it without keeping its rows, and prints
//! one JSON line.
//!
//!     cargo run --release --example import_speed -- kind=jsonl megabytes=2048
//!     cargo run --release --example import_speed -- kind=csv rows=1000000
//!
//! Kinds: jsonl, json, csv, parquet, gz, zst, and line, a file with one endless line. What is read is in the disk cache.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use arrow_array::{ArrayRef, RecordBatch, StringArray};
use parquet::arrow::ArrowWriter;
use serde_json::json;
use tunesmith_data::{ImportOptions, import_into, inspect};

/// Rows of a Parquet file that are written at once.
const GROUP: u64 = 10_000;

/// Where a file ends: after so many rows, or so many bytes.
struct Most {
    rows: u64,
    bytes: u64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let words = std::env::args().skip(1);
    let options: BTreeMap<String, String> =
        words.filter_map(|word| word.split_once('=').map(|(name, value)| (name.into(), value.into()))).collect();
    let number = |name: &str| options.get(name).map(|value| value.parse::<u64>()).transpose();
    let most = match (number("rows")?, number("megabytes")?) {
        (None, None) => Most { rows: 1_000_000, bytes: u64::MAX },
        (rows, megabytes) => {
            Most { rows: rows.unwrap_or(u64::MAX), bytes: megabytes.map_or(u64::MAX, |size| size << 20) }
        }
    };
    let kind = options.get("kind").map_or("jsonl", String::as_str);
    if let Some(path) = options.get("read") {
        println!("{}", measure(Path::new(path), kind)?);
        return Ok(());
    }
    let folder = std::env::temp_dir().join(format!("tunesmith-import-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let path = folder.join(format!("rows.{}", if kind == "line" { "jsonl" } else { kind }));
    // In a process of its own, which has not made the file and has none of that memory.
    let outcome = make(&path, kind, &most).and_then(|()| {
        let (kind, read) = (format!("kind={kind}"), format!("read={}", path.display()));
        Ok(Command::new(std::env::current_exe()?).args([kind, read]).status()?)
    });
    fs::remove_dir_all(&folder)?;
    if outcome?.success() { Ok(()) } else { Err("the import failed".into()) }
}

fn measure(path: &Path, kind: &str) -> Result<serde_json::Value, Box<dyn Error>> {
    let (bytes, paths) = (fs::metadata(path)?.len(), [PathBuf::from(path)]);
    let start = Instant::now();
    let seen = inspect(&paths, &ImportOptions::default(), 50)?;
    let first_rows_ms = start.elapsed().as_millis();
    let start = Instant::now();
    let read = import_into(&paths, &ImportOptions::default(), &mut |_, _| ControlFlow::Continue(()), &mut |_| Ok(()))?;
    let seconds = start.elapsed().as_secs_f64();
    Ok(json!({
        "kind": kind,
        "what": seen.files[0].what.text,
        "rows": read.rows_read,
        "kept": read.rows_kept,
        "bytes": bytes,
        "first_rows_ms": first_rows_ms,
        "seconds": seconds,
        "rows_per_s": read.rows_read as f64 / seconds,
        "megabytes_per_s": bytes as f64 / seconds / 1e6,
        "peak_mb": peak_mb(),
    }))
}

/// A question and an answer of about 500 bytes that differ from row to row.
fn row(number: u64) -> (String, String) {
    let words = |from: u64, count: u64| -> String {
        (0..count).map(|word| format!("word{} ", (from + word * 7) % 9973)).collect()
    };
    (words(number * 31, 15), words(number * 17, 40))
}

fn make(path: &Path, kind: &str, most: &Most) -> Result<(), Box<dyn Error>> {
    if kind == "parquet" {
        return parquet(path, most.rows);
    }
    let file = BufWriter::new(File::create(path)?);
    let mut out: Box<dyn Write> = match kind {
        "gz" => Box::new(flate2::write::GzEncoder::new(file, flate2::Compression::fast())),
        "zst" => Box::new(zstd::stream::Encoder::new(file, 3)?.auto_finish()),
        _ => Box::new(file),
    };
    let (before, between, after) = match kind {
        "csv" => ("prompt,completion\n", "\n", "\n"),
        "json" => ("[\n", ",\n", "\n]\n"),
        "line" => ("{\"text\":\"", "", "\"}\n"),
        _ => ("", "\n", "\n"),
    };
    out.write_all(before.as_bytes())?;
    let mut written = 0;
    for number in 0..most.rows {
        let (prompt, answer) = row(number);
        let text = match kind {
            "csv" => format!("\"{prompt}\",\"{answer}\""),
            "line" => answer,
            _ => json!({"prompt": prompt, "completion": answer}).to_string(),
        };
        out.write_all(if number > 0 { between } else { "" }.as_bytes())?;
        out.write_all(text.as_bytes())?;
        written += text.len() as u64;
        if written >= most.bytes {
            break;
        }
    }
    out.write_all(after.as_bytes())?;
    Ok(out.flush()?)
}

fn parquet(path: &Path, rows: u64) -> Result<(), Box<dyn Error>> {
    let mut writer = None;
    for first in (0..rows).step_by(GROUP as usize) {
        let (prompts, answers): (Vec<String>, Vec<String>) = (first..rows.min(first + GROUP)).map(row).unzip();
        let column = |texts: Vec<String>| -> ArrayRef { Arc::new(StringArray::from(texts)) };
        let batch = RecordBatch::try_from_iter([("prompt", column(prompts)), ("completion", column(answers))])?;
        if writer.is_none() {
            writer = Some(ArrowWriter::try_new(File::create(path)?, batch.schema(), None)?);
        }
        writer.iter_mut().try_for_each(|writer| writer.write(&batch))?;
    }
    writer.map(ArrowWriter::close).transpose()?;
    Ok(())
}

/// The most memory this process had, in MB; 0 where the system does not say.
fn peak_mb() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok()).unwrap_or(0) >> 10
}
