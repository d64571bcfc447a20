//! Lists whose lines have parts: numbers, measures, qualities and notes. Take one part out of every line, or leave one out.
//! The measures are made up or belong to a warehouse, and so are the notes.

use super::lists::{Layout, answer_layout};
use super::{Series, exchange};
use crate::random::Random;
use crate::words::{self, MEASURES, QUALITIES};

/// One decorated line and its parts.
struct Line {
    text: String,
    name: String,
    number: String,
    note: String,
}

/// How the lines of one list are decorated.
#[derive(Clone)]
struct Style {
    units: Vec<String>,
    notes: Vec<String>,
    qualities: bool,
    always_note: bool,
}

/// Every line without one of its parts.
pub(super) fn without_part(random: &mut Random) -> Series {
    let (layout, how) = answer_layout(random);
    let (part, tail) = *random.one(&[
        ("the numbers", None),
        ("what is in brackets", Some((" (", ")"))),
        ("what is in square brackets", Some((" [", "]"))),
        ("what comes after the comma", Some((", ", ""))),
        ("what comes after the dash", Some((" - ", ""))),
        ("what comes after the colon", Some((": ", ""))),
    ]);
    let ask = random.pick(&["Leave out", "Drop", "Remove", "Take away"]);
    let style = any_style(random);
    Series::new(format!("{ask} {part} and write the rest {how}."), move |random| {
        let count = random.between(2, 7);
        let (mut shown, mut kept) = (Vec::new(), Vec::new());
        for name in words::names(random, count) {
            let rest = if random.chance(0.5) { format!("{} {name}", random.one(&style.units)) } else { name };
            kept.push(rest.clone());
            shown.push(match tail {
                None => format!("{} {rest}", number(random)),
                // Not every line has the part.
                Some(_) if random.chance(0.3) => rest,
                Some((open, close)) => format!("{rest}{open}{}{close}", random.one(&style.notes)),
            });
        }
        exchange(list(random, &shown), layout.write(&kept))
    })
}

/// One word of every line, by its place.
pub(super) fn word_of_line(random: &mut Random) -> Series {
    let (layout, how) = answer_layout(random);
    let (place, at) = *random.one(&[("first", 0), ("second", 1), ("third", 2), ("last", usize::MAX)]);
    let ask = random.pick(&["Write the {} word of each line", "Take the {} word of every line and list them"]);
    Series::new(format!("{}, {how}.", ask.replace("{}", place)), move |random| {
        let count = random.between(2, 7);
        let (mut shown, mut kept) = (Vec::new(), Vec::new());
        for _ in 0..count {
            let length = random.between(if at == usize::MAX { 1 } else { at + 1 }, 4);
            let words: Vec<String> = (0..length).map(|_| words::noun(random)).collect();
            kept.push(words[at.min(length - 1)].clone());
            shown.push(words.join(" "));
        }
        exchange(list(random, &shown), layout.write(&kept))
    })
}

/// The numbers only.
pub(super) fn numbers(random: &mut Random) -> Series {
    let ask =
        random.pick(&["Write only the numbers.", "Which numbers are in the list?", "Give the number of each line."]);
    let style = any_style(random);
    Series::new(ask, move |random| {
        let lines = lines(random, &style);
        let numbers: Vec<String> = lines.iter().map(|line| line.number.clone()).collect();
        exchange(page(random, &lines), numbers.join(", "))
    })
}

/// The notes only.
pub(super) fn notes(random: &mut Random) -> Series {
    let ask = random.pick(&["Write only the notes.", "Give the note of each line.", "Which notes are there?"]);
    let style = Style { always_note: true, ..any_style(random) };
    Series::new(ask, move |random| {
        let lines = lines(random, &style);
        let notes: Vec<String> = lines.iter().map(|line| line.note.clone()).collect();
        exchange(page(random, &lines), notes.join(", "))
    })
}

/// The list without the words that the instruction names.
pub(super) fn skip_words(random: &mut Random) -> Series {
    let count = random.between(1, 4);
    let skipped: Vec<String> = (0..count).map(|_| words::noun(random)).collect();
    let verb = random.pick(&["Skip the words", "Leave out the words", "Drop the words", "Repeat without the words"]);
    Series::new(format!("{verb}: {}", skipped.join(", ")), move |random| {
        let count = random.between(2, 5);
        let items = words::items(random, count);
        let shown: Vec<String> = items
            .iter()
            .map(|item| match random.below(4) {
                0 => item.clone(),
                1 => format!("{item} {}", random.one(&skipped)),
                _ => format!("{} {item}", random.one(&skipped)),
            })
            .collect();
        let layout = *random.one(&[Layout::Commas, Layout::Dashes, Layout::Lines]);
        exchange(layout.write(&shown), items.join(", "))
    })
}

