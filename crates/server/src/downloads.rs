//! `GET /api/exports/{name}`: a dataset that the page had written, on its way to the browser's downloads.
//!
//! A page gets the files that were written for it since the server began, by their names, and no others: what it asks for
//! never becomes a path.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use axum::{
    body::{Body, Bytes},
    extract::{Path as Asked, State},
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use serde_json::Value;
use tokio::io::AsyncReadExt;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tunesmith_protocol::WireError;
use tunesmith_sentence::say;

use crate::calls::refusal;

/// Bytes read at once, and how many of these wait for a slow browser.
const PART_BYTES: usize = 256 << 10;
const PARTS_AHEAD: usize = 4;

/// The files that were written for pages, by name.
#[derive(Default)]
pub(crate) struct Downloads(Mutex<HashMap<String, PathBuf>>);

impl Downloads {
    /// Takes note of a file that a command has written where the page could not choose the place.
    pub(crate) fn offer(&self, command: &str, reply: &Value) {
        let path = reply["path"].as_str().map(Path::new).filter(|_| command == "export_dataset");
        if let Some(path) = path
            && let Some(name) = path.file_name().and_then(|name| name.to_str())
        {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), path.to_owned());
        }
    }

    fn path(&self, name: &str) -> Option<PathBuf> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }
}

pub(crate) async fn download(State(state): State<crate::State>, Asked(name): Asked<String>) -> Response {
    let gone = || {
        WireError::not_found(say!(
            "export-gone",
            "There is no exported file “{name}” any more; export the dataset again",
            name = &name
        ))
    };
    let Some(path) = state.downloads.path(&name) else { return refusal(&gone()) };
    // A link that took the file's place leads somewhere else.
    let is_file = tokio::fs::symlink_metadata(&path).await.is_ok_and(|facts| facts.is_file());
    match tokio::fs::File::open(&path).await {
        Ok(file) if is_file => answer(&name, file).await,
        _ => refusal(&gone()),
    }
}

async fn answer(name: &str, file: tokio::fs::File) -> Response {
    let length = file.metadata().await.map(|facts| facts.len());
    let mut response = Body::from_stream(ReceiverStream::new(parts(file))).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(disposition) = HeaderValue::from_str(&disposition(name)) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    if let Ok(length) = length {
        headers.insert(header::CONTENT_LENGTH, length.into());
    }
    response
}

/// The file part by part, until its end or the browser's.
fn parts(mut file: tokio::fs::File) -> mpsc::Receiver<std::io::Result<Bytes>> {
    let (sender, parts) = mpsc::channel(PARTS_AHEAD);
    tokio::spawn(async move {
        loop {
            let mut part = Vec::with_capacity(PART_BYTES);
            let read = (&mut file).take(PART_BYTES as u64).read_to_end(&mut part).await;
            if matches!(read, Ok(0)) || sender.send(read.map(|_| part.into())).await.is_err() {
                return;
            }
        }
    });
    parts
}

/// What tells a browser to keep the file, and under which name: in plain letters for old ones, and as it is (RFC 6266).
fn disposition(name: &str) -> String {
    let plain: String = name
        .chars()
        .map(
            |letter| if letter.is_ascii_graphic() && !"\"\\%".contains(letter) || letter == ' ' { letter } else { '_' },
        )
        .collect();
    let escaped: String = name
        .bytes()
        .map(|byte| match byte {
            b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
            byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect();
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{escaped}")
}
