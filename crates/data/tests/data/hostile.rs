//! No bytes bring an import down: it ends in rows and problems that add up, or in a clear error.

use proptest::prelude::*;
use tunesmith_data::Renderer;
use tunesmith_protocol::Format;

use crate::packed::{gzip, zstd};
use crate::support::{Folder, read_as, say, tokenizer};

const NAMES: [&str; 8] = ["a.jsonl", "a.json", "a.csv", "a.tsv", "a.txt", "a.md", "a", "a.parquet"];

fn survives(bytes: &[u8]) {
    for name in NAMES {
        for format in [Format::Auto, Format::Chat] {
            match read_as(name, bytes, format) {
                Ok(imported) => assert!(!imported.summary.reason.is_empty()),
                Err(error) => assert!(!error.to_string().is_empty() && !error.hint().is_empty()),
            }
        }
    }
}

/// Scraps of files, put together at random: nearer to real faults than random bytes.
fn scraps() -> impl Strategy<Value = Vec<u8>> {
    let scraps: Vec<&[u8]> = vec![
        b"{\"messages\":[",
        b"{\"role\":\"user\",\"content\":\"q\"}",
        b"{\"role\":\"assistant\",\"content\":\"a\"}",
        b"]}",
        b"\n",
        b"\r\n",
        b"\r",
        b",",
        b"[",
        b"]",
        b"{",
        b"}",
        b"\"",
        b"\\",
        b"\xEF\xBB\xBF",
        b"\xFF\xFE",
        b"\xFE\xFF",
        b"\0",
        b"\xFF",
        b"prompt,completion\n",
        b"text\n",
        b"{\"text\":\"one\"}\n",
        b"a;b;c",
        b"\t",
        b" ",
        b"null",
        b"{\"instruction\":1,\"output\":[1]}\n",
        b"1e999",
        b"'",
        "é😀".as_bytes(),
        b"{\"prompt\":[{\"role\":\"user\"}],\"completion\":\"[{\"}\n",
        b"messages\n\"[{'role':'user'}]\"\n",
        b"chosen,rejected\n",
        b"{\"chosen\":\"\n\nHuman:\",\"rejected\":\"x\"}\n",
        b"{\"prompt\":\"q\",\"completion\":\"a\",\"label\":1}\n",
        b"text,label\nx,y\n",
        b"{\"conversations\":[{\"from\":\"function_call\",\"value\":\"{\"}]}\n",
        b"PAR1",
        b"\x1f\x8b\x08\0\0\0\0\0\0\xff",
        b"\x28\xb5\x2f\xfd",
    ];
    let scrap = prop::sample::select(scraps);
    prop::collection::vec(scrap, 0..24).prop_map(|scraps| scraps.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn scraps_of_files_are_survived(bytes in scraps()) {
        survives(&bytes);
    }

    #[test]
    fn packed_scraps_are_survived(bytes in scraps(), at in any::<prop::sample::Index>(), with: u8) {
        for mut packed in [gzip(&bytes), zstd(&bytes)] {
            survives(&packed);
            let at = at.index(packed.len());
            packed[at] = with;
            survives(&packed);
            survives(&packed[..at]);
        }
    }

    #[test]
    fn random_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        survives(&bytes);
    }
}

#[test]
fn deep_and_wide_rows_are_survived() {
    survives("[".repeat(200_000).as_bytes());
    survives("{\"a\":".repeat(50_000).as_bytes());
    survives(format!("{{\"messages\":{}", "[{\"role\":".repeat(20_000)).as_bytes());
    survives(format!("{}\n{}\n", "a,".repeat(100_000), "b,".repeat(100_000)).as_bytes());
    survives(format!("text\n{}\n", "\"".repeat(100_001)).as_bytes());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// Damaged model folders open with an error or work; they never panic.
    #[test]
    fn damaged_tokenizers_are_survived(at in any::<prop::sample::Index>(), with in any::<u8>(), cut: bool) {
        let mut json = tokenizer(260).to_string().into_bytes();
        let at = at.index(json.len());
        if cut { json.truncate(at) } else { json[at] = with }
        let folder = Folder::new(&serde_json::Value::Null);
        std::fs::write(folder.0.path().join("tokenizer.json"), json).expect("a file");
        if let Ok(renderer) = Renderer::open(folder.0.path(), None) {
            let _ = renderer.prompt(&say(&[("user", "Hi there")]), &[]);
            let _ = renderer.decode(&[0, 1, 99_999, u32::MAX]);
        }
    }
}