fn any_style(random: &mut Random) -> Style {
    let units = random.between(1, 4);
    let notes = random.between(1, 4);
    Style {
        units: (0..units).map(|_| unit(random)).collect(),
        notes: (0..notes).map(|_| note(random)).collect(),
        qualities: random.chance(0.6),
        always_note: false,
    }
}

fn unit(random: &mut Random) -> String {
    match random.below(3) {
        0 => words::made_up(random),
        1 => random.pick(&["kg", "cm", "mm", "km", "kw", "px", "mb", "hp", "x", "pcs", "ft", "yd"]).to_owned(),
        _ => words::any(random, MEASURES).to_owned(),
    }
}

fn note(random: &mut Random) -> String {
    let notes = [
        "broken",
        "painted",
        "freshly painted",
        "new",
        "almost new",
        "for sale",
        "for the attic",
        "washed",
        "folded",
        "in the box",
        "on the shelf",
        "or less",
        "as needed",
        "without lid",
        "very old",
        "half full",
        "to repair",
        "polished",
        "well packed",
        "if there is room",
        "nicely wrapped",
        "lost",
        "sold",
    ];
    match random.below(4) {
        0 => format!("{} {}", random.pick(&["for", "with", "from", "in"]), words::made_up(random)),
        1 => words::made_up(random),
        _ => random.pick(&notes).to_owned(),
    }
}

fn lines(random: &mut Random, style: &Style) -> Vec<Line> {
    let count = random.between(2, 7);
    let names = words::names(random, count);
    names.into_iter().map(|name| decorate(random, style, name)).collect()
}

fn decorate(random: &mut Random, style: &Style, name: String) -> Line {
    let number = number(random);
    let unit = random.one(&style.units).clone();
    let quantity = match random.below(6) {
        0 => number.clone(),
        1 => format!("{number}{unit}"),
        2 => format!("{number} {unit} of"),
        3 => format!("about {number} {unit}"),
        _ => format!("{number} {unit}"),
    };
    let quality = style.qualities && random.chance(0.3);
    let described = if quality { format!("{} {name}", words::any(random, QUALITIES)) } else { name.clone() };
    let note = random.one(&style.notes).clone();
    let tail = match random.below(if style.always_note { 4 } else { 8 }) {
        0 => format!(" ({note})"),
        1 => format!(" - {note}"),
        2 => format!(" [{note}]"),
        3 => format!(", {note}"),
        _ => String::new(),
    };
    let bare = quantity.trim_end_matches(" of");
    let text = match random.below(8) {
        0 if tail.is_empty() => format!("{described}, {bare}"),
        1 if tail.is_empty() => format!("{described} ({bare})"),
        2 if tail.is_empty() => format!("{described}: {bare}"),
        _ => format!("{quantity} {described}{tail}"),
    };
    Line { text, name, number, note }
}

fn number(random: &mut Random) -> String {
    match random.below(8) {
        0 => format!("{}/{}", random.between(1, 3), random.between(2, 4)),
        1 => format!("{}.5", random.between(1, 9)),
        2 => format!("{}-{}", random.between(1, 4), random.between(5, 9)),
        3 => (random.between(1, 9) * 100).to_string(),
        4 => (random.between(1, 19) * 5).to_string(),
        5 => format!("{} 1/2", random.between(1, 4)),
        _ => random.between(1, 12).to_string(),
    }
}

/// The lines as a list, sometimes under a heading.
fn page(random: &mut Random, lines: &[Line]) -> String {
    let texts: Vec<String> = lines.iter().map(|line| line.text.clone()).collect();
    let list = list(random, &texts);
    match random.below(4) {
        0 => format!("{} {}\n{list}", words::made_up_name(random), words::noun(random)),
        1 => format!("{} {} {}\n{list}", words::made_up_name(random), random.one(lines).name, words::noun(random)),
        _ => list,
    }
}

/// Lines in a layout that keeps them apart although there are commas in them.
fn list(random: &mut Random, lines: &[String]) -> String {
    use Layout::{Dashes, Lines, Semicolons, Stars};
    random.one(&[Dashes, Dashes, Dashes, Stars, Lines, Semicolons]).write(lines)
}
