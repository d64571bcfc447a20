//! Parquet files are read by a process that nothing else depends on.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use tunesmith_data::{ImportError, ImportOptions, Imported, import};

const PROGRAM: &str = env!("CARGO_BIN_EXE_tunesmith");

fn work() {
    tunesmith_data::read_tables_with(PathBuf::from(PROGRAM));
}

fn parquet(columns: Vec<(&str, ArrayRef)>, groups: usize) -> Vec<u8> {
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let properties = WriterProperties::builder().set_compression(Compression::ZSTD(Default::default())).build();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties)).unwrap();
    for _ in 0..groups {
        writer.write(&batch).unwrap();
        writer.flush().unwrap();
    }
    writer.into_inner().unwrap()
}

fn texts(texts: &[&str]) -> ArrayRef {
    Arc::new(StringArray::from(texts.to_vec()))
}

fn read(bytes: &[u8]) -> Result<Imported, ImportError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.parquet");
    std::fs::write(&path, bytes).unwrap();
    let start = Instant::now();
    let read = import(&[path], &ImportOptions::default(), &mut |done, total| {
        assert!(done <= total);
        ControlFlow::Continue(())
    });
    assert!(start.elapsed() < Duration::from_secs(13), "{:?}", start.elapsed());
    read
}

fn rows(count: usize) -> Vec<u8> {
    let prompt: Vec<String> = (0..count).map(|row| format!("question {row}")).collect();
    let answer: Vec<String> = (0..count).map(|row| format!("answer {}", row * 7919)).collect();
    let column = |texts: Vec<String>| -> ArrayRef { Arc::new(StringArray::from(texts)) };
    parquet(vec![("prompt", column(prompt)), ("completion", column(answer))], 2)
}

#[test]
fn a_worker_reads_the_rows_that_this_process_reads() {
    let bytes = rows(3000);
    let here = read(&bytes).unwrap();
    work();
    let there = read(&bytes).unwrap();
    assert_eq!(here, there);
    assert_eq!((there.rows.len(), there.rows[5999].line), (6000, 6000));
    let missing =
        std::process::Command::new(PROGRAM).args(["--worker", "parquet", "/nowhere/a.parquet"]).output().unwrap();
    assert!(String::from_utf8_lossy(&missing.stdout).starts_with('e'), "what is wrong is a line");
}

#[test]
fn an_import_from_a_worker_can_be_cancelled() {
    work();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.parquet");
    std::fs::write(&path, rows(30_000)).unwrap();
    let mut calls = 0;
    let error = import(&[path], &ImportOptions::default(), &mut |_, _| {
        calls += 1;
        if calls > 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert!(matches!(error, Err(ImportError::Cancelled)), "{error:?}");
    assert_eq!(calls, 4, "it stops at once");
}

#[test]
fn cut_and_changed_files_end_in_rows_or_a_clear_error() {
    work();
    let bytes = rows(40);
    for part in 0..50 {
        let error = read(&bytes[..bytes.len() * part / 50]).unwrap_err();
        let known = matches!(error, ImportError::Unreadable { .. } | ImportError::Empty { .. });
        assert!(known && !error.hint().is_empty(), "{part}: {error}");
    }
    for (number, with) in (0..100).zip([0x00, 0xFF, 0x80, 0x7F, 0x55].into_iter().cycle()) {
        let mut changed = bytes.clone();
        // Half of them where the file says how it is built, at its end.
        let (from, length) = if number % 2 == 0 { (bytes.len() * 3 / 4, bytes.len() / 4) } else { (0, bytes.len()) };
        changed[from + number * 7919 % length] ^= with | 1;
        match read(&changed) {
            Ok(imported) => {
                assert_eq!(imported.summary.rows_read, imported.rows.len() as u64 + imported.summary.rows_dropped())
            }
            Err(error) => assert!(!error.to_string().is_empty() && !error.hint().is_empty()),
        }
    }
}

/// Files of some kilobytes that stand for gigabytes.
#[test]
#[cfg(target_os = "linux")]
fn bombs_end_their_worker_at_most() {
    work();
    let zeros: ArrayRef = Arc::new(Int64Array::from(vec![0; 4_000_000]));
    let long = "x".repeat(4 << 20);
    let longer = "y".repeat(300 << 20);
    for (name, bytes) in [
        ("rows of nothing", parquet(vec![("zero", zeros)], 4)),
        ("one text for every row", parquet(vec![("text", texts(&[long.as_str(); 100]))], 10)),
        ("a text larger than the worker", parquet(vec![("text", texts(&[longer.as_str(), longer.as_str()]))], 1)),
    ] {
        assert!(bytes.len() < 1 << 20, "{name}: {} bytes", bytes.len());
        let error = read(&bytes).unwrap_err();
        let bomb = matches!(error, ImportError::Bomb { .. });
        let memory = error.to_string().contains("asks for more memory than the 512 MB");
        assert!(bomb || memory, "{name}: {error}");
    }
    let status = std::process::Command::new(PROGRAM).args(["--worker", "parquet", "x", "y"]).output().unwrap().status;
    assert_eq!(status.code(), Some(2));
}

#[test]
fn a_program_that_is_missing_is_said_so() {
    tunesmith_data::read_tables_with(Path::new("/nowhere/tunesmith").into());
    let error = read(&rows(3)).unwrap_err();
    assert!(error.to_string().contains("/nowhere/tunesmith, which reads it, "), "{error}");
}
