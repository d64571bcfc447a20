//! Recognises the shape of rows by their column names and turns rows into examples. What the parts of each shape mean
//! is in `conversations` and `judged`.

mod cells;
mod conversations;
mod guess;
mod judged;
mod layout;
mod literal;
mod messages;
mod parts;
mod repeated;
mod shape;
mod suggest;

use serde_json::Value;
use tunesmith_protocol::{Format, Mapping, Part};
use tunesmith_sentence::say;

use crate::Example;
use crate::record::{Object, Problem};
pub(crate) use guess::{guess, unknown_shape};
use layout::is_judgement;
pub(crate) use layout::is_known;
pub(crate) use literal::parse as python_literal;
pub(crate) use messages::is_message;
use parts::Parts;
pub(crate) use repeated::{repeats_messages, repeats_text};
pub(crate) use shape::Shape;
pub(crate) use suggest::suggest;

/// A text of more bytes than this is remarked on: hardly any of it fits into a row of tokens.
const LONG_TEXT: usize = 100_000;

impl Shape {
    /// The example that a row stands for; what is left in the row has no part in it. `notes` receives what is worth
    /// knowing about a row that is kept.
    pub(crate) fn example(&self, row: &mut Object, notes: &mut Vec<Problem>) -> Result<Example, Problem> {
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
}

/// The mapping that an import would recognise from column names alone.
pub(crate) fn recognised(names: &[&str]) -> Option<Mapping> {
    // A label of judged answers is recognised only by its value, and null passes as a value for every other column.
    let value = |name: &str| if is_judgement(name) { Value::Bool(true) } else { Value::Null };
    let row: Object = names.iter().map(|name| ((*name).to_owned(), value(name))).collect();
    guess(std::iter::once(&row), &Mapping::default()).shape.map(|shape| shape.mapping())
}

/// The names of all parts that rows of a format may have; of every format for `Auto`.
pub fn part_names(format: Format) -> Vec<&'static str> {
    let mut names: Vec<&str> = Vec::new();
    let layouts = layout::LAYOUTS.iter().filter(|layout| format == Format::Auto || layout.format == format);
    for part in layouts.flat_map(layout::Layout::parts) {
        if !names.contains(&part.name) {
            names.push(part.name);
        }
    }
    names
}

/// The parts that rows of a chosen or recognised shape have.
pub(crate) fn parts_of(mapping: &Mapping) -> Vec<Part> {
    let layouts = || layout::LAYOUTS.iter().filter(|layout| layout.format == mapping.format);
    let layout = layouts().find(|layout| mapping.columns.keys().all(|part| layout.has(part))).or(layouts().next());
    let part = |layout: &layout::Layout, part: &layout::Part| Part {
        name: part.name.into(),
        required: layout.requires(part.name),
    };
    layout.map_or(Vec::new(), |layout| layout.parts().map(|of| part(layout, of)).collect())
}

fn text(parts: &mut Parts, notes: &mut Vec<Problem>) -> Result<Example, Problem> {
    let text = parts.required_text("text")?;
    if text.trim().is_empty() {
        return Err(parts.empty("empty_text", "text"));
    }
    if text.len() > LONG_TEXT {
        let message = say!(
            "row-text-long",
            "This text is {size_kb} kB long; what goes beyond the max length is not learned. Blank lines cut a text file into rows",
            size_kb = text.len() / 1000
        );
        notes.push(Problem::new("long_text", message));
    }
    Ok(Example::Text { text })
}
