//! Short texts about made-up people, places and things, and questions about them.

use super::{Series, exchange};
use crate::random::Random;
use crate::words;

/// Who does or has what.
pub(super) fn whose(random: &mut Random) -> Series {
    let (says, asks, answers) = *random.one(&[
        ("{a} lives in {b}.", "Where does {a} live?", "{a} lives in {b}."),
        ("{a} has a {b}.", "What does {a} have?", "{a} has a {b}."),
        ("{a} likes the {b}.", "What does {a} like?", "{a} likes the {b}."),
        ("The {b} belongs to {a}.", "Who owns the {b}?", "{a} owns the {b}."),
        ("{a} works with {b}.", "Who works with {b}?", "{a} works with {b}."),
        ("{a} lost a {b}.", "What did {a} lose?", "{a} lost a {b}."),
        ("{a} found the {b}.", "Who found the {b}?", "{a} found the {b}."),
    ]);
    let short = random.chance(0.4);
    let ask = if short { "Read and answer with the word only." } else { "Read and answer." };
    Series::new(ask, move |random| {
        let count = random.between(2, 4);
        let people: Vec<String> = (0..count).map(|_| person(random)).collect();
        let things = words::items(random, count);
        let fill = |pattern: &str, at: usize| pattern.replace("{a}", &people[at]).replace("{b}", &things[at]);
        let text: Vec<String> = (0..count).map(|at| fill(says, at)).collect();
        let at = random.below(count);
        let answer = match (short, asks.starts_with("Who")) {
            (true, true) => people[at].clone(),
            (true, false) => things[at].clone(),
            _ => fill(answers, at),
        };
        exchange(format!("{} {}", text.join(" "), fill(asks, at)), answer)
    })
}

/// Where a thing is.
pub(super) fn where_is(random: &mut Random) -> Series {
    let ask = random.pick(&["Say where the thing is.", "Where is it?", "Find the thing."]);
    Series::new(ask, |random| {
        let count = random.between(2, 4);
        let things = words::items(random, count);
        let places: Vec<String> = (0..count)
            .map(|_| format!("{} the {}", random.pick(&["in", "on", "under", "behind", "near"]), words::noun(random)))
            .collect();
        let text: Vec<String> =
            things.iter().zip(&places).map(|(thing, place)| format!("The {thing} is {place}.")).collect();
        let at = random.below(count);
        exchange(format!("{} Thing: {}", text.join(" "), things[at]), format!("The {} is {}.", things[at], places[at]))
    })
}

fn person(random: &mut Random) -> String {
    if random.chance(0.3) { words::any(random, words::NAMES).to_owned() } else { words::made_up_name(random) }
}
