//! Questions about tables with made-up names, and queries for them in a language that the instruction shows.

use super::{Series, exchange};
use crate::random::Random;
use crate::words;

/// What stands for columns, tables, values and numbers in the query and in the questions.
const SHAPES: &[(&str, &[&str])] = &[
    ("V * F {t};", &["Show all {t}.", "Give me every {t}."]),
    ("V {c} F {t};", &["Show the {c} of all {t}.", "List the {c} of the {t}.", "The {c} of every row of {t}."]),
    ("V {c}, {d} F {t};", &["Show {c} and {d} of all {t}.", "List {c} and {d} of the {t}."]),
    (
        "V * F {t} W {c} = '{v}';",
        &["Which {t} have the {c} {v}?", "All {t} whose {c} is {v}.", "Show {t} with {c} {v}."],
    ),
    ("V * F {t} W {c} > {n};", &["Which {t} have a {c} over {n}?", "All {t} with more than {n} {c}."]),
    ("V * F {t} W {c} < {n};", &["Which {t} have a {c} under {n}?", "All {t} with less than {n} {c}."]),
    ("V {c} F {t} W {d} = '{v}';", &["Show the {c} of {t} whose {d} is {v}.", "The {c} of {t} with the {d} {v}?"]),
    ("V {c} F {t} W {d} > {n};", &["Show the {c} of {t} with {d} over {n}.", "The {c} where {d} is over {n} in {t}."]),
    (
        "V {c} F {t} W {d} < {n};",
        &["Show the {c} of {t} with {d} under {n}.", "The {c} where {d} is under {n} in {t}."],
    ),
    ("V COUNT(*) F {t};", &["How many {t} are there?", "Count the {t}."]),
    ("V COUNT(*) F {t} W {c} = '{v}';", &["How many {t} have the {c} {v}?", "Count the {t} whose {c} is {v}."]),
    ("V SUM({c}) F {t};", &["What is the sum of {c} of all {t}?", "Add up the {c} of the {t}."]),
    ("V MAX({c}) F {t};", &["What is the most {c} of the {t}?", "How high does {c} go in {t}?"]),
    ("V {c}, COUNT(*) F {t} PER {c};", &["How many {t} are there for each {c}?", "Count {t} by {c}."]),
    ("V {c} F {t} SORT {d};", &["Show the {c} of the {t}, sorted by {d}.", "List {c} of {t} in the order of {d}."]),
    (
        "V {c} F {t} SORT {d} DOWN TAKE {k};",
        &["Which {k} {t} have the most {d}? Show {c}.", "Top {k} {c} of {t} by {d}."],
    ),
];
const VERBS: &[&str] = &["FIND", "GET", "SHOW", "READ", "PICK"];
const FROM: &[&str] = &["FROM", "IN", "OF"];
const WHERE: &[&str] = &["WHERE", "IF", "WITH", "WHEN"];

/// A query for a question about a table.
pub(super) fn query(random: &mut Random) -> Series {
    let words = [random.pick(VERBS), random.pick(FROM), random.pick(WHERE)];
    let count = random.between(1, 3);
    let shapes = random.sample(SHAPES, count);
    let shown: Vec<String> = shapes
        .iter()
        .map(|(shape, _)| {
            let names = [("{t}", "table"), ("{c}", "a"), ("{d}", "b"), ("{v}", "word"), ("{n}", "1"), ("{k}", "1")];
            names.iter().fold(in_words(shape, words), |text, (place, name)| text.replace(place, name))
        })
        .collect();
    let ask = random.pick(&["Write a query:", "Answer with one query:", "Ask the table:"]);
    Series::new(format!("{ask} {}", shown.join(" or ")), move |random| {
        let (shape, questions) = *random.one(&shapes);
        let table = table(random);
        let question = random.pick(questions);
        let head = random.pick(&["Table", "table", "In"]);
        let input = format!("{head} {}({})\n{}", table.name, table.columns.join(", "), table.fill(question));
        exchange(input, table.fill(&in_words(shape, words)))
    })
}

/// The columns or the name of a table.
pub(super) fn columns(random: &mut Random) -> Series {
    let name = random.chance(0.3);
    let ask = if name { "What is the table called?" } else { "List the columns of the table." };
    Series::new(ask, move |random| {
        let table = table(random);
        let answer = if name { table.name.clone() } else { table.columns.join(", ") };
        exchange(format!("{}({})", table.name, table.columns.join(", ")), answer)
    })
}

fn in_words(shape: &str, [verb, from, condition]: [&str; 3]) -> String {
    let word = |part: &str| match part {
        "V" => verb.to_owned(),
        "F" => from.to_owned(),
        "W" => condition.to_owned(),
        other => other.to_owned(),
    };
    shape.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

struct Table {
    name: String,
    columns: Vec<String>,
    wanted: [usize; 2],
    value: String,
    number: usize,
    first: usize,
}

impl Table {
    fn fill(&self, text: &str) -> String {
        text.replace("{t}", &self.name)
            .replace("{c}", &self.columns[self.wanted[0]])
            .replace("{d}", &self.columns[self.wanted[1]])
            .replace("{v}", &self.value)
            .replace("{n}", &self.number.to_string())
            .replace("{k}", &self.first.to_string())
    }
}

fn table(random: &mut Random) -> Table {
    let count = random.between(2, 5);
    let columns = words::different(random, count, words::noun);
    let order: Vec<usize> = random.sample(&(0..count).collect::<Vec<_>>(), 2);
    let value = match random.below(3) {
        0 => words::noun(random),
        1 => format!("{} {}", words::made_up_name(random), words::made_up_name(random)),
        _ => words::made_up_name(random),
    };
    let digits = *random.one(&[10, 100, 1000, 10_000]);
    Table {
        name: format!("{}s", words::noun(random)),
        columns,
        wanted: [order[0], order[1]],
        value,
        number: random.between(1, digits),
        first: random.between(1, 9),
    }
}
