//! Lists of unseen words: repeat them, pick from them, filter and order them.

use super::{Exchange, Series, exchange};
use crate::random::Random;
use crate::words;

/// How the items of a list stand on the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    Commas,
    Dashes,
    Stars,
    Lines,
    Numbered,
    Semicolons,
    Bars,
}

impl Layout {
    pub(super) fn write(self, items: &[String]) -> String {
        let lines = |bullet: &str| items.iter().map(|item| format!("{bullet}{item}")).collect::<Vec<_>>().join("\n");
        match self {
            Self::Commas => items.join(", "),
            Self::Dashes => lines("- "),
            Self::Stars => lines("* "),
            Self::Lines => lines(""),
            Self::Numbered => {
                items.iter().enumerate().map(|(at, item)| format!("{}. {item}", at + 1)).collect::<Vec<_>>().join("\n")
            }
            Self::Semicolons => items.join("; "),
            Self::Bars => items.join(" | "),
        }
    }
}

pub(super) fn any_layout(random: &mut Random) -> Layout {
    use Layout::{Bars, Commas, Dashes, Lines, Numbered, Semicolons, Stars};
    *random.one(&[Commas, Commas, Dashes, Dashes, Dashes, Stars, Lines, Numbered, Semicolons, Bars])
}

/// A layout to answer in and how an instruction asks for it.
pub(super) fn answer_layout(random: &mut Random) -> (Layout, &'static str) {
    match random.below(8) {
        0..4 => (
            Layout::Commas,
            random.pick(&["with commas", "separated by commas", "joined by commas", "in one line with commas"]),
        ),
        4 => (Layout::Dashes, random.pick(&["with dashes", "one per line with a dash"])),
        5 => (Layout::Lines, random.pick(&["one per line", "line by line"])),
        6 => (Layout::Numbered, random.pick(&["with numbers", "as a numbered list"])),
        _ => (Layout::Semicolons, random.pick(&["with semicolons", "separated by semicolons"])),
    }
}

fn some(random: &mut Random) -> Vec<String> {
    let count = random.between(2, 7);
    words::items(random, count)
}

/// A list word by word.
pub(super) fn echo(random: &mut Random) -> Series {
    let ask = random.pick(&["Repeat the words.", "Say it again.", "Copy this text."]);
    Series::new(ask, |random| {
        let count = random.between(3, 9);
        let words: Vec<String> = (0..count).map(|_| words::noun(random)).collect();
        let text = match random.below(3) {
            0 => words.join(" "),
            _ => any_layout(random).write(&words),
        };
        exchange(text.clone(), text)
    })
}

/// The same items in another layout.
pub(super) fn repeat(random: &mut Random) -> Series {
    let (layout, how) = answer_layout(random);
    let ask = random.pick(&["Repeat the list", "Write the items", "Copy the list", "List the items", "Say all items"]);
    Series::new(format!("{ask} {how}."), move |random| {
        let items = some(random);
        exchange(any_layout(random).write(&items), layout.write(&items))
    })
}

/// The n-th item.
pub(super) fn position(random: &mut Random) -> Series {
    const NTH: &[&str] = &["first", "second", "third", "fourth"];
    let at = random.below(5);
    let which = NTH.get(at).copied().unwrap_or("last");
    let ask = random
        .pick(&["Which item is {}?", "Say the {} item.", "Give the {} item only.", "Pick the {} one."])
        .replace("{}", which);
    Series::new(ask, move |random| {
        let items = some(random);
        let answer = if at == 4 { items.len() - 1 } else { at.min(items.len() - 1) };
        let answer = if at < 4 && at >= items.len() { "There is none.".to_owned() } else { items[answer].clone() };
        exchange(any_layout(random).write(&items), answer)
    })
}

/// The item before or after another, or all that follow it.
pub(super) fn neighbour(random: &mut Random) -> Series {
    let side = random.below(3);
    let ask =
        ["Which item comes after the word?", "Which item comes before the word?", "List the items after the word."]
            [side];
    Series::new(ask, move |random| {
        let count = random.between(3, 6);
        let items = words::items(random, count);
        let at = if side == 1 { random.between(1, count - 1) } else { random.below(count - 1) };
        let answer = match side {
            0 => items[at + 1].clone(),
            1 => items[at - 1].clone(),
            _ => items[at + 1..].join(", "),
        };
        exchange(format!("{}\nWord: {}", any_layout(random).write(&items), items[at]), answer)
    })
}

