//! Rows that nobody has in a file yet: what was pasted or typed becomes one that can be imported, and templates are there
//! to be filled in.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tunesmith_data::{own_file, template};
use tunesmith_protocol::{ErrorCode, KeepRows, RunFile, TemplateRequest, WireError};
use tunesmith_sentence::{NOTHING, say};

use super::Datasets;
use crate::{errors, home};

/// The most text that is kept, in bytes: whoever has more has a file.
const MOST_BYTES: usize = 64 << 20;

/// The most bytes of a name.
const LONGEST_NAME: usize = 120;

impl Datasets {
    /// Keeps rows as a file among the uploads, in a folder of its own, and returns its path.
    pub fn keep_rows(&self, args: &KeepRows) -> Result<String, WireError> {
        if args.text.len() > MOST_BYTES {
            return Err(WireError::new(
                ErrorCode::TooBig,
                say!("rows-pasted-too-long", "These rows are longer than {megabytes} MB", megabytes = MOST_BYTES >> 20),
                say!("rows-pasted-too-long-hint", "Save them as a file, and import that"),
            ));
        }
        let name = file_name(&args.name)?;
        let path = self.home.new_upload()?.join(name);
        let write = || -> std::io::Result<()> {
            let mut file = own_file::create(&path)?;
            std::io::Write::write_all(&mut file, args.text.as_bytes())
        };
        write().map_err(errors::io(&path))?;
        Ok(path.to_string_lossy().into_owned())
    }
}

/// A name that leads into no other folder.
fn file_name(name: &str) -> Result<&str, WireError> {
    let is_plain = !name.contains(|letter: char| letter.is_control() || "/\\\"'`<>|:*?$".contains(letter));
    match is_plain && name.len() <= LONGEST_NAME && !name.starts_with('.') && !name.trim().is_empty() {
        true => Ok(name),
        false => Err(WireError::invalid(say!("rows-file-name", "“{name}” is no name for a file", name), NOTHING)),
    }
}

/// The file that shows a shape of rows; written to `save_to`, or returned.
pub(crate) fn template_file(args: &TemplateRequest) -> Result<RunFile, WireError> {
    let file = template(args.format).ok_or_else(|| {
        let message = say!("template-no-shape", "Without a shape there is no template");
        WireError::invalid(message, say!("template-no-shape-hint", "Name the shape of the rows"))
    })?;
    let base64 = match &args.save_to {
        Some(path) => {
            home::write_whole(path.as_ref(), file.text.as_bytes())?;
            String::new()
        }
        None => STANDARD.encode(file.text),
    };
    Ok(RunFile { name: file.name.into(), mime: file.mime.into(), base64 })
}
