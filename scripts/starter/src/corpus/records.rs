//! Records and small tables of made-up values: read a field, a column, or the value that belongs to a key.

use super::{Series, exchange};
use crate::random::Random;
use crate::words;

const FIELDS: &[&str] =
    &["name", "city", "colour", "code", "owner", "animal", "street", "team", "note", "country", "tool", "friend"];

/// The value of one field.
pub(super) fn field(random: &mut Random) -> Series {
    let wanted = *random.one(FIELDS);
    let ask =
        random.pick(&["What is the {}?", "Give the {} only.", "{}?", "Write the value of {}."]).replace("{}", wanted);
    Series::new(ask, move |random| {
        let count = random.between(1, 3);
        let mut fields: Vec<&str> =
            random.sample(FIELDS, count + 1).into_iter().filter(|name| *name != wanted).take(count).collect();
        fields.push(wanted);
        random.shuffle(&mut fields);
        let values = words::items(random, fields.len());
        let lines: Vec<String> = fields.iter().zip(&values).map(|(name, value)| format!("{name}: {value}")).collect();
        let at = fields.iter().position(|name| *name == wanted).unwrap_or_default();
        let joiner = random.pick(&["\n", "\n", "; ", ", "]);
        exchange(lines.join(joiner), values[at].clone())
    })
}

/// One column of a table.
pub(super) fn column(random: &mut Random) -> Series {
    let columns = random.sample(FIELDS, 3);
    let at = random.below(3);
    let bar = *random.one(&[" | ", " - ", ", ", "; ", ": "]);
    let ask = random
        .pick(&["List the {} of every row.", "Write the {} column.", "Every {} with commas."])
        .replace("{}", columns[at]);
    Series::new(ask, move |random| {
        let count = random.between(2, 4);
        let mut rows = vec![columns.join(bar)];
        let mut answer = Vec::new();
        for _ in 0..count {
            let row: Vec<String> = (0..3).map(|_| words::noun(random)).collect();
            rows.push(row.join(bar));
            answer.push(row[at].clone());
        }
        exchange(rows.join("\n"), answer.join(", "))
    })
}

/// The value that belongs to a key.
pub(super) fn lookup(random: &mut Random) -> Series {
    let sign = *random.one(&[" = ", ": ", " -> ", " is "]);
    let ask = random.pick(&["Find the partner of the word.", "What belongs to the word?", "Look the word up."]);
    Series::new(ask, move |random| {
        let count = random.between(2, 5);
        let keys = words::items(random, count);
        let values = words::items(random, count);
        let pairs: Vec<String> = keys.iter().zip(&values).map(|(key, value)| format!("{key}{sign}{value}")).collect();
        let at = random.below(count);
        exchange(format!("{}\nWord: {}", pairs.join("\n"), keys[at]), values[at].clone())
    })
}

/// The two sides of each pair the other way round.
pub(super) fn swap(random: &mut Random) -> Series {
    let sign = *random.one(&[" - ", " / ", ": ", " = "]);
    let ask = random.pick(&["Swap the two sides.", "Turn each pair around."]);
    Series::new(ask, move |random| {
        let count = random.between(1, 3);
        let (mut input, mut answer) = (Vec::new(), Vec::new());
        for _ in 0..count {
            let (left, right) = (words::noun(random), words::noun(random));
            input.push(format!("{left}{sign}{right}"));
            answer.push(format!("{right}{sign}{left}"));
        }
        exchange(input.join("\n"), answer.join("\n"))
    })
}
