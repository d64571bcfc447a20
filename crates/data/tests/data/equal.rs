//! The same rows are the same examples, whatever file they come in.

use proptest::prelude::*;
use serde_json::json;
use tunesmith_data::Example;

use crate::packed::{gzip, zstd};
use crate::parquet_files::{parquet, texts};
use crate::support::{examples, read};

/// What people write, and what breaks tables.
fn cell() -> impl Strategy<Value = String> {
    let scraps =
        ["a", "é", "😀", " ", "\n", "\t", "\"", "\"\"", "'", ",", ";", "\\", "{", "[", "}", "null", "7", "\u{feff}"];
    let scrap = prop::sample::select(scraps.to_vec());
    prop::collection::vec(scrap, 0..12).prop_map(|scraps| format!("x{}", scraps.concat()))
}

fn table(rows: &[(String, String)], delimiter: u8) -> Vec<u8> {
    let quoted = |cell: &str| format!("\"{}\"", cell.replace('"', "\"\""));
    let delimiter = char::from(delimiter);
    let row = |(prompt, answer): &(String, String)| format!("{}{delimiter}{}\n", quoted(prompt), quoted(answer));
    format!("prompt{delimiter}completion\n{}", rows.iter().map(row).collect::<String>()).into()
}

fn expected(rows: &[(String, String)]) -> Vec<Example> {
    let message = |role, text: &String| tunesmith_data::Message::new(role, text);
    rows.iter()
        .map(|(prompt, answer)| Example::chat(vec![message("user", prompt), message("assistant", answer)]))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_same_rows_are_the_same_examples(rows in prop::collection::vec((cell(), cell()), 1..8)) {
        let objects: Vec<_> = rows.iter().map(|(prompt, answer)| json!({"prompt": prompt, "completion": answer})).collect();
        let jsonl: String = objects.iter().map(|object| format!("{object}\n")).collect();
        let columns = vec![
            ("prompt", texts(rows.iter().map(|(prompt, _)| Some(prompt.as_str())))),
            ("completion", texts(rows.iter().map(|(_, answer)| Some(answer.as_str())))),
        ];
        for (name, bytes) in [
            ("a.jsonl", jsonl.clone().into_bytes()),
            ("a.json", serde_json::to_vec(&objects).expect("JSON")),
            ("pretty.json", serde_json::to_vec_pretty(&objects).expect("JSON")),
            ("a.csv", table(&rows, b',')),
            ("semicolons.csv", table(&rows, b';')),
            ("a.tsv", table(&rows, b'\t')),
            ("a.parquet", parquet(columns)),
            ("a.jsonl.gz", gzip(jsonl.as_bytes())),
            ("a.csv.zst", zstd(&table(&rows, b','))),
        ] {
            let imported = read(name, bytes);
            prop_assert_eq!(&examples(&imported), &expected(&rows), "{}: {:?}", name, imported.problems);
        }
    }
}
