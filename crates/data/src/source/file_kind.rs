//! Recognises the kind of a file, by its content first and its name second.

mod foreign;

use std::path::Path;

use serde_json::Value;
use tunesmith_sentence::{Sentence, say};

use super::{json, table};
use crate::{ImportError, columns};
use foreign::foreign;

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum FileKind {
    /// One JSON value per line.
    JsonLines,
    /// One JSON list of rows.
    JsonList,
    /// One JSON object that has such lists as fields, e.g. `{"version": 1, "train": [{…}, …], "test": [{…}, …]}`.
    JsonFields,
    /// JSON values one after another, each over several lines.
    JsonValues,
    /// Rows of cells.
    Table { delimiter: u8 },
    /// Paragraphs; in Markdown blank lines between code fences do not end one.
    Text { has_fences: bool },
}

impl FileKind {
    pub(super) fn name(self) -> Sentence {
        match self {
            Self::JsonLines => Sentence::verbatim("JSON Lines"),
            Self::JsonList => say!("file-json-list", "a JSON list"),
            Self::JsonFields => say!("file-json-fields", "a JSON list in an object"),
            Self::JsonValues => say!("file-json-objects", "JSON objects"),
            Self::Table { delimiter: b'\t' } => say!("file-table-tabs", "a table with tabs"),
            Self::Table { delimiter: b';' } => say!("file-table-semicolons", "a table with semicolons"),
            Self::Table { delimiter: b'|' } => say!("file-table-bars", "a table with bars"),
            Self::Table { .. } => say!("file-table-commas", "a table with commas"),
            Self::Text { .. } => say!("file-plain-text", "plain text"),
        }
    }

    /// What a file of this kind holds when it holds no row.
    pub(super) fn without_rows(self) -> Sentence {
        match self {
            Self::Table { .. } => say!("file-header-only", "it has a header, but no row"),
            _ => no_row(),
        }
    }
}

/// What a file holds that has no row.
pub(super) fn no_row() -> Sentence {
    say!("file-no-row", "it holds no row")
}

/// The name of a file without the extension of its compression.
pub(super) fn name_unpacked(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let lower = name.to_ascii_lowercase();
    let packed = [".gz", ".gzip", ".zst", ".zstd"].iter().find(|extension| lower.ends_with(*extension));
    packed.map_or(name.to_string(), |extension| name[..name.len() - extension.len()].to_owned())
}

/// Recognises the file at `path` from its first bytes, unpacked; `whole` says that they are all of it.
pub(super) fn recognise(path: &Path, head: &[u8], whole: bool) -> Result<FileKind, ImportError> {
    if let Some(kind) = foreign(head) {
        return Err(ImportError::Unsupported { path: path.into(), kind });
    }
    let name = name_unpacked(path);
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension).to_ascii_lowercase();
    let text = FileKind::Text { has_fences: extension == "md" };
    let Some(first) = head.iter().find(|byte| !byte.is_ascii_whitespace()) else {
        return if whole { Err(ImportError::Empty { path: path.into(), found: nothing(head) }) } else { Ok(text) };
    };
    if !["txt", "md"].contains(&extension.as_str()) && is_web_page(head) {
        return Err(ImportError::Unsupported { path: path.into(), kind: say!("file-web-page", "a web page") });
    }
    let nuls = head.iter().filter(|byte| **byte == 0).count();
    if nuls * 8 > head.len() {
        return Err(ImportError::Unsupported { path: path.into(), kind: say!("file-binary", "a binary file") });
    }
    let json_name = matches!(extension.as_str(), "json" | "jsonl" | "ndjson");
    let lines = FirstLines::of(head, whole);
    Ok(match first {
        b'[' if json_name || lines.looks_like_list() => match lines.first_is_json && lines.count > 1 {
            true => FileKind::JsonLines,
            false => FileKind::JsonList,
        },
        b'{' if extension == "json" && !lines.first_is_row && holds_list(head) => FileKind::JsonFields,
        b'{' if lines.has_object => FileKind::JsonLines,
        b'{' if extension == "json" || (json_name && lines.first_is_brace) => FileKind::JsonValues,
        _ if matches!(extension.as_str(), "jsonl" | "ndjson") && lines.has_object => FileKind::JsonLines,
        _ if extension == "csv" || extension == "tsv" => {
            FileKind::Table { delimiter: table::delimiter(head, extension == "tsv") }
        }
        _ if extension == "txt" || extension == "md" => text,
        _ => match table::known_delimiter(head) {
            Some(delimiter) => FileKind::Table { delimiter },
            None if json_name => FileKind::JsonLines,
            None => text,
        },
    })
}

