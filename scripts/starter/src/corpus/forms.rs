//! Short notes about made-up people and things, and the same facts in a fixed form: as JSON, in a pattern, line by line.

use super::{Series, exchange};
use crate::random::Random;
use crate::words::{self, QUALITIES};

/// One fact: what it is called and what it is.
pub(super) struct Fact {
    key: &'static str,
    value: String,
}

const KEYS: &[&str] = &["name", "town", "number", "thing", "mail", "code", "day", "amount", "colour", "team"];
const DAYS: &[&str] =
    &["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday", "today", "tomorrow"];

/// The facts as JSON.
pub(super) fn json(random: &mut Random) -> Series {
    let keys = any_keys(random);
    let ask = random.pick(&["Answer with JSON", "Write JSON", "Turn it into JSON", "Give JSON with the keys"]);
    Series::new(format!("{ask}: {}.", keys.join(", ")), move |random| {
        let facts = facts(random, &keys);
        exchange(note(random, &facts), as_json(facts.iter().map(|fact| (fact.key, fact.value.as_str()))))
    })
}

/// The facts in a pattern that the instruction shows.
pub(super) fn pattern(random: &mut Random) -> Series {
    let keys = any_keys(random);
    let pattern = any_pattern(random, &keys);
    let ask = random.pick(&["Write it as", "Use this form:", "Bring it into the form", "Our format is"]);
    Series::new(format!("{ask} {pattern}"), move |random| {
        let facts = facts(random, &keys);
        let filled = facts
            .iter()
            .fold(marked(&pattern, &keys), |text, fact| text.replace(&format!("<{}>", fact.key), &fact.value));
        exchange(note(random, &facts), filled)
    })
}

/// One fact of several.
pub(super) fn fact(random: &mut Random) -> Series {
    let keys = any_keys(random);
    let at = random.below(keys.len());
    let ask = random.pick(&["Write only the {}.", "What is the {}?", "Find the {}."]).replace("{}", keys[at]);
    Series::new(ask, move |random| {
        let facts = facts(random, &keys);
        exchange(note(random, &facts), facts[at].value.clone())
    })
}

/// Numbers, codes and addresses, sign by sign.
pub(super) fn signs(random: &mut Random) -> Series {
    let ask = random.pick(&["Copy the numbers.", "Repeat the numbers and codes.", "Write it again, sign by sign."]);
    Series::new(ask, |random| {
        let count = random.between(1, 4);
        let values: Vec<String> = (0..count)
            .map(|_| {
                let key = *random.one(&["number", "number", "mail", "code", "amount"]);
                value(random, key)
            })
            .collect();
        let joiner = random.pick(&[", ", "\n", "; ", " - "]);
        exchange(values.join(joiner), values.join(", "))
    })
}

/// `{"key": "value", …}`.
pub(super) fn as_json<'a>(fields: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let fields: Vec<String> = fields.map(|(key, value)| format!("\"{key}\": \"{value}\"")).collect();
    format!("{{{}}}", fields.join(", "))
}

/// A person's name in two words.
pub(super) fn person(random: &mut Random) -> String {
    let first =
        if random.chance(0.3) { words::any(random, words::NAMES).to_owned() } else { words::made_up_name(random) };
    format!("{first} {}", words::made_up_name(random))
}

fn any_keys(random: &mut Random) -> Vec<&'static str> {
    let count = random.between(2, 4);
    random.sample(KEYS, count)
}

fn facts(random: &mut Random, keys: &[&'static str]) -> Vec<Fact> {
    keys.iter().map(|key| Fact { key, value: value(random, key) }).collect()
}

fn value(random: &mut Random, key: &str) -> String {
    match key {
        "name" => person(random),
        "town" => words::made_up_name(random),
        "number" => phone(random),
        "mail" => {
            format!("{}@{}.{}", words::made_up(random), words::made_up(random), random.pick(&["net", "com", "org"]))
        }
        "code" => {
            let letter = char::from(b'A' + random.below(26) as u8);
            format!("{letter}{}{}", random.pick(&["", "-"]), random.between(10, 9999))
        }
        "day" => random.pick(DAYS).to_owned(),
        "amount" => match random.below(3) {
            0 => format!("{}.{}0", random.between(1, 99), random.below(10)),
            1 => format!("{} euros", random.between(2, 900)),
            _ => random.between(2, 999).to_string(),
        },
        "colour" => words::any(random, QUALITIES).to_owned(),
        "team" => words::noun(random),
        _ => words::name(random),
    }
}

fn phone(random: &mut Random) -> String {
    let part = |random: &mut Random| random.between(100, 999).to_string();
    match random.below(4) {
        0 => random.between(100_000, 999_999).to_string(),
        1 => format!("0{}-{}", random.between(10, 99), random.between(1000, 99_999)),
        2 => format!("{} {} {}", part(random), part(random), part(random)),
        _ => format!("{} {}", part(random), part(random)),
    }
}

/// The facts in any order, as people write them down.
fn note(random: &mut Random, facts: &[Fact]) -> String {
    let mut parts: Vec<String> = facts.iter().map(|fact| said(random, fact)).collect();
    random.shuffle(&mut parts);
    if random.chance(0.3) {
        let at = random.below(parts.len() + 1);
        parts.insert(
            at,
            random.pick(&["thanks", "new", "please note", "as agreed", "from the list", "urgent"]).to_owned(),
        );
    }
    let joiner = random.pick(&[", ", ", ", ", ", "; ", " - ", " / ", " ", "\n"]);
    let end = random.pick(&["", "", "."]);
    format!("{}{end}", parts.join(joiner))
}

fn said(random: &mut Random, fact: &Fact) -> String {
    let ways: &[&str] = match fact.key {
        "name" => &["{}", "{}", "Name: {}", "this is {}", "I am {}", "ask for {}", "{} here", "call {}"],
        "town" => &["from {}", "in {}", "({})", "town: {}", "lives in {}", "{}", "at {}"],
        "number" => &["tel {}", "phone: {}", "number {}", "no. {}", "{}", "tel. {}", "call {}"],
        "mail" => &["{}", "mail {}", "write to {}", "<{}>"],
        "code" => &["code {}", "{}", "no. {}", "[{}]"],
        "day" => &["on {}", "{}", "by {}", "it is for {}"],
        "amount" => &["for {}", "{}", "price {}", "amount: {}"],
        "colour" => &["it is {}", "colour: {}", "in {}", "{}"],
        "team" => &["team {}", "the {} team", "team: {}"],
        _ => &["a {}", "the {}", "one {}", "thing: {}", "my {}", "it is about the {}"],
    };
    random.pick(ways).replace("{}", &fact.value)
}

fn any_pattern(random: &mut Random, keys: &[&'static str]) -> String {
    match random.below(6) {
        0 => keys.join(" | "),
        1 => keys.join("; "),
        2 => keys.join(" - "),
        3 => keys.iter().map(|key| format!("{key}: {key}")).collect::<Vec<_>>().join("\n"),
        4 => format!("{} ({})", keys[0], keys[1..].join(", ")),
        _ => keys.join(", "),
    }
}

/// The pattern with the places of the values in angle brackets: of `key: key` the second is one.
fn marked(pattern: &str, keys: &[&str]) -> String {
    keys.iter().fold(pattern.to_owned(), |text, key| {
        let twice = format!("{key}: {key}");
        match text.contains(&twice) {
            true => text.replace(&twice, &format!("{key}: <{key}>")),
            false => text.replacen(key, &format!("<{key}>"), 1),
        }
    })
}
