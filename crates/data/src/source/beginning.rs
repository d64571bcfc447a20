//! How a row begins in its file. It is kept for those rows that cannot be used, so that one sees what stood there also
//! when the file is long gone.

/// What is kept of a row at most, in bytes: what is wrong with longer ones shows at their beginning.
const MOST: usize = 4000;

/// The first bytes of a row.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Beginning {
    bytes: Vec<u8>,
    cut: bool,
}

impl Beginning {
    /// Of a whole row; the space around it says nothing.
    pub(super) fn of(row: &[u8]) -> Self {
        let row = row.trim_ascii();
        Self { bytes: row[..row.len().min(MOST)].to_vec(), cut: row.len() > MOST }
    }

    /// As text, and whether the end is missing. What is no text shows as the replacement character.
    pub(crate) fn into_text(mut self) -> (String, bool) {
        if self.cut
            && let Err(error) = std::str::from_utf8(&self.bytes)
            && error.error_len().is_none()
        {
            // The cut went through a character.
            self.bytes.truncate(error.valid_up_to());
        }
        (String::from_utf8_lossy(&self.bytes).into_owned(), self.cut)
    }
}
