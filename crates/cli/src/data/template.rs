//! `tunesmith data template`: a file that shows a shape of rows, to be filled in.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::PathBuf;

use clap::Args;
use serde_json::json;
use tunesmith_data::io_reason;
use tunesmith_protocol::WireError;
use tunesmith_sentence::{NOTHING, say};

use super::FormatWord;
use crate::home::typed_path;
use crate::out::WrongUsage;
use crate::{Ended, Out};

#[derive(Args)]
pub(crate) struct Template {
    /// The shape of a row
    #[arg(value_enum)]
    shape: FormatWord,
    /// The file to write
    #[arg(value_parser = typed_path())]
    file: PathBuf,
}

pub(crate) fn template(arguments: &Template, out: &Out) -> anyhow::Result<Ended> {
    let Some(template) = tunesmith_data::template(arguments.shape.into()) else {
        return Err(WrongUsage {
            message: say!("template-no-shape", "Without a shape there is no template"),
            hint: say!("template-no-shape-hint", "Name the shape of the rows"),
        }
        .into());
    };
    let path = &arguments.file;
    // A template that somebody has filled in must not be replaced by an empty one.
    let mut file = File::create_new(path).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => WireError::invalid(
            say!("shell-file-exists", "{path} exists already", path),
            say!("shell-file-exists-hint", "Name another file, or move that one away"),
        ),
        _ => unwritten(path, &error),
    })?;
    file.write_all(template.text.as_bytes()).map_err(|error| unwritten(path, &error))?;
    out.json(&json!({ "type": "template", "path": path, "name": template.name }));
    if !out.is_json() {
        out.line(say!("shell-template-written", "Wrote {path}: fill in rows of your own, then import it", path));
    }
    Ok(Ended::Done)
}

/// A file that could not be written, and why.
pub(crate) fn unwritten(path: &std::path::Path, error: &std::io::Error) -> WireError {
    let reason = io_reason(error);
    WireError::invalid(say!("shell-file-unwritten", "{path} cannot be written: {reason}", path, reason), NOTHING)
}
