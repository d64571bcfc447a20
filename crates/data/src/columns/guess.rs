//! Decides the shape of a file by a majority vote of its first rows. What the user has chosen wins over what is recognised.

use std::collections::{BTreeMap, HashMap, HashSet};

use tunesmith_protocol::{Format, Mapping};
use tunesmith_sentence::{Sentence, say};

use super::layout::{LAYOUTS, Layout, Part, known_name};
use super::shape::{MOST_NAMES, Shape};
use crate::quoted::quoted;
use crate::record::{Object, Problem};

/// The shape of a file, and why.
pub(crate) struct Guess {
    /// None when no row has a known shape.
    pub shape: Option<Shape>,
    /// A sentence.
    pub reason: Sentence,
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
            let reason = with_unused(with_share(shape.among(&known).sentence(), count, seen), &shape, &columns);
            let reason = with_absent(with_parts_aside(reason, &shape, wanted), &shape, wanted, &columns);
            Guess { shape: Some(shape), reason, columns }
        }
        None if seen == 0 => Guess { shape: None, reason: say!("shape-no-row", "No row could be read"), columns },
        None => {
            let reason = say!(
                "shape-unknown",
                "No known shape: the columns are {columns}; {expected}",
                columns = quoted(columns.iter(), MOST_NAMES),
                expected = expected_columns(wanted.format)
            );
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
    let what = say!(
        "row-shape-unknown",
        "The columns are {columns}; expected “messages”, or “instruction” and “output”, or “prompt” and “completion”, or “text”",
        columns = quoted(row.keys().take(MOST_NAMES), MOST_NAMES)
    );
    Problem::new("unknown_shape", what)
}

fn expected_columns(wanted: Format) -> Sentence {
    match wanted {
        Format::Auto => say!(
            "shape-expected",
            "expected “messages”, or “instruction” and “output”, or “prompt” and “completion”, or “text”"
        ),
        Format::Chat => say!("shape-expected-chat", "expected “messages”"),
        Format::Instruction => say!("shape-expected-instruction", "expected “instruction” and “output”"),
        Format::Completion => say!("shape-expected-completion", "expected “prompt” and “completion”"),
        Format::Text => say!("shape-expected-text", "expected “text”"),
        Format::Preference => say!("shape-expected-preference", "expected “chosen” and “rejected”"),
        Format::Unpaired => {
            say!("shape-expected-unpaired", "expected “prompt”, “completion” and “label” (true or false)")
        }
        Format::Classification => say!("shape-expected-classification", "expected “text” and “label”"),
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
                // A part that the layout does not have takes no column from those it has.
                let chosen = wanted.columns.iter().filter(|(part, _)| layout.has(part)).map(|(_, column)| column);
                let free = |column: &&str| {
                    columns.values().chain(chosen.clone()).all(|taken| taken != column)
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

/// Says how many rows have the shape, where not all do.
fn with_share(shape: Sentence, count: u64, rows: u64) -> Sentence {
    if count == rows {
        return shape;
    }
    say!("shape-in-rows", "{shape} in {count} of the first {rows} rows", shape, count, rows)
}

/// Names the chosen columns that no row has.
fn with_absent(reason: Sentence, shape: &Shape, wanted: &Mapping, columns: &[String]) -> Sentence {
    let absent =
        |(part, column): &(&&str, &String)| wanted.columns.get(**part) == Some(*column) && !columns.contains(column);
    let absent: Vec<&String> = shape.columns.iter().filter(absent).map(|(_, column)| column).collect();
    if absent.is_empty() {
        return reason;
    }
    say!(
        "shape-chosen-absent",
        "{shape}. No row looked at has the chosen {absent}: the columns are {columns}",
        shape = reason,
        absent = quoted(absent.iter(), MOST_NAMES),
        columns = quoted(columns.iter(), MOST_NAMES)
    )
}

/// Names the parts for which columns were chosen and that rows of this shape do not have.
fn with_parts_aside(reason: Sentence, shape: &Shape, wanted: &Mapping) -> Sentence {
    let chosen = wanted.columns.iter().filter(|(_, column)| !column.is_empty()).map(|(part, _)| part);
    let aside: Vec<&String> = chosen.filter(|part| !shape.layout.has(part)).collect();
    if aside.is_empty() {
        return reason;
    }
    let parts: Vec<&str> = shape.layout.parts().map(|part| part.name).collect();
    say!(
        "shape-parts-aside",
        "{shape}. Such rows have no part {aside}, so what was chosen for it is not used: their parts are {parts}",
        shape = reason,
        aside = quoted(aside.iter(), MOST_NAMES),
        parts = quoted(parts.iter(), MOST_NAMES)
    )
}

/// Names the columns that the shape does not use, if there are any.
fn with_unused(reason: Sentence, shape: &Shape, columns: &[String]) -> Sentence {
    let used: HashSet<&String> = shape.columns.values().collect();
    let rest: Vec<&String> = columns.iter().filter(|column| !used.contains(column)).collect();
    if rest.is_empty() {
        return reason;
    }
    say!(
        "shape-columns-unused",
        "{shape}; not used: {columns}",
        shape = reason,
        columns = quoted(rest.iter(), MOST_NAMES)
    )
}
