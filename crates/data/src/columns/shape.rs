//! The shape of rows: a layout, and the column of each of its parts.

use std::collections::BTreeMap;

use tunesmith_protocol::{Format, Mapping};

use super::layout::{Layout, Part};

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
        Mapping { format: self.layout.format, columns: columns.collect() }
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

    pub(super) fn sentence(&self) -> String {
        let of =
            |parts: &[Part]| -> Vec<&String> { parts.iter().filter_map(|part| self.columns.get(part.name)).collect() };
        let columns = listed(&[of(self.layout.required), of(self.layout.optional)].concat());
        let beside = |part: &str, what: &str| {
            self.columns.get(part).map(|column| format!(", with the {what} in “{column}”")).unwrap_or_default()
        };
        match self.layout.format {
            Format::Chat => {
                let messages = listed(&of(self.layout.required));
                let (system, tools) = (beside("system", "system prompt"), beside("tools", "tools"));
                format!("Conversations: a list of messages in {messages}{system}{tools}")
            }
            Format::Instruction => format!("Instructions and answers: the columns {columns}"),
            Format::Completion => format!("Prompts and answers: the columns {columns}"),
            Format::Preference if !self.columns.contains_key("prompt") => {
                format!("Better and worse answers, which begin alike: the columns {columns}")
            }
            Format::Preference => format!("Better and worse answers: the columns {columns}"),
            Format::Unpaired => format!("Answers judged good or bad: the columns {columns}"),
            Format::Classification => format!("Texts and their classes: the columns {columns}"),
            Format::Text | Format::Auto => format!("Plain text in {columns}"),
        }
    }
}

/// Names in quotation marks, the first eight.
pub(super) fn listed<T: AsRef<str>>(names: &[T]) -> String {
    let quoted: Vec<String> = names.iter().take(8).map(|name| format!("“{}”", name.as_ref())).collect();
    let more = if names.len() > 8 { format!(" and {} more", names.len() - 8) } else { String::new() };
    if quoted.is_empty() { "none".into() } else { quoted.join(", ") + &more }
}
