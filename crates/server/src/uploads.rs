//! `POST /api/upload?name=…`: a dropped or picked file on its way from the browser to this computer. Uploads live in a
//! private temporary folder until the server ends, so that an import can be tried again with other options. A lock in it
//! tells whoever sweeps up after a kill that the server still runs. Which paths a page may name is decided in `paths`.

use std::collections::HashSet;
use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::{
    Json,
    body::Body,
    extract::{Query, State, rejection::QueryRejection},
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::json;
use tempfile::TempDir;
use tokio::io::AsyncWriteExt;
use tokio::time::timeout;
use tokio_stream::StreamExt;
use tunesmith_protocol::{ErrorCode, WireError};
use tunesmith_sentence::say;

use crate::calls::refusal;

/// Largest file that can be uploaded.
const LARGEST_BYTES: u64 = 4 << 30;
/// Room that an upload leaves on the disk for everything else.
const SPARED_BYTES: u64 = 256 << 20;
/// How often a running upload looks at the disk.
const CHECK_EVERY_BYTES: u64 = 64 << 20;
/// Longest file name kept, in bytes; file systems allow 255.
const LONGEST_NAME_BYTES: usize = 120;

/// Everything that was uploaded to one server.
pub(crate) struct Uploads {
    folder: TempDir,
    /// Files of rows that pages had the studio keep.
    kept: Mutex<HashSet<PathBuf>>,
    /// Held as long as the server runs, where somebody sweeps.
    _lock: Option<File>,
}

#[derive(Deserialize)]
pub(crate) struct Upload {
    name: String,
}

pub(crate) async fn upload(
    State(state): State<crate::State>,
    upload: Result<Query<Upload>, QueryRejection>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let Ok(Query(upload)) = upload else { return refusal(&without_name()) };
    let announced =
        headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok()).unwrap_or(0);
    match state.uploads.store(&upload.name, announced, body, state.limits.upload_pause).await {
        Ok(path) => Json(json!({ "path": path })).into_response(),
        Err(error) => refusal(&error),
    }
}

impl Uploads {
    /// Removes them now; what comes later is not kept either.
    pub(crate) fn remove(&self) {
        if let Err(error) = std::fs::remove_dir_all(self.folder.path())
            && error.kind() != ErrorKind::NotFound
        {
            tracing::warn!("{} could not be removed: {error}", self.folder.path().display());
        }
    }

    /// Makes a folder for them in `parent`, else in the system's temporary folder.
    pub(crate) fn new(parent: Option<&Path>) -> anyhow::Result<Self> {
        let mut builder = tempfile::Builder::new();
        builder.prefix("tunesmith-uploads-");
        // Nobody else on this computer may look into it.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
        let folder = parent.map_or_else(|| builder.tempdir(), |parent| builder.tempdir_in(parent))?;
        let lock = parent.map(|_| File::create(folder.path().join("lock"))).transpose()?;
        lock.as_ref().map(File::lock).transpose()?;
        Ok(Self { folder, kept: Mutex::default(), _lock: lock })
    }

