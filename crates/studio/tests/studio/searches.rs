//! The search among rows: what it finds, how it tells how far it is, and what is remembered of it.

use std::collections::BTreeSet;
use std::fs;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tunesmith_protocol::*;

use crate::support::*;

/// What lower case and JSON treat in ways of their own, and plain text between it.
const PIECES: [&str; 48] = [
    "a",
    "b",
    "C",
    "k",
    "K",
    "\u{212a}",
    "i",
    "I",
    "İ",
    "i\u{307}",
    "ı",
    "ß",
    "ẞ",
    "ss",
    "ü",
    "Ü",
    "u\u{308}",
    "Å",
    "\u{212b}",
    "Σ",
    "σ",
    "ς",
    "ΟΣ",
    "Ǆ",
    "ǅ",
    "µ",
    "Ω",
    "\u{2126}",
    "ſ",
    "\"",
    "\\",
    "\\n",
    "\n",
    "\t",
    "\u{7f}",
    "/",
    "[",
    ".",
    "e",
    "-",
    "0",
    "1.5",
    "你好",
    "🎉",
    "👩\u{200d}🚀",
    "{\"",
    " ",
    "tool_calls",
];

/// Numbers drawn by a seed, enough for a test.
struct Draw(u64);

impl Draw {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }

    fn text(&mut self, pieces: usize) -> String {
        (0..pieces).map(|_| PIECES[self.below(PIECES.len())]).collect()
    }
}

fn ask(dataset: &str, text: &str) -> DatasetRows {
    let find = Some(RowQuery { text: text.into(), ..RowQuery::default() });
    DatasetRows { dataset: dataset.into(), split: None, offset: 0, limit: 200, model: None, find, job: None }
}

/// All rows, as they are shown.
fn all(studio: &dyn Api, dataset: &str) -> Vec<Row> {
    let page = |offset| studio.dataset_rows(DatasetRows { find: None, offset, ..ask(dataset, "") }).unwrap();
    let total = page(0).total;
    (0..total).step_by(200).flat_map(|offset| page(offset).rows).collect()
}

/// The places of the rows that say a text, by reading each.
fn read_through(rows: &[Row], text: &str) -> Vec<u64> {
    let text = text.to_lowercase();
    let says = |row: &&Row| row.messages.iter().any(|message| message.content.to_lowercase().contains(&text));
    rows.iter().filter(says).map(|row| row.number).collect()
}

fn assert_same(studio: &dyn Api, dataset: &str, rows: &[Row], text: &str) -> usize {
    let page = studio.dataset_rows(ask(dataset, text)).unwrap();
    let expected = read_through(rows, text);
    assert_eq!(page.total, expected.len() as u64, "rows that say {text:?}");
    let found: Vec<u64> = page.rows.iter().map(|row| row.number).collect();
    assert_eq!(found, expected[..expected.len().min(200)], "rows that say {text:?}");
    expected.len()
}

fn import(place: &Place, studio: &dyn Api, rows: &[Value]) -> String {
    let lines: Vec<String> = rows.iter().map(Value::to_string).collect();
    studio.import_dataset(import_of(&[&place.write("rows.jsonl", &lines.join("\n"))])).unwrap().id
}

#[test]
fn a_search_finds_what_reading_every_row_finds() {
    let (place, mut draw) = (Place::new(), Draw(7));
    let studio = place.open();
    let rows: Vec<Value> = (0..180)
        .map(|row| {
            let number = f64::from_bits(0x3fb9_9999_9999_9999 + draw.below(1 << 30) as u64);
            let arguments =
                json!({ draw.text(2): draw.text(3), "x": [number, number * 1e300, number * 1e16, -number] });
            let calls = json!([{ "type": "function", "function": { "name": "f", "arguments": arguments } }]);
            let mut answer = json!({ "role": "assistant", "content": format!("A{}", draw.text(6)) });
            if row % 3 == 0 {
                answer["tool_calls"] = calls;
            }
            json!({ "messages": [{ "role": "user", "content": format!("Q{}", draw.text(6)) }, answer] })
        })
        .collect();
    let id = import(&place, &*studio, &rows);
    let edit = Edit::Shuffle { seed: 3 };
    studio.edit_dataset(EditDataset { dataset: id.clone(), version: None, edit, job: None }).unwrap();
    let rows = all(&*studio, &id);
    let mut hits = 0;
    for _ in 0..600 {
        let said = &rows[draw.below(rows.len())].messages;
        let said: Vec<char> = said[draw.below(said.len())].content.chars().collect();
        let from = draw.below(said.len());
        let part: String = said[from..].iter().take(1 + draw.below(7)).collect();
        let text = match draw.below(4) {
            0 => part.to_uppercase(),
            1 => part.to_lowercase(),
            2 => part,
            _ => {
                let pieces = 1 + draw.below(3);
                draw.text(pieces)
            }
        };
        hits += usize::from(assert_same(&*studio, &id, &rows, &text) > 0);
    }
    assert!(hits > 300, "most texts should be in some row, or little was tried: {hits}");
}

