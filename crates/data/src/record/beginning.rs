//! The first bytes of a row. They are kept for rows that cannot be used, so that the user can look at them even when the
//! file is gone.

/// How much of a row is kept at most, in bytes: enough to see what is wrong.
const MOST: usize = 4000;

/// The first bytes of a row.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Beginning {
    bytes: Vec<u8>,
    cut: bool,
}

impl Beginning {
    /// Of a whole row; the space around it says nothing.
    pub(crate) fn of(row: &[u8]) -> Self {
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
