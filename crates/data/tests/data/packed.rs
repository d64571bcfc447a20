//! Packed files and folders hold the rows of the files in them.

use std::fs;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use tunesmith_data::{ImportError, ImportOptions, Imported, import, inspect};

use crate::support::{examples, file, processor_time, read, read_with};

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}

pub fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::stream::encode_all(bytes, 3).expect("memory")
}

fn read_path(path: &Path) -> Result<Imported, ImportError> {
    import(&[path.to_path_buf()], &ImportOptions::default(), &mut |_, _| ControlFlow::Continue(()))
}

fn rows(count: usize) -> String {
    (0..count).map(|row| format!("{{\"prompt\":\"question {row}\",\"completion\":\"answer {}\"}}\n", row * 7)).collect()
}

#[test]
fn packed_files_are_recognised_by_content() {
    let jsonl = rows(3000);
    let plain = examples(&read("a.jsonl", &jsonl));
    let two = [gzip(&jsonl.as_bytes()[..9000]), gzip(&jsonl.as_bytes()[9000..])].concat();
    let frames = [zstd(&jsonl.as_bytes()[..9000]), zstd(&jsonl.as_bytes()[9000..])].concat();
    for (name, bytes) in [
        ("a.jsonl.gz", gzip(jsonl.as_bytes())),
        ("a.jsonl.zst", zstd(jsonl.as_bytes())),
        ("a.jsonl", gzip(jsonl.as_bytes())),
        ("a.csv.gz", zstd(jsonl.as_bytes())),
        ("zeros behind.gz", [two.as_slice(), &[0; 700]].concat()),
        ("two members.gz", two),
        ("two frames.zst", frames),
    ] {
        assert_eq!(examples(&read(name, bytes)), plain, "{name}");
    }
    let table = "text\n\"a,b\"\nc\n";
    assert_eq!(examples(&read("a.csv.gz", gzip(table.as_bytes()))), examples(&read("a.csv", table)));
    assert_eq!(examples(&read("a.txt.gz", gzip(b"one\n\ntwo"))), examples(&read("a.txt", "one\n\ntwo")));
}

#[test]
fn a_cut_or_damaged_packed_file_is_an_error_and_never_fewer_rows() {
    let jsonl = rows(5000);
    for whole in [gzip(jsonl.as_bytes()), zstd(jsonl.as_bytes())] {
        for cut in (1..20).map(|part| whole.len() * part / 20) {
            let error = read_with("a.gz", &whole[..cut], &ImportOptions::default()).expect_err("a cut file");
            assert!(matches!(error, ImportError::Unreadable { .. }), "{cut}: {error}");
            assert!(error.hint().starts_with("Save or download the file again"), "{}", error.hint());
        }
        let mut damaged = whole.clone();
        damaged[whole.len() / 2] ^= 0x55;
        if let Ok(imported) = read_with("a.gz", &damaged, &ImportOptions::default()) {
            // Zstandard without its checksum cannot tell; the rows still add up.
            assert_eq!(imported.summary.rows_read, imported.summary.rows_kept + imported.summary.rows_dropped());
        }
    }
}

#[test]
fn archives_in_archives_and_other_archives_are_named() {
    let inner = gzip(rows(3).as_bytes());
    let mut tar = vec![b'a'; 512];
    tar[257..262].copy_from_slice(b"ustar");
    for (bytes, named) in [
        (gzip(&inner), "a gzip file within another"),
        (zstd(&zstd(b"x")), "a Zstandard file within another"),
        (gzip(&tar), "a tar archive"),
        (gzip(b"PAR1xxxx"), "a packed Parquet file"),
    ] {
        let error = read_with("a.gz", bytes, &ImportOptions::default()).expect_err("an error");
        assert!(error.to_string().contains(named), "{error}");
    }
}

#[test]
fn bombs_are_refused_in_little_time_and_memory() {
    let mut gz = GzEncoder::new(Vec::new(), Compression::best());
    let mut zst = zstd::stream::Encoder::new(Vec::new(), 3).expect("memory");
    let lines = b"{\"text\":\"a\"}\n".repeat(80_000);
    for _ in 0..300 {
        gz.write_all(&lines).expect("memory");
        zst.write_all(&lines).expect("memory");
    }
    for bytes in [gz.finish().expect("memory"), zst.finish().expect("memory")] {
        assert!(bytes.len() < 1 << 20, "{} bytes, which is no bomb", bytes.len());
        let before = processor_time();
        let error = read_with("a.jsonl.gz", &bytes, &ImportOptions::default()).expect_err("a bomb");
        assert!(matches!(error, ImportError::Bomb { .. }), "{error}");
        let taken = processor_time() - before;
        assert!(taken < Duration::from_secs(10), "{taken:?}");
    }
    // What stays small may shrink as far as it likes.
    assert_eq!(read("a.jsonl.gz", gzip(&b"{\"text\":\"a\"}\n".repeat(100_000))).rows.len(), 100_000);
}

