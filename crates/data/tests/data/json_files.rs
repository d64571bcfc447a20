//! JSON as other programs write it: what it holds is read, and what changes on the way is told.

use tunesmith_data::Imported;

use crate::support::{chat, dropped, examples, read};

/// Notes on rows that are kept, and remarks on the file: line and kind.
fn notes(imported: &Imported) -> Vec<(u64, &str)> {
    let notes = imported.problems.iter().filter(|problem| !problem.dropped);
    notes.map(|problem| (problem.line, &*problem.kind)).collect()
}

fn text(imported: &Imported, row: usize) -> String {
    serde_json::to_value(&imported.rows[row].example).expect("JSON")["text"].as_str().expect("a text").to_owned()
}

#[test]
fn what_python_writes_for_no_number_is_empty() {
    let imported = read(
        "a.jsonl",
        "{\"prompt\":\"NaN \\\" NaN\",\"completion\":\"a\",\"score\":NaN,\"x\":[-Infinity,{\"y\":Infinity}]}\n\
         {\"prompt\":\"q\",\"completion\":\"a\",\"system\":NaN}\n\
         {\"prompt\":\"q\",\"completion\":NaN}\n\
         {\"prompt\":\"q\",\"completion\":NaNa}\n",
    );
    assert_eq!(examples(&imported)[0], chat(&[("user", "NaN \" NaN"), ("assistant", "a")]));
    let extra = serde_json::to_string(&imported.rows[0].extra).expect("JSON");
    assert_eq!(extra, r#"{"x":[null,{"y":null}]}"#);
    assert_eq!(notes(&imported), [(2, "not_a_number")], "only where the column is used");
    assert_eq!(dropped(&imported), [(3, "missing_column"), (4, "invalid_json")]);
    let list = read("a.json", "[{\"text\":\"a\",\"score\":NaN},\n{\"text\":\"b\",\"score\":-Infinity}]");
    assert_eq!((list.rows.len(), list.problems.len()), (2, 0));
}

#[test]
fn long_numbers_keep_their_digits() {
    for number in ["12345678901234567890123", "-98765432109876543210", "3.14159265358979323846", "1e400", "1E-400"] {
        let imported = read("a.jsonl", format!("{{\"text\": {number}, \"n\": 0.1, \"id\": {number}}}\n"));
        assert_eq!(text(&imported, 0), number);
        let extra = serde_json::to_string(&imported.rows[0].extra).expect("JSON");
        assert_eq!(extra, format!("{{\"n\":0.1,\"id\":\"{number}\"}}"), "also where it is not used");
        assert_eq!(notes(&imported), [], "nothing is lost");
    }
    for (number, read_as) in [("18446744073709551615", "18446744073709551615"), ("-7", "-7"), ("0.25", "0.25")] {
        assert_eq!(text(&read("a.jsonl", format!("{{\"text\":{number}}}\n")), 0), read_as);
    }
    let within = r#"{"messages":[{"role":"user","content":"q","id":12345678901234567890123},{"role":"assistant","content":"a"}]}"#;
    let imported = read("a.jsonl", within);
    assert!(notes(&imported).contains(&(1, "long_number")), "{:?}", imported.problems);
}

#[test]
fn a_name_that_stands_twice_in_an_object_is_told() {
    let imported = read(
        "a.jsonl",
        "{\"prompt\":\"q\",\"completion\":\"a\",\"prompt\":\"p\"}\n{\"prompt\":\"q\",\"completion\":\"a\",\"x\":[{\"y\":1,\"y\":2}]}\n",
    );
    assert_eq!(examples(&imported)[0], chat(&[("user", "p"), ("assistant", "a")]));
    assert_eq!(notes(&imported), [(1, "repeated_key"), (2, "repeated_key")]);
    assert!(imported.problems[0].message.starts_with("“prompt” stands more than once"));
}

#[test]
fn all_lists_of_rows_in_an_object_are_read() {
    let rows = |name: &str, count: usize| {
        (0..count).map(|row| format!("{{\"prompt\":\"{name} {row}\",\"completion\":\"[a] }}\"}}")).collect::<Vec<_>>()
    };
    let (train, test) = (rows("train", 8).join(",\n"), rows("test", 4).join(",\n"));
    for text in [
        format!("{{\"train\": [{train}], \"test\": [{test}]}}"),
        format!(
            "{{\"version\": 2, \"tags\": [\"a\", [1]], \"info\": {{\"by\": [{{\"a\": 1}}]}},\n\"train\":\n[{train}\n]\n,\"none\":[ ],\n\"test\":[\n{test}],\"tail\":[1,\"]\"]}}"
        ),
    ] {
        let imported = read("a.json", &text);
        assert_eq!((imported.summary.rows_read, imported.rows.len()), (12, 12), "{text}: {:?}", imported.problems);
        assert_eq!(examples(&imported)[11], chat(&[("user", "test 3"), ("assistant", "[a] }")]));
        assert_eq!(dropped(&imported), []);
        // Its rows may be learned: whoever keeps both sides in one file has to know.
        let [remark] = &imported.problems[..] else { panic!("{:?}", imported.problems) };
        assert_eq!((remark.kind.as_str(), remark.dropped), ("list_not_held_out", false));
        assert!(
            remark.message.starts_with("The rows of the lists “train” and “test” are read as"),
            "{}",
            remark.message
        );
    }
    let remarks = |names: [&str; 2]| {
        let [one, other] = names.map(|name| format!("\"{name}\": [{{\"text\":\"{name}\"}}]"));
        let imported = read("a.json", format!("{{{one}, {other}}}"));
        assert_eq!(imported.rows.len(), 2);
        imported.problems.len()
    };
    assert_eq!((remarks(["test", "train"]), remarks(["train", "more"]), remarks(["test", "dev"])), (1, 0, 0));
}

#[test]
fn what_stands_around_the_rows_of_a_file_is_told() {
    let rows = "[\n{\"text\": \"a\"},\n{\"text\": \"b\"}\n]";
    for (text, remark) in [
        (
            format!(
                "{{\n\"version\": 1,\n\"system_prompt\": \"Answer: in, French.\",\n\"rows\": {rows},\n\"tags\": [\"x\"],\n\"none\": []\n}}"
            ),
            "The fields “version”, “system_prompt”, “tags” around the rows are not read",
        ),
        (
            format!("{{\"rows\": {rows}, \"meta\": {{\"rows\": [{{\"text\": \"c\"}}]}}}}"),
            "The field “meta” around the rows is not read",
        ),
    ] {
        let imported = read("a.json", &text);
        assert_eq!((imported.rows.len(), imported.problems.len()), (2, 0), "{text}");
        assert_eq!(imported.summary.remarks, [remark]);
    }
    assert!(read("a.json", format!("{{\"rows\": {rows}}}")).summary.remarks.is_empty());
}

#[test]
fn an_object_with_columns_of_its_own_is_a_row() {
    let row = "{\n\"tags\": [\"x\"],\n\"prompt\": \"q\",\n\"refs\": [{\"a\": 1}],\n\"completion\": \"a\"\n}\n";
    for text in [row.to_owned(), row.repeat(3)] {
        let imported = read("a.json", &text);
        assert_eq!(examples(&imported)[0], chat(&[("user", "q"), ("assistant", "a")]));
        assert_eq!(imported.rows.len(), text.matches("tags").count());
    }
}

#[test]
fn a_list_in_an_object_that_holds_no_rows_is_left_out_and_told() {
    let imported = read(
        "a.json",
        "{\"data\": [{\"text\":\"a\"}, {\"text\":\"b\"}],\n\"people\": [{\"name\":\"x\", \"of\":[{\"text\":1}]}, {\"name\":\"y\"}],\n\"more\": [{\"text\":\"c\"}, {}]}",
    );
    assert_eq!((imported.summary.rows_read, imported.rows.len()), (4, 3));
    assert_eq!(notes(&imported), [(2, "left_out_list")]);
    let message = imported.problems.iter().find(|problem| !problem.dropped).expect("a remark").message.clone();
    assert_eq!(message, "The list “people” is left out: its elements have other columns than the rows before it");
    let cut = read("a.json", "{\"data\": [{\"text\":\"a\"}, {\"text\":\"b\"}], \"more\"");
    assert_eq!((cut.rows.len(), notes(&cut)), (2, vec![(1, "list_not_closed")]));
}

#[test]
fn rows_that_share_a_line_are_known_by_their_numbers() {
    let lines = |name: &str, text: &str| {
        let imported = read(name, text);
        let rows = imported.rows.iter().map(|row| row.line).collect::<Vec<_>>();
        (rows, dropped(&imported).first().map(|(line, _)| *line))
    };
    let row = |text: &str| format!("{{\"text\":\"{text}\"}}");
    let (a, b, bad) = (row("a"), row("b"), row(""));
    assert_eq!(lines("a.json", &format!("\n\n[{a},{b}, {bad},\n{b}]")), (vec![1, 2, 4], Some(3)));
    assert_eq!(lines("a.json", &format!("{{\"rows\":[{a},{bad},{b}]}}")), (vec![1, 3], Some(2)));
    assert_eq!(lines("a.json", &format!("[\n{a},\n{bad}, {b}]")), (vec![2, 3], Some(3)));
    assert_eq!(lines("a.json", &format!("\n[{a}]")), (vec![2], None));
}

#[test]
fn rows_with_commas_between_them_are_rows() {
    let expected = [chat(&[("user", "q,"), ("assistant", "a")]), chat(&[("user", "p"), ("assistant", "b")])];
    let lines = "{\"prompt\":\"q,\",\"completion\":\"a\"},\n{\"prompt\":\"p\",\"completion\":\"b\"} , \n";
    let spread = "{\n\"prompt\":\"q,\",\"completion\":\"a\"\n},\n{\n\"prompt\":\"p\",\n\"completion\":\"b\"\n},\n";
    for (name, text) in
        [("a.jsonl", lines), ("a.json", lines), ("a.txt", lines), ("a.json", spread), ("a.jsonl", spread)]
    {
        let imported = read(name, text);
        assert_eq!(examples(&imported), expected, "{name}: {:?}", imported.problems);
        assert_eq!(imported.problems, []);
    }
}

#[test]
fn lines_may_end_in_every_way_within_one_file() {
    let rows = ["\n", "\r\n", "\r", "\r\n\r", "\r", ""].map(|end| format!("{{\"text\":\"a\"}}{end}")).concat();
    let imported = read("a.jsonl", &rows);
    assert_eq!((imported.rows.len(), imported.problems.len()), (6, 0));
    assert_eq!(imported.rows.iter().map(|row| row.line).collect::<Vec<_>>(), [1, 2, 3, 4, 6, 7]);
    let text = read("a.txt", "one\rtwo\r\r\nthree\n\rfour");
    assert_eq!(text.rows.iter().map(|row| row.line).collect::<Vec<_>>(), [1, 4, 6]);
    // Wherever the file is cut into pieces while it is read.
    let row = "{\"text\":\"some words\"}\r";
    for shift in 0..row.len() + 1 {
        let bytes = format!("{}\n{}\n", " ".repeat(shift), row.repeat(20_000));
        assert_eq!(read("a.jsonl", bytes).rows.len(), 20_000, "{shift}");
    }
}
