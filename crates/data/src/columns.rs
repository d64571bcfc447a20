//! Recognises the shape of rows by their column names and turns rows into examples. What the parts of each shape mean
//! is in `conversations` and `judged`.

mod cells;
mod conversations;
mod guess;
mod judged;
mod layout;
mod literal;
mod messages;

use std::collections::BTreeMap;

use serde_json::Value;
use tunesmith_protocol::{Format, Mapping, Part};

use crate::Example;
use crate::source::{Bad, Object};
pub(crate) use guess::{guess, unknown_shape};
use layout::Layout;
use layout::is_judgement;
pub(crate) use layout::is_known;

/// A text of more bytes than this is remarked on: hardly any of it fits into a row of tokens.
const LONG_TEXT: usize = 100_000;

/// Which columns of a row mean what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shape {
    layout: &'static Layout,
    /// The column of each part; only what a row can do without may be missing.
    columns: BTreeMap<&'static str, String>,
}

impl Shape {
    /// Which column is which part of a row.
    pub(crate) fn mapping(&self) -> Mapping {
        let columns = self.columns.iter().map(|(part, column)| ((*part).to_owned(), column.clone()));
        Mapping { format: self.layout.format, columns: columns.collect() }
    }

    /// The example that a row stands for; what is left in the row has no part in it. `notes` receives what is worth
    /// knowing about a row that is kept.
    pub(crate) fn example(&self, row: &mut Object, notes: &mut Vec<Bad>) -> Result<Example, Bad> {
        let mut parts = Parts { shape: self, row };
        let example = match self.layout.format {
            Format::Chat => conversations::chat(&mut parts, notes),
            Format::Instruction => conversations::exchange(&mut parts, "instruction", "output", notes),
            Format::Completion => conversations::exchange(&mut parts, "prompt", "completion", notes),
            Format::Preference => judged::preference(&mut parts, notes),
            Format::Unpaired => judged::unpaired(&mut parts, notes),
            Format::Classification => judged::classification(&mut parts),
            Format::Text => text(&mut parts, notes),
            Format::Auto => Err(unknown_shape(parts.row)),
        }?;
        for column in self.columns.values() {
            row.shift_remove(column.as_str());
        }
        // An empty cell says nothing.
        row.retain(|_, value| !value.is_null());
        Ok(example)
    }

    /// Whether both take the same columns for what a row cannot do without.
    fn agrees(&self, other: &Self) -> bool {
        let same = |part: &layout::Part| self.columns.get(part.name) == other.columns.get(part.name);
        self.layout == other.layout && self.layout.required.iter().all(same)
    }

    /// Takes over the columns that only some rows have.
    fn widen(&mut self, other: Self) {
        for (part, column) in other.columns {
            if !self.columns.values().any(|taken| *taken == column) {
                self.columns.entry(part).or_insert(column);
            }
        }
    }

    fn sentence(&self) -> String {
        let of = |parts: &[layout::Part]| -> Vec<&String> {
            parts.iter().filter_map(|part| self.columns.get(part.name)).collect()
        };
        let columns = guess::listed(&[of(self.layout.required), of(self.layout.optional)].concat());
        let beside = |part: &str, what: &str| {
            self.columns.get(part).map(|column| format!(", with the {what} in “{column}”")).unwrap_or_default()
        };
        match self.layout.format {
            Format::Chat => {
                let messages = guess::listed(&of(self.layout.required));
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

/// What an import makes of a file by the names of its columns, whatever stands in them.
pub(crate) fn recognised(names: &[&str]) -> Option<Mapping> {
    // A label of judged answers is recognised only where it is a judgement, and nothing is whatever a name suggests.
    let value = |name: &str| if is_judgement(name) { Value::Bool(true) } else { Value::Null };
    let row: Object = names.iter().map(|name| ((*name).to_owned(), value(name))).collect();
    guess(std::iter::once(&row), &Mapping::default()).shape.map(|shape| shape.mapping())
}

/// The parts that rows of a chosen or recognised shape have.
pub(crate) fn parts(mapping: &Mapping) -> Vec<Part> {
    let layouts = || layout::LAYOUTS.iter().filter(|layout| layout.format == mapping.format);
    let layout = layouts().find(|layout| mapping.columns.keys().all(|part| layout.has(part))).or(layouts().next());
    let part =
        |layout: &Layout, part: &layout::Part| Part { name: part.name.into(), required: layout.requires(part.name) };
    layout.map_or(Vec::new(), |layout| layout.parts().map(|of| part(layout, of)).collect())
}

/// A row of a known shape, whose parts are taken out one by one.
struct Parts<'a> {
    shape: &'a Shape,
    row: &'a mut Object,
}

impl Parts<'_> {
    /// The column of a part.
    fn column(&self, part: &str) -> &str {
        self.shape.columns.get(part).map_or("", String::as_str)
    }

    /// Whether the row has a value for a part.
    fn has(&self, part: &str) -> bool {
        self.shape.columns.get(part).and_then(|column| self.row.get(column)).is_some_and(|value| !value.is_null())
    }

    /// The value of a part; none if the row has none.
    fn take(&mut self, part: &str) -> Option<Value> {
        let column = self.shape.columns.get(part)?;
        let sharing = self.shape.columns.values().filter(|other| *other == column).count();
        let value = if sharing > 1 { self.row.get(column).cloned() } else { self.row.shift_remove(column.as_str()) };
        value.filter(|value| !value.is_null())
    }

    /// The value of a part that must be there.
    fn required(&mut self, part: &str) -> Result<Value, Bad> {
        let missing =
            |column: &str| Bad::new("missing_column", format!("This row has nothing in the column “{column}”"));
        self.take(part).ok_or_else(|| missing(self.column(part)))
    }

    /// The text of a part that must be there.
    fn required_text(&mut self, part: &str) -> Result<String, Bad> {
        let value = self.required(part)?;
        cells::text(value, self.column(part))
    }

    /// The text of a part; none if it is absent or blank.
    fn optional_text(&mut self, part: &str) -> Result<Option<String>, Bad> {
        let text = self.take(part).map(|value| cells::text(value, self.column(part))).transpose()?;
        Ok(text.filter(|text| !text.trim().is_empty()))
    }
}

fn text(parts: &mut Parts, notes: &mut Vec<Bad>) -> Result<Example, Bad> {
    let text = parts.required_text("text")?;
    if text.trim().is_empty() {
        return Err(Bad::new("empty_text", format!("The column “{}” is empty in this row", parts.column("text"))));
    }
    if text.len() > LONG_TEXT {
        let size = text.len() / 1000;
        let message = format!(
            "This text is {size} kB long; what goes beyond the max length is not learned. Blank lines cut a text file into rows"
        );
        notes.push(Bad::new("long_text", message));
    }
    Ok(Example::Text { text })
}
