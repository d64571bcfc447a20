//! Decides the shape of a file by a majority vote of its first rows. What the user has chosen wins over what is recognised.

use std::collections::{BTreeMap, HashMap, HashSet};

use tunesmith_protocol::{Format, Mapping};

use super::layout::{LAYOUTS, Layout, Part, known_name};
use super::shape::{Shape, listed};
use crate::record::{Object, Problem};

const EXPECTED: &str = "expected “messages”, or “instruction” and “output”, or “prompt” and “completion”, or “text”";

/// The shape of a file, and why.
pub(crate) struct Guess {
    /// None when no row has a known shape.
    pub shape: Option<Shape>,
    /// A sentence.
    pub reason: String,
    /// The names of all columns, in the order in which they appear.
    pub columns: Vec<String>,
}

/// Decides by the majority of the rows what `wanted` leaves open.
pub(crate) fn guess<'a>(rows: impl Iterator<Item = &'a Object>, wanted: &Mapping) -> Guess {
    let mut votes: Vec<(Shape, u64)> = Vec::new();
    let mut seen = 0;
    let (mut columns, mut known) = (Vec::new(), HashSet::new());
    for row in rows {
        seen += 1;
        columns.extend(row.keys().filter(|key| known.insert(*key)).cloned());
        let Some(shape) = of_row(row, wanted) else { continue };
        match votes.iter_mut().find(|(voted, _)| voted.agrees(&shape)) {
            Some((voted, count)) => {
                *count += 1;
                voted.widen(shape);
            }
            None => votes.push((shape, 1)),
        }
    }
    // The first of equals wins.
    let best = votes.into_iter().rev().max_by_key(|(_, count)| *count);
    match best {
        Some((shape, count)) => {
            let share = if count == seen { String::new() } else { format!(" in {count} of the first {seen} rows") };
            let reason = format!("{}{share}{}", shape.sentence(), ignored(&shape, &columns));
            Guess { shape: Some(shape), reason, columns }
        }
        None if seen == 0 => Guess { shape: None, reason: "No row could be read".into(), columns },
        None => {
            let expected = wanted_columns(wanted.format);
            let reason = format!("No known shape: the columns are {}; {expected}", listed(&columns));
            Guess { shape: usual(wanted), reason, columns }
        }
    }
}

/// The shape of a chosen format with the usual names of its columns.
fn usual(wanted: &Mapping) -> Option<Shape> {
    let layout = LAYOUTS.iter().find(|layout| layout.format == wanted.format)?;
    let name = |part: &'static Part| (part.name, part.spellings[0].to_owned());
    let usual = layout.required.iter().map(name);
    let chosen = wanted.columns.iter().filter_map(|(name, column)| {
        let part = layout.parts().find(|part| part.name == name && !column.is_empty())?;
        Some((part.name, column.clone()))
    });
    Some(Shape { layout, columns: usual.chain(chosen).collect() })
}

/// Why a row without a known shape is dropped.
pub(crate) fn unknown_shape(row: &Object) -> Problem {
    let columns: Vec<String> = row.keys().take(8).cloned().collect();
    Problem::new("unknown_shape", format!("The columns are {}; {EXPECTED}", listed(&columns)))
}

fn wanted_columns(wanted: Format) -> &'static str {
    match wanted {
        Format::Auto => EXPECTED,
        Format::Chat => "expected “messages”",
        Format::Instruction => "expected “instruction” and “output”",
        Format::Completion => "expected “prompt” and “completion”",
        Format::Text => "expected “text”",
        Format::Preference => "expected “chosen” and “rejected”",
        Format::Unpaired => "expected “prompt”, “completion” and “label” (true or false)",
        Format::Classification => "expected “text” and “label”",
    }
}

/// The shape of one row.
fn of_row(row: &Object, wanted: &Mapping) -> Option<Shape> {
    let names = Names::of(row);
    let may = |layout: &&Layout| wanted.format == Format::Auto || wanted.format == layout.format;
    let fits = |layout: &&Layout| wanted.columns.keys().all(|part| layout.has(part));
    let recognise = |layout| recognise(layout, row, &names, wanted);
    let fitting = LAYOUTS.iter().filter(may).filter(fits).find_map(recognise);
    // A chosen format counts more than a part it does not have.
    fitting.or_else(|| LAYOUTS.iter().filter(|layout| wanted.format == layout.format).find_map(recognise))
}

/// The shape of a row in this layout, if all required parts are there.
fn recognise(layout: &'static Layout, row: &Object, names: &Names, wanted: &Mapping) -> Option<Shape> {
    let mut columns: BTreeMap<&'static str, String> = BTreeMap::new();
    for part in layout.parts() {
        let column = match wanted.columns.get(part.name) {
            Some(column) => Some(column.clone()).filter(|column| !column.is_empty()),
            None => {
                let free = |column: &&str| {
                    columns.values().chain(wanted.columns.values()).all(|taken| taken != column)
                        && (wanted.format == layout.format || layout.may_be(part, row.get(*column)))
                };
                names.of_part(part).find(free).map(str::to_owned)
            }
        };
        match column {
            Some(column) => drop(columns.insert(part.name, column)),
            None if layout.requires(part.name) => return None,
            None => {}
        }
    }
    Some(Shape { layout, columns })
}

/// The columns of a row that have a known name, in the row's own spelling.
struct Names<'a>(HashMap<&'static str, &'a str>);

impl<'a> Names<'a> {
    fn of(row: &'a Object) -> Self {
        let mut names = HashMap::new();
        for column in row.keys() {
            if let Some(name) = known_name(column)
                && (column == name || !names.contains_key(name))
            {
                names.insert(name, column.as_str());
            }
        }
        Self(names)
    }

    fn of_part(&self, part: &'static Part) -> impl Iterator<Item = &'a str> {
        part.spellings.iter().filter_map(|name| self.0.get(name).copied())
    }
}

fn ignored(shape: &Shape, columns: &[String]) -> String {
    let used: HashSet<&String> = shape.columns.values().collect();
    let rest: Vec<&String> = columns.iter().filter(|column| !used.contains(column)).collect();
    if rest.is_empty() { String::new() } else { format!("; not used: {}", listed(&rest)) }
}
