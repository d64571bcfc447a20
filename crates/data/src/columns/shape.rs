//! The shape of rows: a layout, and the column of each of its parts.

use std::collections::{BTreeMap, HashSet};

use tunesmith_protocol::{Format, Mapping};
use tunesmith_sentence::{Sentence, say};

use super::layout::{Layout, Part};
use crate::quoted::quoted;

/// The most columns that a sentence names.
pub(super) const MOST_NAMES: usize = 8;

/// Which columns of a row mean what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(super) layout: &'static Layout,
    /// The column of each part; only optional parts may be missing.
    pub(super) columns: BTreeMap<&'static str, String>,
}

impl Shape {
    /// Which column is which part of a row.
    pub(crate) fn mapping(&self) -> Mapping {
        let columns = self.columns.iter().map(|(part, column)| ((*part).to_owned(), column.clone()));
        Mapping { format: self.layout.format, columns: columns.collect(), sheet: None }
    }

    /// Whether both take the same columns for the required parts.
    pub(super) fn agrees(&self, other: &Self) -> bool {
        let same = |part: &Part| self.columns.get(part.name) == other.columns.get(part.name);
        self.layout == other.layout && self.layout.required.iter().all(same)
    }

    /// Takes over the columns that only some rows have.
    pub(super) fn widen(&mut self, other: Self) {
        for (part, column) in other.columns {
            if !self.columns.values().any(|taken| *taken == column) {
                self.columns.entry(part).or_insert(column);
            }
        }
    }

    /// The same without the optional parts whose column is not among these: one that was chosen need not be in the file.
    pub(super) fn among(&self, known: &HashSet<&String>) -> Self {
        let is_there = |part: &str, column: &String| self.layout.requires(part) || known.contains(column);
        let columns = self.columns.iter().filter(|(part, column)| is_there(part, column));
        Self { layout: self.layout, columns: columns.map(|(part, column)| (*part, column.clone())).collect() }
    }

    /// What rows of this shape are, and in which columns.
    pub(super) fn sentence(&self) -> Sentence {
        let of =
            |parts: &[Part]| -> Vec<&String> { parts.iter().filter_map(|part| self.columns.get(part.name)).collect() };
        let columns = quoted([of(self.layout.required), of(self.layout.optional)].concat().iter(), MOST_NAMES);
        match self.layout.format {
            Format::Chat => self.with_columns_beside(say!(
                "shape-chat",
                "Conversations: a list of messages in {columns}",
                columns = quoted(of(self.layout.required).iter(), MOST_NAMES)
            )),
            Format::Instruction => {
                say!("shape-instruction", "Instructions and answers: the columns {columns}", columns)
            }
            Format::Completion => say!("shape-completion", "Prompts and answers: the columns {columns}", columns),
            Format::Preference if !self.columns.contains_key("prompt") => say!(
                "shape-preference-alike",
                "Better and worse answers, which begin alike: the columns {columns}",
                columns
            ),
            Format::Preference => say!("shape-preference", "Better and worse answers: the columns {columns}", columns),
            Format::Unpaired => say!("shape-unpaired", "Answers judged good or bad: the columns {columns}", columns),
            Format::Classification => {
                say!("shape-classification", "Texts and their classes: the columns {columns}", columns)
            }
            Format::Text | Format::Auto => say!("shape-text", "Plain text in {columns}", columns),
        }
    }

    /// What conversations have besides their messages.
    fn with_columns_beside(&self, mut shape: Sentence) -> Sentence {
        if let Some(column) = self.columns.get("system") {
            shape = say!("shape-with-system", "{shape}, with the system prompt in “{column}”", shape, column);
        }
        if let Some(column) = self.columns.get("tools") {
            shape = say!("shape-with-tools", "{shape}, with the tools in “{column}”", shape, column);
        }
        shape
    }
}
