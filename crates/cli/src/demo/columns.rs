//! Texts side by side in the columns of a terminal.

use console::{Alignment, measure_text_width, pad_str, style};

use crate::terminal::shown;

/// The question, indented and wrapped to `width` columns.
pub(crate) fn question(text: &str, width: usize) -> Vec<String> {
    let text = shown(text);
    let lines = text.lines().flat_map(|line| wrap(line, width.saturating_sub(2)));
    lines.map(|line| format!("{} {line}", style("│").dim())).collect()
}

/// Three texts under their headings, each wrapped to a third of `width`.
pub(crate) fn side_by_side(headings: [String; 3], texts: [&str; 3], width: usize) -> Vec<String> {
    let column = (width.saturating_sub(4) / 3).max(8);
    let cells = texts.map(|text| shown(text).lines().flat_map(|line| wrap(line, column)).collect::<Vec<_>>());
    let height = cells.iter().map(Vec::len).max().unwrap_or(0);
    let join = |cells: [String; 3]| {
        cells.map(|cell| pad_str(&cell, column, Alignment::Left, None).into_owned()).join("  ").trim_end().to_owned()
    };
    let heading = join(headings.map(|heading| style(heading).bold().to_string()));
    let line = |row: usize| join([0, 1, 2].map(|column| cells[column].get(row).cloned().unwrap_or_default()));
    std::iter::once(heading).chain((0..height).map(line)).collect()
}

/// Breaks at spaces; a word longer than a line is cut.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let mut word = word.to_owned();
        let current = lines.last().map_or(0, |line| measure_text_width(line));
        if current > 0 && current + 1 + measure_text_width(&word) > width {
            lines.push(String::new());
        }
        while measure_text_width(&word) > width {
            let rest = word.split_off(cut(&word, width));
            if let Some(line) = lines.last_mut() {
                line.push_str(&word);
            }
            lines.push(String::new());
            word = rest;
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(&word);
        }
    }
    lines
}

/// Where the first `width` columns of `word` end, in bytes.
fn cut(word: &str, width: usize) -> usize {
    let mut columns = 0;
    let mut bytes = 0;
    for letter in word.chars() {
        columns += measure_text_width(letter.encode_utf8(&mut [0; 4]));
        // At least one letter, so that every line makes progress.
        if columns > width && bytes > 0 {
            break;
        }
        bytes += letter.len_utf8();
    }
    bytes
}