/// Whether it begins as a page of the web, such as one that asks to sign in.
fn is_web_page(head: &[u8]) -> bool {
    let begins = head.trim_ascii_start();
    let is = |word: &[u8]| begins.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    is(b"<!doctype html") || is(b"<html")
}

/// What a file holds that has not even a letter.
fn nothing(bytes: &[u8]) -> Sentence {
    match bytes.is_empty() {
        true => say!("file-no-bytes", "it has no bytes"),
        false => say!("file-blank-lines", "it holds only blank lines"),
    }
}

/// Whether the first list of objects in the object that begins here is a list of rows. It may also be a column of a single
/// row: then the object has other known columns.
fn holds_list(head: &[u8]) -> bool {
    let (mut in_string, mut escaped, mut depth) = (false, false, 0usize);
    let mut key = Vec::new();
    let (mut found, mut known) = (false, 0);
    for (at, byte) in head.iter().enumerate() {
        match byte {
            _ if in_string => {
                in_string = escaped || *byte != b'"';
                escaped = !escaped && *byte == b'\\';
                if in_string {
                    key.push(*byte);
                }
            }
            b'"' => {
                in_string = true;
                key.clear();
            }
            // Another object follows this one, so the objects are the rows.
            b'{' if depth == 0 && !head[..at].trim_ascii().is_empty() => return false,
            b':' if depth == 1 => {
                known += usize::from(columns::is_known(&String::from_utf8_lossy(&key)));
                if known > 1 {
                    return false;
                }
            }
            b'[' if depth == 1 && !found && begins_with_brace(&head[at + 1..]) => {
                if columns::is_known(&String::from_utf8_lossy(&key)) {
                    return false;
                }
                (found, depth) = (true, 2);
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    found
}

fn begins_with_brace(bytes: &[u8]) -> bool {
    bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{')
}

/// What the first lines look like as JSON.
struct FirstLines {
    /// Lines that are not blank, up to a handful.
    count: usize,
    /// The first line is a whole JSON value.
    first_is_json: bool,
    /// The first line is an opening brace and no more.
    first_is_brace: bool,
    /// Some line, not indented, is a whole JSON object.
    has_object: bool,
    /// The first line is such an object, with a column that means something.
    first_is_row: bool,
    /// The text after the first bracket.
    after_bracket: Option<u8>,
}

impl FirstLines {
    fn of(head: &[u8], whole: bool) -> Self {
        let cut =
            if whole { head.len() } else { head.iter().rposition(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(0) };
        let lines: Vec<&[u8]> = head[..cut]
            .split(|byte| matches!(byte, b'\n' | b'\r'))
            .filter(|line| !line.iter().all(u8::is_ascii_whitespace))
            .take(20)
            .collect();
        let value = |line: &[u8]| serde_json::from_slice::<Value>(line).ok();
        let whole_objects = lines.iter().filter(|line| line.first() == Some(&b'{'));
        let object = |line: &[u8]| json::object(line, &mut Vec::new()).ok();
        let first = lines.first().and_then(|line| object(json::without_comma(line)));
        // Where the first line is none, a comma says that a line is a row of a list.
        let row = |line: &&[u8]| object(if first.is_some() { json::without_comma(line) } else { line });
        let has_object = whole_objects.filter_map(row).next().is_some();
        Self {
            count: lines.len(),
            first_is_json: lines.first().is_some_and(|line| value(line).is_some()),
            first_is_brace: lines.first().is_some_and(|line| line.trim_ascii() == b"{"),
            has_object,
            first_is_row: first.is_some_and(|row| row.keys().any(|column| columns::is_known(column))),
            after_bracket: head.iter().filter(|byte| !byte.is_ascii_whitespace()).nth(1).copied(),
        }
    }

    /// Whether a file of another name holds a list of rows, and not a text that begins with a bracket.
    fn looks_like_list(&self) -> bool {
        self.after_bracket == Some(b'{')
    }
}
