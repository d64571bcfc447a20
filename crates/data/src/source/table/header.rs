//! The first line of a table: the delimiter and the names of the columns.

use std::collections::HashMap;

use tunesmith_sentence::say;

use super::cells::{Cells, Dialect, Found, line_length, read_line, read_row};
use crate::columns;
use crate::quoted::quoted;
use crate::record::{Problem, cut_name};

const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// A cell over this many bytes is no name.
const LONGEST_NAME: usize = 100;

/// The delimiter of a table: the one it names, or that gives the most known columns, then the most columns.
pub(crate) fn delimiter(head: &[u8], tab_first: bool) -> u8 {
    if let Some(declared) = declared(head) {
        return declared;
    }
    let first = if tab_first { b'\t' } else { b',' };
    let score = |delimiter: u8| {
        let names = first_names(head, delimiter);
        (names.iter().filter(|name| columns::is_known(name)).count(), names.len(), delimiter == first)
    };
    DELIMITERS.into_iter().max_by_key(|delimiter| score(*delimiter)).unwrap_or(first)
}

/// The delimiter of a file whose header names known columns that make up a row; none if it has no such header.
pub(crate) fn known_delimiter(head: &[u8]) -> Option<u8> {
    let delimiter = delimiter(head, false);
    let names = first_names(head, delimiter);
    let known = names.iter().filter(|name| columns::is_known(name)).count();
    (known > 1 || (known == 1 && names.len() == 1)).then_some(delimiter)
}

/// The length of Excel's line that names the delimiter, such as `sep=;`.
pub(super) const DECLARATION: usize = 5;

/// The delimiter that such a line names.
pub(super) fn declared(head: &[u8]) -> Option<u8> {
    let (line, rest) = head.split_at_checked(DECLARATION)?;
    let ends = matches!(rest.first(), None | Some(b'\n' | b'\r'));
    let delimiter = line[DECLARATION - 1];
    (ends && line[..DECLARATION - 1].eq_ignore_ascii_case(b"sep=") && DELIMITERS.contains(&delimiter))
        .then_some(delimiter)
}

fn first_names(head: &[u8], delimiter: u8) -> Vec<String> {
    let after_declaration = declared(head).map_or(0, |_| DECLARATION);
    let head = &head[after_declaration..];
    let blank = head.iter().take_while(|byte| matches!(byte, b'\n' | b'\r')).count();
    let (head, mut cells) = (&head[blank..], Cells::default());
    let dialect = Dialect { delimiter, plain_quotes: delimiter == b'\t' };
    if let Found::Broken { .. } = read_row(head, dialect, true, &mut cells) {
        read_line(&head[..line_length(head)], delimiter, &mut cells);
    }
    names(&cells)
}

/// The cells of a header as they stand there.
pub(super) fn names(cells: &Cells) -> Vec<String> {
    cells.iter().map(|cell| String::from_utf8_lossy(cell).trim().to_owned()).collect()
}

/// Whether a first line holds the names of columns. It is taken for a row only if it can hardly be names: if it holds a
/// number, a long text, or nothing but sentences.
pub(in crate::source) fn may_be_names(cells: &[String]) -> bool {
    let mut filled = cells.iter().filter(|cell| !cell.is_empty()).peekable();
    if filled.peek().is_none() || cells.iter().any(|cell| columns::is_known(cell)) || are_numbered(cells) {
        return true;
    }
    let no_name = |cell: &String| is_number(cell) || cell.len() > LONGEST_NAME || cell.contains(['\n', '\r']);
    let mut only_sentences = true;
    for cell in filled {
        if no_name(cell) {
            return false;
        }
        only_sentences &= is_sentence(cell);
    }
    !only_sentences
}

/// Whether these are the names 0, 1, 2 … that pandas gives to columns without one.
fn are_numbered(cells: &[String]) -> bool {
    let named = cells.iter().skip(usize::from(cells.first().is_some_and(String::is_empty)));
    named.enumerate().all(|(number, cell)| *cell == number.to_string())
}

fn is_number(cell: &str) -> bool {
    cell.starts_with(|first: char| first.is_ascii_digit() || "+-.".contains(first)) && cell.parse::<f64>().is_ok()
}

fn is_sentence(cell: &str) -> bool {
    let words = cell.split_whitespace().count();
    words > 1 && (words > 7 || cell.ends_with(['.', '?', '!', '…']))
}

/// Makes the names of columns short and distinct, with remarks if some were not.
pub(in crate::source) fn distinct(names: Vec<String>) -> (Vec<String>, Vec<Problem>) {
    let mut uses: HashMap<String, usize> = HashMap::new();
    let (mut renamed, mut remarks) = (Vec::new(), Vec::new());
    let mut distinct = Vec::with_capacity(names.len());
    for (number, name) in (1..).zip(names) {
        let name = match cut_name(&name) {
            _ if name.is_empty() => format!("column {number}"),
            Some(short) => {
                remarks.push(Problem::name_cut(short));
                short.to_owned()
            }
            None => name,
        };
        let mut own = name.clone();
        while uses.contains_key(&own) {
            let times = uses.entry(name.clone()).or_insert(1);
            *times += 1;
            own = format!("{name} ({times})");
        }
        if own != name && renamed.len() < 3 {
            renamed.push(own.clone());
        }
        uses.insert(own.clone(), 1);
        distinct.push(own);
    }
    if !renamed.is_empty() {
        let names = quoted(renamed.iter(), renamed.len());
        let message =
            say!("row-columns-share-name", "Columns share a name; each is kept under its own: {names}", names);
        remarks.push(Problem::new("repeated_column", message));
    }
    (distinct, remarks)
}
