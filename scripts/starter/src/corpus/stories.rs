//! Very short stories about a given hero and thing, in simple sentences.

use super::{Series, exchange};
use crate::random::Random;
use crate::words;

const OPENINGS: &[&str] = &[
    "One morning {hero} found a {thing} in the {place}.",
    "{hero} had a {quality} {thing}.",
    "Once there was a {animal} called {hero} who loved a {thing}.",
    "{hero} walked to the {place} with a {thing}.",
    "In a {quality} {place} lived {hero}, who made a {thing}.",
];
const MIDDLES: &[&str] = &[
    "A {animal} came by and asked for it.",
    "But the {thing} was too heavy to carry.",
    "It began to rain, so {hero} hid under the {thing}.",
    "Soon the {thing} was lost, and {hero} looked for it all day.",
    "A friend said that the {thing} could sing.",
    "The wind took the {thing} over the {place}.",
];
const ENDINGS: &[&str] = &[
    "In the end they shared it and were happy.",
    "{hero} smiled and went home.",
    "At night {hero} fell asleep beside the {thing}.",
    "From that day on they were friends.",
    "{hero} never forgot that day.",
    "So {hero} gave the {thing} to the {animal}.",
];

/// A story about the hero and the thing.
pub(super) fn story(random: &mut Random) -> Series {
    let ask = random.pick(&["Tell a short story.", "Write a very short story.", "Tell me a story about these."]);
    Series::new(ask, |random| {
        let hero =
            if random.chance(0.5) { words::any(random, words::NAMES).to_owned() } else { words::made_up_name(random) };
        let (thing, place) = (words::noun(random), words::any(random, words::THINGS));
        let (animal, quality) = (words::any(random, words::ANIMALS), words::any(random, words::QUALITIES));
        let parts = [random.pick(OPENINGS), random.pick(MIDDLES), random.pick(ENDINGS)];
        let fill = |text: &str| {
            text.replace("{hero}", &hero)
                .replace("{thing}", &thing)
                .replace("{place}", place)
                .replace("{animal}", animal)
                .replace("{quality}", quality)
        };
        exchange(format!("Hero: {hero}. Thing: {thing}."), fill(&parts.join(" ")))
    })
}