#[test]
fn every_letter_is_found_in_any_case() {
    let place = Place::new();
    let studio = place.open();
    let changes = |letter: &char| !letter.to_lowercase().eq([*letter]);
    let letters: Vec<char> = ('\0'..=char::MAX).filter(changes).collect();
    assert!(letters.len() > 1000);
    let says = |letter: &char| json!({ "text": format!("x{letter} {}", letter.to_lowercase()) });
    let id = import(&place, &*studio, &letters.iter().map(says).collect::<Vec<_>>());
    let rows = all(&*studio, &id);
    let texts: BTreeSet<String> = letters.iter().map(|letter| format!("X{letter}")).collect();
    for text in texts {
        assert!(assert_same(&*studio, &id, &rows, &text) > 0, "{text:?} is found");
    }
}

/// Rows that all hold what is looked for somewhere in their bytes, so that each has to be read.
fn many(place: &Place, studio: &dyn Api) -> String {
    let id = studio.import_dataset(import_of(&[&place.data_file(40_000)])).unwrap().id;
    studio.check_dataset(id.clone()).unwrap();
    id
}

#[test]
fn a_search_tells_how_far_it_is_and_what_was_cancelled_is_not_remembered() {
    let place = Place::new();
    let studio = place.open();
    let id = many(&place, &*studio);
    let search = DatasetRows { job: Some("search".into()), ..ask(&id, "comes next") };
    let news = studio.subscribe(Topic::Job("search".into()), 0).unwrap();
    let searching = std::thread::spawn({
        let studio = studio.clone();
        move || studio.dataset_rows(search)
    });
    let started = Instant::now();
    let looks = |event: &Event| match &event.body {
        EventBody::Job { job } => job.progress.note == "Looking through the rows" && job.progress.total > 0,
        _ => false,
    };
    while !news.next_within(Duration::from_millis(100)).unwrap().unwrap_or_default().iter().any(looks) {
        assert!(started.elapsed() < PATIENCE, "it never says how far it is");
    }
    studio.cancel_job("search".into()).unwrap();
    assert_eq!(searching.join().unwrap().unwrap_err().code, ErrorCode::Cancelled);
    assert_eq!(
        studio.dataset_rows(ask(&id, "comes next")).unwrap().total,
        40_000,
        "all say it, and not those till then"
    );
}

#[test]
fn who_waits_for_another_search_can_give_up() {
    let place = Place::new();
    let studio = place.open();
    let id = many(&place, &*studio);
    let first = std::thread::spawn({
        let (studio, search) = (studio.clone(), DatasetRows { job: Some("first".into()), ..ask(&id, "assistant") });
        move || studio.dataset_rows(search)
    });
    studio.cancel_job("second".into()).unwrap();
    let second = studio.dataset_rows(DatasetRows { job: Some("second".into()), ..ask(&id, "user") });
    assert_eq!(second.unwrap_err().code, ErrorCode::Cancelled);
    assert_eq!(first.join().unwrap().unwrap().total, 0, "and the first goes on");
}

#[test]
fn a_finding_that_was_asked_for_too_early_is_found_later() {
    let place = Place::new();
    let studio = place.open();
    let says = |text: &str| json!({ "messages": [{ "role": "user", "content": "Hi" }, { "role": "assistant", "content": text }] });
    let id = import(&place, &*studio, &[says("Hello"), says("Well met"), says("Hello")]);
    studio.check_dataset(id.clone()).unwrap();
    let twins = || {
        let find = Some(RowQuery { finding: Some("exact_duplicates".into()), ..RowQuery::default() });
        studio.dataset_rows(DatasetRows { find, ..ask(&id, "") }).unwrap().total
    };
    let report = place.home().join("datasets").join(&id).join("versions/1.report.json");
    let text = fs::read(&report).unwrap();
    fs::remove_file(&report).unwrap();
    assert_eq!(twins(), 0, "nobody has looked yet");
    fs::write(&report, text).unwrap();
    assert_eq!(twins(), 2);
}

#[test]
fn a_dataset_whose_facts_are_damaged_does_not_go_without_a_word() {
    let place = Place::new();
    let studio = place.open();
    let kept = studio.import_dataset(import_of(&[&place.data_file(4)])).unwrap();
    let name = Some("Recipes".into());
    let damaged = studio.import_dataset(ImportDataset { name, ..import_of(&[&place.data_file(5)]) }).unwrap();
    let database = rusqlite::Connection::open(place.home().join("tunesmith.db")).unwrap();
    database.execute("UPDATE items SET facts = '{}' WHERE id = ?", [&damaged.id]).unwrap();

    let listed: Vec<String> = studio.list_datasets(()).unwrap().into_iter().map(|dataset| dataset.id).collect();
    assert_eq!(listed, [kept.id], "the others are there");
    let log = studio.read_log(()).unwrap().text;
    assert!(log.contains("left out of the list") && log.contains("“Recipes”"), "{log}");
    let told = studio.list_notices(()).unwrap();
    assert!(told.len() == 1 && told[0].message.contains("“Recipes”"), "{told:?}");
    let error = studio.dataset_rows(ask(&damaged.id, "")).unwrap_err();
    assert!(error.message.contains("“Recipes”") && error.hint.contains(&damaged.id), "{error}");
}