#[test]
fn a_folder_is_the_dataset_files_below_it() {
    let (folder, _) = file("b.jsonl", "{\"text\":\"2\"}\n");
    let path = folder.path();
    fs::create_dir_all(path.join("deep/er")).expect("a folder");
    fs::create_dir_all(path.join(".git")).expect("a folder");
    for (name, text) in [
        ("deep/er/a.csv", "text\n3\n"),
        ("a.jsonl", "{\"text\":\"1\"}\n"),
        (".hidden.jsonl", "{\"text\":\"no\"}\n"),
        (".git/x.jsonl", "{\"text\":\"no\"}\n"),
        ("README.md", "no"),
        ("picture.png", "no"),
    ] {
        fs::write(path.join(name), text).expect("a file");
    }
    fs::write(path.join("z.txt.gz"), gzip(b"4")).expect("a file");
    #[cfg(unix)]
    std::os::unix::fs::symlink(path, path.join("loop")).expect("a link");
    let imported = read_path(path).expect("an import");
    let texts: Vec<String> =
        imported.rows.iter().map(|row| serde_json::to_value(&row.example).expect("JSON")["text"].to_string()).collect();
    assert_eq!(texts, ["\"1\"", "\"2\"", "\"3\"", "\"4\""]);
    let [left_out] = imported.summary.remarks.as_slice() else { panic!("{:?}", imported.summary.remarks) };
    assert!(left_out.starts_with("Left out of the folder: “.git”, “.hidden.jsonl”, “README.md” and "), "{left_out}");
    let none = tempfile::tempdir().expect("a folder");
    fs::write(none.path().join("picture.png"), "no").expect("a file");
    assert!(matches!(read_path(none.path()), Err(ImportError::Folder { .. })));
}

#[test]
fn of_several_files_those_without_a_row_are_left_out_and_named() {
    let (folder, good) = file("b.jsonl", "{\"text\":\"2\"}\n");
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).expect("a file");
        path
    };
    let header = write("a.csv", "text,label\n");
    let nothing = write("c.jsonl", "");
    let imported = read_path(folder.path()).expect("an import of the folder");
    assert_eq!(imported.rows.len(), 1);
    assert_eq!(imported.summary.remarks, ["Left out of the folder: “c.jsonl”", "“a.csv” is empty and left out"]);
    let looked = inspect(&[header.clone(), nothing.clone(), good], &ImportOptions::default(), 5).expect("a look");
    let whats: Vec<&str> = looked.files.iter().map(|file| &*file.what).collect();
    assert_eq!((whats, looked.rows.len()), (vec!["a table with commas", "empty", "JSON Lines"], 1));
    let empty =
        import(&[header.clone(), nothing.clone()], &ImportOptions::default(), &mut |_, _| ControlFlow::Continue(()));
    assert!(matches!(empty, Err(ImportError::Empty { path, .. }) if path == header), "the first is named");
    assert!(matches!(inspect(&[nothing], &ImportOptions::default(), 5), Err(ImportError::Empty { .. })));
}

#[test]
fn a_file_that_is_cut_while_it_is_read_is_refused() {
    let (_folder, path) = file("a.jsonl", "{\"text\":\"some words\"}\n".repeat(500_000));
    let cut = |_, _| {
        let file = fs::OpenOptions::new().write(true).open(&path).expect("the file");
        file.set_len(100).expect("a cut");
        ControlFlow::Continue(())
    };
    let result = import(std::slice::from_ref(&path), &ImportOptions::default(), &mut { cut });
    assert!(matches!(result, Err(ImportError::Shrunk { .. })), "{result:?}");
}

#[test]
fn a_large_window_is_told_for_what_it_is() {
    let mut packer = zstd::Encoder::new(Vec::new(), 3).expect("an encoder");
    packer.long_distance_matching(true).expect("long distances");
    packer.window_log(28).expect("a window of 256 MB");
    packer.write_all(b"{\"text\":\"one\"}\n").expect("a row");
    let error =
        read_with("a.jsonl.zst", packer.finish().expect("a frame"), &ImportOptions::default()).expect_err("refused");
    assert!(error.to_string().contains("a window of more than 128 MB"), "{error}");
    assert!(error.hint().contains("zstd -d --long=31"), "{}", error.hint());
}
