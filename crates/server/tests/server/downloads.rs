//! Exported files on their way to the browser.

use std::path::{Path, PathBuf};

use crate::client::{Answer, Browser};

/// Has the studio say that it wrote this file for the page.
fn exported(browser: &Browser, path: &Path) {
    let args = serde_json::json!({"dataset": path, "format": "chat", "split": null, "path": null});
    assert_eq!(browser.post("/api/call/export_dataset", &args.to_string()).status, 200);
}

fn escaped(name: &str) -> String {
    name.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

fn download(browser: &Browser, name: &str) -> Answer {
    browser.get(&format!("/api/exports/{}", escaped(name)))
}

fn file(folder: &tempfile::TempDir, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

#[test]
fn an_exported_file_is_downloaded_whole_under_its_name() {
    let browser = Browser::signed_in();
    let folder = tempfile::tempdir().unwrap();
    let body: Vec<u8> = (0..3_000_000_u32).map(|number| (number % 251) as u8).collect();
    for name in ["rows.jsonl", "it's \"mine\" 100%.csv", "Rezepte für 🦀 und ü.parquet", "..jsonl", "a+b&c=d#e?.csv"]
    {
        exported(&browser, &file(&folder, name, &body));
        let answer = download(&browser, name);
        assert_eq!(answer.status, 200, "{name}");
        assert!(answer.body == body, "{name}");
        assert_eq!(answer.header("content-length"), "3000000");
        assert_eq!(answer.header("cache-control"), "no-store");
        let disposition = answer.header("content-disposition");
        let told = disposition.split_once("filename*=UTF-8''").unwrap().1;
        assert!(
            disposition.starts_with("attachment; filename=\"") && disposition.matches('"').count() == 2,
            "{disposition}"
        );
        assert_eq!(unescaped(told), name);
    }
}

fn unescaped(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let [first, tail @ ..] = rest {
        (bytes, rest) = match (first, tail) {
            (b'%', [high, low, tail @ ..]) => {
                let hex = std::str::from_utf8(&[*high, *low]).map(|hex| u8::from_str_radix(hex, 16).unwrap()).unwrap();
                ([bytes, vec![hex]].concat(), tail)
            }
            (byte, tail) => ([bytes, vec![*byte]].concat(), tail),
        };
    }
    String::from_utf8(bytes).unwrap()
}

#[test]
fn only_what_was_exported_for_a_page_can_be_downloaded() {
    let browser = Browser::signed_in();
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, "rows.jsonl", b"1");
    file(&folder, "secret.txt", b"2");
    assert_eq!(download(&browser, "rows.jsonl").status, 404, "nobody has exported it yet");
    exported(&browser, &path);
    let outside = folder.path().join("secret.txt");
    for name in [
        "secret.txt",
        "../rows.jsonl",
        "./rows.jsonl",
        "..",
        "",
        outside.to_str().unwrap(),
        "rows.jsonl/",
        "rows.jsonl\0",
    ] {
        let answer = download(&browser, name);
        assert!(answer.status == 404 || answer.status == 400, "{name:?}: {}", answer.status);
    }
    assert_eq!(browser.get("/api/exports/../exports/secret.txt").status, 404);
    assert_eq!(download(&browser, "rows.jsonl").body, b"1");
}

#[test]
fn a_download_needs_the_cookie_and_a_file_that_is_still_there() {
    let mut browser = Browser::signed_in();
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, "rows.jsonl", b"1");
    exported(&browser, &path);
    let cookie = browser.cookie.take();
    assert_eq!(download(&browser, "rows.jsonl").status, 401);
    browser.cookie = cookie;
    std::fs::remove_file(&path).unwrap();
    let gone = download(&browser, "rows.jsonl");
    assert_eq!(gone.status, 404);
    assert!(gone.text().contains("export the dataset again"), "{}", gone.text());
}

#[cfg(unix)]
#[test]
fn a_link_in_the_place_of_an_export_leads_nowhere() {
    let browser = Browser::signed_in();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rows.jsonl");
    std::os::unix::fs::symlink("/etc/passwd", &path).unwrap();
    exported(&browser, &path);
    assert_eq!(download(&browser, "rows.jsonl").status, 404);
}
