//! Sample 2: a question about a small table becomes one SQL query.

use super::{Row, chat};
use crate::random::Random;

const SYSTEM: &str = "Answer with one SQL query for the table and nothing else.";
const SEED: u64 = 2025;

struct Table {
    name: &'static str,
    /// What one row is, and what several are.
    noun: (&'static str, &'static str),
    label: &'static str,
    /// Text columns with some of their values.
    words: &'static [(&'static str, &'static [&'static str])],
    /// Number columns with a range of sensible limits.
    numbers: &'static [(&'static str, usize, usize)],
}

const TABLES: &[Table] = &[
    Table {
        name: "pets",
        noun: ("pet", "pets"),
        label: "name",
        words: &[("kind", &["cat", "dog", "rabbit", "parrot"]), ("city", &["Oslo", "Lyon", "Porto", "Graz"])],
        numbers: &[("age", 1, 15), ("weight", 1, 40)],
    },
    Table {
        name: "books",
        noun: ("book", "books"),
        label: "title",
        words: &[("author", &["Mara Lind", "Otto Vance", "Ines Roca"]), ("genre", &["crime", "poetry", "travel"])],
        numbers: &[("pages", 80, 700), ("year", 1950, 2020)],
    },
    Table {
        name: "employees",
        noun: ("employee", "employees"),
        label: "name",
        words: &[("team", &["sales", "design", "support", "research"]), ("office", &["Berlin", "Turin", "Leeds"])],
        numbers: &[("salary", 30000, 90000), ("age", 20, 64)],
    },
    Table {
        name: "orders",
        noun: ("order", "orders"),
        label: "id",
        words: &[("status", &["open", "paid", "shipped"]), ("customer", &["Blum", "Costa", "Adler"])],
        numbers: &[("total", 10, 900), ("items", 1, 20)],
    },
    Table {
        name: "planes",
        noun: ("plane", "planes"),
        label: "model",
        words: &[("maker", &["Norda", "Skylark", "Ventur"]), ("airline", &["Blue Air", "Polar", "Sunline"])],
        numbers: &[("seats", 40, 400), ("built", 1980, 2020)],
    },
    Table {
        name: "songs",
        noun: ("song", "songs"),
        label: "title",
        words: &[("artist", &["The Larks", "Nova Hill", "Juno"]), ("mood", &["calm", "happy", "sad"])],
        numbers: &[("seconds", 90, 400), ("plays", 100, 9000)],
    },
    Table {
        name: "houses",
        noun: ("house", "houses"),
        label: "street",
        words: &[("town", &["Elmwick", "Dunmore", "Harsk"]), ("colour", &["white", "red", "grey"])],
        numbers: &[("rooms", 2, 9), ("price", 90000, 700000)],
    },
    Table {
        name: "races",
        noun: ("race", "races"),
        label: "name",
        words: &[("country", &["Italy", "Kenya", "Japan"]), ("winner", &["Sato", "Weber", "Okoye"])],
        numbers: &[("distance", 5, 100), ("runners", 20, 900)],
    },
];

/// The `index`-th row.
pub fn row(index: u64) -> Row {
    let random = &mut Random::new(SEED, index);
    let table = random.one(TABLES);
    let columns: Vec<&str> = [table.label]
        .into_iter()
        .chain(table.words.iter().map(|word| word.0))
        .chain(table.numbers.iter().map(|number| number.0))
        .collect();
    let (question, query) = question(random, table);
    chat(Some(SYSTEM), &format!("Table: {}({})\nQuestion: {question}", table.name, columns.join(", ")), &query)
}

fn question(random: &mut Random, table: &Table) -> (String, String) {
    let Table { name, noun: (one, many), label, .. } = table;
    let (word, values) = random.one(table.words);
    let value = random.pick(values);
    let (number, low, high) = random.one(table.numbers);
    let limit = round(random.between(*low, *high));
    let top = random.between(2, 6);
    match random.below(12) {
        0 => (format!("How many {many} are there?"), format!("SELECT COUNT(*) FROM {name};")),
        1 => (
            format!("How many {many} have the {word} {value}?"),
            format!("SELECT COUNT(*) FROM {name} WHERE {word} = '{value}';"),
        ),
        2 => (
            format!("Show the {label} of every {one} with {number} over {limit}."),
            format!("SELECT {label} FROM {name} WHERE {number} > {limit};"),
        ),
        3 => (
            format!("Which {many} have a {number} under {limit}?"),
            format!("SELECT * FROM {name} WHERE {number} < {limit};"),
        ),
        4 => (format!("What is the average {number} of all {many}?"), format!("SELECT AVG({number}) FROM {name};")),
        5 => (
            format!("What is the average {number} for each {word}?"),
            format!("SELECT {word}, AVG({number}) FROM {name} GROUP BY {word};"),
        ),
        6 => (
            format!("Which {one} has the highest {number}?"),
            format!("SELECT {label} FROM {name} ORDER BY {number} DESC LIMIT 1;"),
        ),
        7 => (
            format!("List the {top} {many} with the lowest {number}."),
            format!("SELECT {label} FROM {name} ORDER BY {number} LIMIT {top};"),
        ),
        8 => (
            format!("How many {many} are there per {word}?"),
            format!("SELECT {word}, COUNT(*) FROM {name} GROUP BY {word};"),
        ),
        9 => (format!("List every {word} once."), format!("SELECT DISTINCT {word} FROM {name};")),
        10 => (
            format!("Show {label} and {number} of {many} whose {word} is {value}."),
            format!("SELECT {label}, {number} FROM {name} WHERE {word} = '{value}';"),
        ),
        _ => (
            format!("Which {many} have the {word} {value} and a {number} over {limit}?"),
            format!("SELECT * FROM {name} WHERE {word} = '{value}' AND {number} > {limit};"),
        ),
    }
}

/// A limit as people ask for it: two leading digits.
fn round(value: usize) -> usize {
    let mut unit = 1;
    while value / unit >= 100 && !(1900..2100).contains(&value) {
        unit *= 10;
    }
    value / unit * unit
}
