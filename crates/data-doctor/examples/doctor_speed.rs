//! How fast the data doctor looks at rows, and in how much memory: one JSON line.
//!
//!     cargo run --release -p tunesmith-data-doctor --example doctor_speed -- rows=1000000 words=60
//!
//! Rows are conversations of random words, one in twenty held out. Of a hundred rows one is a copy of an earlier row, one
//! nearly so, and one held-out row is nearly one that is learned.

use std::error::Error;
use std::fs;
use std::ops::ControlFlow;
use std::time::Instant;

use serde_json::json;
use tunesmith_data::{Example, Message};
use tunesmith_data_doctor::{Doctor, FindingKind};
use tunesmith_protocol::Split;

fn main() -> Result<(), Box<dyn Error>> {
    let (rows, words) = (option("rows", 1_000_000)?, option("words", 60)?);
    let scratch = std::env::temp_dir().join(format!("tunesmith-doctor-{}", std::process::id()));
    fs::create_dir_all(&scratch)?;
    let start = Instant::now();
    let mut doctor = Doctor::new(&scratch)?;
    for row in 0..rows {
        let split = if row % 20 == 19 { Split::Validation } else { Split::Training };
        doctor.look(row, split, &example(row, words), &serde_json::Map::new())?;
    }
    let looked_s = start.elapsed().as_secs_f64();
    let scratch_bytes = folder_bytes(&scratch)?;
    let report = doctor.finish(&mut |_, _| ControlFlow::Continue(()))?;
    let total_s = start.elapsed().as_secs_f64();
    fs::remove_dir_all(&scratch)?;
    let found = |kind| report.findings.iter().find(|finding| finding.kind == kind).map_or(0, |found| found.rows.len());
    let line = json!({
        "rows": rows,
        "words_per_row": words,
        "rows_per_second": (f64::from(rows) / total_s).round(),
        "look_s": looked_s,
        "finish_s": total_s - looked_s,
        "peak_mb": peak_mb(),
        "scratch_mb": scratch_bytes >> 20,
        "exact": found(FindingKind::ExactDuplicates),
        "near": found(FindingKind::NearDuplicates),
        "leakage": found(FindingKind::Leakage),
    });
    println!("{line}");
    Ok(())
}

/// `name=NUMBER` from the command line.
fn option(name: &str, otherwise: u32) -> Result<u32, Box<dyn Error>> {
    let given = std::env::args().find_map(|argument| Some(argument.strip_prefix(name)?.strip_prefix('=')?.to_owned()));
    Ok(given.map_or(Ok(otherwise), |number| number.parse())?)
}

/// A row: a third of its words ask, the others answer.
fn example(row: u32, words: u32) -> Example {
    let (content, changed) = match row % 100 {
        97 if row > 1000 => (row - 957, true),
        98 if row > 1000 => (row - 998, false),
        99 if row > 1000 => (row - 999, true),
        _ => (row, false),
    };
    let mut random = u64::from(content) * 2 + 1;
    let mut said: Vec<String> = (0..words).map(|_| word(&mut random)).collect();
    if changed && let Some(last) = said.last_mut() {
        last.push('s');
    }
    let (question, answer) = said.split_at(words as usize / 3);
    let messages = [("user", question.join(" ") + "?"), ("assistant", answer.join(" ") + ".")];
    Example::chat(messages.map(|(role, text)| Message::new(role, text)).into())
}

/// One of 32,768 words, the next of a xorshift sequence (Marsaglia 2003).
fn word(random: &mut u64) -> String {
    *random ^= *random << 13;
    *random ^= *random >> 7;
    *random ^= *random << 17;
    let number = random.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 49;
    let syllable = |place: u32| ["ba", "ke", "li", "mo", "nu", "ra", "se", "ti"][(number >> (3 * place) & 7) as usize];
    (0..5).map(syllable).collect()
}

fn folder_bytes(folder: &std::path::Path) -> std::io::Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        bytes += if entry.file_type()?.is_dir() { folder_bytes(&entry.path())? } else { entry.metadata()?.len() };
    }
    Ok(bytes)
}

/// The most memory this process ever had, in MB; 0 where the system does not tell.
fn peak_mb() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok()).unwrap_or(0) >> 10
}
