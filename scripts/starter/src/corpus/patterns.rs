//! Formats to follow: go on as the examples do, wrap a word, use words in a sentence.

use super::{Series, exchange};
use crate::random::Random;
use crate::words;

/// Go on as the examples do.
pub(super) fn examples(random: &mut Random) -> Series {
    let rule = random.below(6);
    let sign = *random.one(&[" -> ", " => ", ": "]);
    Series::new("Go on in the same way.", move |random| {
        let pairs: Vec<(String, String)> = (0..3).map(|_| apply(random, rule)).collect();
        let shown: Vec<String> = pairs[..2].iter().map(|(input, output)| format!("{input}{sign}{output}")).collect();
        exchange(format!("{}\n{}{sign}", shown.join("\n"), pairs[2].0).trim_end().to_owned(), pairs[2].1.clone())
    })
}

fn apply(random: &mut Random, rule: usize) -> (String, String) {
    let (first, second, number) = (words::noun(random), words::noun(random), random.between(1, 99));
    match rule {
        0 => (format!("{number} {first}"), first),
        1 => (format!("{first} {second}"), second),
        2 => (format!("{first} {second}"), format!("{second} {first}")),
        3 => (format!("{first} ({second})"), first),
        4 => (first.clone(), format!("the {first}")),
        _ => (format!("{first}, {number}"), format!("{number} {first}")),
    }
}

/// A word in brackets, quotes, or twice.
pub(super) fn wrap(random: &mut Random) -> Series {
    let (ask, pattern) = *random.one(&[
        ("Put the words in brackets.", "({})"),
        ("Put the words in quotes.", "\"{}\""),
        ("Say it twice.", "{} {}"),
        ("Say hello to it.", "Hello, {}!"),
        ("Put stars around it.", "*{}*"),
        ("Ask for it.", "Do you have the {}?"),
        ("Thank it.", "Thank you, {}!"),
        ("Repeat after me.", "{}"),
    ]);
    Series::new(ask, move |random| {
        let word = words::item(random);
        exchange(word.clone(), pattern.replace("{}", &word))
    })
}

/// A sentence with the given words.
pub(super) fn sentence(random: &mut Random) -> Series {
    let ask = random.pick(&[
        "Make a sentence with the words.",
        "Use the words in a sentence.",
        "Write one short sentence with these words.",
    ]);
    let patterns: &[&str] = &[
        "The {a} is near the {b}.",
        "I saw a {a} and a {b}.",
        "The {a} is bigger than the {b}.",
        "She put the {a} on the {b}.",
        "A {a} can not be a {b}.",
    ];
    let pattern = *random.one(patterns);
    Series::new(ask, move |random| {
        let (first, second) = (words::noun(random), words::noun(random));
        let answer = pattern.replace("{a}", &first).replace("{b}", &second);
        exchange(format!("{first}, {second}"), answer)
    })
}
