//! How large a row may be.

/// The longest row, in bytes. A longer one is a problem of that row, and is never held in memory.
pub(crate) const LONGEST_ROW: usize = 16 << 20;

/// The most values in a row, and columns in a table. A value takes some hundred bytes in memory, but perhaps only two in
/// the file.
pub(crate) const MOST_VALUES: usize = 500_000;

/// The longest name of a column, in characters. It stands in each row, so a longer one would take any memory; it is cut.
pub(crate) const LONGEST_NAME: usize = 1000;

/// As much of a name as a column's may have; none where it is short enough.
pub(crate) fn cut_name(name: &str) -> Option<&str> {
    let is_short = name.len() <= LONGEST_NAME;
    let end = if is_short { None } else { name.char_indices().nth(LONGEST_NAME) };
    end.map(|(end, _)| &name[..end])
}

/// Whether JSON or a Python literal may hold more values than a row can have. Counts the characters that separate values:
/// ordinary text has them too, but not so many.
pub(crate) fn is_crowded(text: &[u8]) -> bool {
    let separates = |byte: &&u8| matches!(**byte, b',' | b'[' | b'{');
    text.len() > MOST_VALUES && text.iter().filter(separates).count() > MOST_VALUES
}