    /// Writes a small file for this user alone; it goes with the uploads.
    pub(crate) fn write_private(&self, name: &str, text: &str) -> std::io::Result<PathBuf> {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text)?;
        Ok(path)
    }

    /// Takes note of the file that the studio has made of a page's rows, if this command was that.
    pub(crate) fn note(&self, command: &str, reply: &serde_json::Value) {
        if let ("keep_rows", Some(path)) = (command, reply.as_str()) {
            self.kept.lock().unwrap_or_else(PoisonError::into_inner).insert(path.into());
        }
    }

    /// Each file gets its own folder: files of one name must not replace each other.
    async fn store(
        &self,
        name: &str,
        announced_bytes: u64,
        body: Body,
        longest_pause: Duration,
    ) -> Result<PathBuf, WireError> {
        check_size(announced_bytes)?;
        self.check_room(announced_bytes)?;
        let own = tempfile::tempdir_in(self.folder.path()).map_err(|error| write_error(&error))?;
        let path = own.path().join(safe_name(name));
        self.write(&path, body, longest_pause).await?;
        // From here on it stays until the server ends; before, an error removes it.
        let _ = own.keep();
        Ok(path)
    }

    async fn write(&self, path: &Path, body: Body, longest_pause: Duration) -> Result<(), WireError> {
        let mut file = tokio::fs::File::create_new(path).await.map_err(|error| write_error(&error))?;
        let mut parts = body.into_data_stream();
        let (mut written, mut checked) = (0_u64, 0_u64);
        while let Some(part) = timeout(longest_pause, parts.next()).await.map_err(|_| stalled())? {
            let part = part.map_err(|_| broke_off())?;
            written += part.len() as u64;
            if written - checked > CHECK_EVERY_BYTES || written > LARGEST_BYTES {
                // What was announced need not be what comes.
                check_size(written)?;
                self.check_room(0)?;
                checked = written;
            }
            file.write_all(&part).await.map_err(|error| write_error(&error))?;
        }
        file.flush().await.map_err(|error| write_error(&error))
    }

    /// Whether the disk has room for `bytes` more.
    fn check_room(&self, bytes: u64) -> Result<(), WireError> {
        match fs4::available_space(self.folder.path()) {
            Ok(free) if free < bytes.saturating_add(SPARED_BYTES) => Err(disk_full()),
            // Without an answer the write itself will tell.
            _ => Ok(()),
        }
    }

    /// Whether a path leads to something that was uploaded, or to rows that were kept for a page.
    pub(crate) fn holds(&self, path: &Path) -> bool {
        if self.kept.lock().unwrap_or_else(PoisonError::into_inner).contains(path) {
            return true;
        }
        // Resolved, so that neither `..` nor a link leads out.
        let inside = |root: PathBuf| path.canonicalize().is_ok_and(|path| path.starts_with(root));
        self.folder.path().canonicalize().is_ok_and(inside)
    }

    /// The error with a file's own name where it names the folder that the file was uploaded to.
    pub(crate) fn without_folder(&self, error: WireError) -> WireError {
        let folder = format!("{}/", self.folder.path().display());
        let without = |text: &str| {
            let mut parts = text.split(&folder);
            let mut short = parts.next().unwrap_or_default().to_owned();
            // What follows is the name of the upload's own folder, and then the file's.
            parts.for_each(|part| short += part.split_once('/').map_or(part, |(_, rest)| rest));
            short
        };
        WireError { message: error.message.map_texts(&without), ..error }
    }
}

fn without_name() -> WireError {
    WireError::invalid(
        say!("upload-without-name", "The upload does not say what the file is called"),
        say!("upload-without-name-hint", "Give its name in the address: /api/upload?name=rows.jsonl"),
    )
}

fn check_size(bytes: u64) -> Result<(), WireError> {
    if bytes <= LARGEST_BYTES {
        return Ok(());
    }
    Err(WireError::new(
        ErrorCode::TooBig,
        say!(
            "upload-too-large",
            "The file is larger than {gigabytes} GB, the most that a browser can hand over",
            gigabytes = LARGEST_BYTES >> 30
        ),
        say!(
            "upload-too-large-hint",
            "Split it, or copy it to the computer where Tunesmith runs and name it in a run file"
        ),
    ))
}

/// The last part of `name` without anything that means something to a file system or a terminal.
fn safe_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let plain: String = last
        .chars()
        .map(|letter| if letter.is_control() || "\"'`<>|:*?$".contains(letter) { '_' } else { letter })
        .collect();
    let plain = plain.trim().trim_start_matches(['.', '-']);
    let (stem, ending) = plain.rsplit_once('.').map_or((plain, ""), |(stem, ending)| (stem, ending));
    let ending = cut(ending, 16);
    let stem = if stem.is_empty() { "upload" } else { cut(stem, LONGEST_NAME_BYTES) };
    // The ending says which format the file has, so it survives the cut.
    if ending.is_empty() { stem.to_owned() } else { format!("{stem}.{ending}") }
}

/// At most the first `bytes` bytes, without splitting a character.
fn cut(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

fn disk_full() -> WireError {
    WireError::new(
        ErrorCode::DiskFull,
        say!("upload-disk-full", "The disk has no room for this file"),
        say!("upload-disk-full-hint", "Free some space, then drop the file again"),
    )
}

fn broke_off() -> WireError {
    WireError::new(
        ErrorCode::Cancelled,
        say!("upload-broke-off", "The upload was interrupted"),
        say!("upload-broke-off-hint", "Drop the file again"),
    )
}

fn stalled() -> WireError {
    WireError::new(
        ErrorCode::Cancelled,
        say!("upload-stalled", "Nothing more of the file came for too long"),
        say!("upload-broke-off-hint", "Drop the file again"),
    )
}

fn write_error(error: &std::io::Error) -> WireError {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => disk_full(),
        _ => WireError::internal(say!(
            "upload-not-stored",
            "The upload cannot be stored: {error}",
            error = tunesmith_sentence::system_reason(error)
        )),
    }
}