/// The items backwards.
pub(super) fn reverse(random: &mut Random) -> Series {
    let ask = random.pick(&["Reverse the list.", "Write the list backwards.", "Give the items in reverse order."]);
    Series::new(ask, |random| {
        let count = random.between(2, 4);
        let mut items = words::items(random, count);
        let input = any_layout(random).write(&items);
        items.reverse();
        exchange(input, items.join(", "))
    })
}

/// Only the items with a mark, or only those without.
pub(super) fn marked(random: &mut Random) -> Series {
    let (mark, name) = *random.one(&[
        ("*", "a star"),
        ("!", "an exclamation mark"),
        ("#", "a hash"),
        ("(x)", "an x"),
        ("+", "a plus"),
        ("(yes)", "yes"),
    ]);
    let with = random.chance(0.5);
    let verb = random.pick(&["List", "Keep", "Write", "Name"]);
    let ask = if with { format!("{verb} the items with {name}.") } else { format!("{verb} the items without {name}.") };
    Series::new(ask, move |random| {
        let items = some(random);
        let mut marks: Vec<bool> = items.iter().map(|_| random.chance(0.5)).collect();
        let sure = random.below(items.len());
        marks[sure] = with;
        let shown: Vec<String> = items
            .iter()
            .zip(&marks)
            .map(|(item, marked)| if *marked { format!("{item} {mark}") } else { item.clone() })
            .collect();
        let kept: Vec<String> =
            items.into_iter().zip(&marks).filter(|(_, marked)| **marked == with).map(|(item, _)| item).collect();
        exchange(any_layout(random).write(&shown), kept.join(", "))
    })
}

/// The items in the order of the numbers before them.
pub(super) fn by_number(random: &mut Random) -> Series {
    let ask =
        random.pick(&["Sort by number.", "Order the items by their number.", "Put the items in the right order."]);
    Series::new(ask, |random| {
        let count = random.between(2, 4);
        let items = words::items(random, count);
        let mut shown: Vec<String> = items.iter().enumerate().map(|(at, item)| format!("{} {item}", at + 1)).collect();
        random.shuffle(&mut shown);
        exchange(shown.join("\n"), items.join(", "))
    })
}

/// The list without one of its items.
pub(super) fn without(random: &mut Random) -> Series {
    let ask = random.pick(&["Leave out the word and repeat the rest.", "Remove the word from the list."]);
    Series::new(ask, |random| {
        let count = random.between(2, 5);
        let items = words::items(random, count);
        let out = random.below(count);
        let kept: Vec<String> =
            items.iter().enumerate().filter(|(at, _)| *at != out).map(|(_, item)| item.clone()).collect();
        exchange(format!("{}\nWord: {}", items.join(", "), items[out]), kept.join(", "))
    })
}

/// Whether a word is in the list.
pub(super) fn member(random: &mut Random) -> Series {
    let ask = random.pick(&["Is the word in the list?", "Does the list have the word?"]);
    Series::new(ask, |random| -> Exchange {
        let items = some(random);
        let (word, answer) = if random.chance(0.5) {
            let word = random.one(&items).clone();
            let answer = format!("Yes, {word} is in the list.");
            (word, answer)
        } else {
            let word = words::item(random);
            let answer = format!("No, {word} is not in the list.");
            (word, answer)
        };
        exchange(format!("{}\nWord: {word}", items.join(", ")), answer)
    })
}

/// How many items there are.
pub(super) fn count(random: &mut Random) -> Series {
    const NUMBERS: &[&str] = &["none", "one", "two", "three", "four", "five", "six", "seven"];
    let ask = random.pick(&["How many items are there?", "Count the items."]);
    Series::new(ask, |random| {
        let items = some(random);
        exchange(any_layout(random).write(&items), format!("There are {} items.", NUMBERS[items.len()]))
    })
}
