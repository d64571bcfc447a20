//! A row that cannot be used is shown as it stood in the file.

use crate::support::read;

fn texts(name: &str, bytes: impl AsRef<[u8]>) -> Vec<(String, bool)> {
    let problems = read(name, bytes).problems.into_iter().filter(|problem| problem.dropped);
    problems.map(|problem| (problem.text, problem.text_cut)).collect()
}

fn whole(text: &str) -> (String, bool) {
    (text.to_owned(), false)
}

#[test]
fn a_dropped_row_is_shown_as_it_stood_in_the_file() {
    let good = r#"{"prompt":"Hi","completion":"Hello"}"#;
    let (broken, empty) = (r#"{"prompt":"Hi" "completion":1}"#, r#"{ "prompt": "Hi", "completion": "" }"#);
    let lines = format!("{good}\n{broken}\n{empty}\n");
    assert_eq!(texts("rows.jsonl", lines), [whole(broken), whole(empty)]);
    let list = format!("[\n{good},\n{empty}\n]");
    assert_eq!(texts("rows.json", list), [whole(empty)]);
    let table = "prompt,completion\nHi,Hello\n\"a, \"\"b\"\"\",\nHi,Hello,more\n";
    assert_eq!(texts("rows.csv", table), [whole("\"a, \"\"b\"\"\","), whole("Hi,Hello,more")]);
}

#[test]
fn of_a_long_row_the_beginning_is_kept_and_no_character_is_cut() {
    let row = format!(r#"{{"prompt":"x{}","completion":""}}"#, "ä".repeat(5000));
    let (text, cut) = texts("rows.jsonl", format!("{{\"prompt\":\"a\",\"completion\":\"b\"}}\n{row}\n")).remove(0);
    assert!(cut && (3990..=4000).contains(&text.len()), "{}", text.len());
    assert!(row.starts_with(&text));
}

#[test]
fn what_is_no_text_is_shown_as_far_as_it_is() {
    let mut bytes = b"{\"prompt\":\"a\",\"completion\":\"b\"}\n{\"prompt\":\"".to_vec();
    bytes.extend(b"\xff\",\"completion\":\"b\"}\n");
    assert_eq!(texts("rows.jsonl", bytes), [whole("{\"prompt\":\"\u{fffd}\",\"completion\":\"b\"}")]);
}

#[test]
fn texts_of_dropped_rows_take_a_bounded_room() {
    let row = format!("{{\"prompt\":\"{}\",\"completion\":\"\"}}\n", "long ".repeat(1000));
    let all = texts("rows.jsonl", format!("{{\"prompt\":\"a\",\"completion\":\"b\"}}\n{}", row.repeat(20_000)));
    let kept = all.iter().map(|(text, _)| text.len()).sum::<usize>();
    assert!((60 << 20..=64 << 20).contains(&kept), "{kept} bytes of {} rows", all.len());
    assert_eq!(all.len(), 20_000, "each is listed all the same");
}
