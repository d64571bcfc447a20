//! How fast the lengths of rows are counted with the starter's tokenizer, and how fast any limit is judged then:
//! `cargo run --release -p tunesmith-data --example lengths_speed [ROWS]`.

use std::path::Path;
use std::time::Instant;

use tunesmith_data::{Example, Length, LengthTable, Message, Render, Renderer};
use tunesmith_protocol::LearnFrom;

/// Rows handed to the renderer at once, as preparation does.
const ROWS_AT_ONCE: usize = 512;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let rows: usize = std::env::args().nth(1).map_or(Ok(50_000), |rows| rows.parse())?;
    let renderer = Renderer::open(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/starter"), None)?;
    let mut table = LengthTable::default();
    let start = Instant::now();
    for first in (0..rows).step_by(ROWS_AT_ONCE) {
        let examples: Vec<Example> = (first..rows.min(first + ROWS_AT_ONCE)).map(example).collect();
        for tokens in renderer.rows(&examples, LearnFrom::Assistant)? {
            table.push(tokens.ok().map(|tokens| Length::of(&tokens.tokens)));
        }
    }
    let (totals, seconds) = (table.totals(), start.elapsed().as_secs_f64());
    let tokens_per_second = totals.tokens as f64 / seconds;
    println!("{rows} rows, {} tokens in {seconds:.2} s", totals.tokens);
    println!("{:.0} rows/s, {tokens_per_second:.0} tokens/s", rows as f64 / seconds);

    let start = Instant::now();
    let (cuts, buckets) = (table.summary(256), table.histogram(40).len());
    println!("limit 256: {cuts:?}, {buckets} buckets, in {:.1?}", start.elapsed());
    let start = Instant::now();
    println!("{:?}, in {:.1?}", table.packing(256, 8), start.elapsed());
    Ok(())
}

/// A conversation of some 90 words, of no two of which the words are the same.
fn example(number: usize) -> Example {
    let words = |count: usize, shift: usize| -> String {
        const WORDS: [&str; 12] =
            ["the", "leek", "is", "cut", "into", "thin", "rings,", "and", "butter", "melts", "slowly.", "Then"];
        let word = |index: usize| WORDS[(number * 7 + shift + index * (1 + number % 5)) % WORDS.len()];
        (0..count).map(|index| word(index).to_owned() + " ").collect()
    };
    Example::chat(vec![
        Message::new("system", "You cook."),
        Message::new("user", format!("{number}: {}", words(10 + number % 40, 1))),
        Message::new("assistant", words(20 + number % 90, 5)),
    ])
}
