//! Words for the corpus: everyday English ones, and made-up ones built from English sounds, which the model cannot know
//! and so must copy.

use std::collections::HashSet;
use std::sync::LazyLock;

use crate::random::Random;
use crate::samples::pantry::{HELD_OUT, PANTRY};

const ONSETS: &str = "b bl br c ch cl cr d dr f fl fr g gl gr h j k kn l m n p ph pl pr qu r s sc sh sk sl sm sn sp st str sw t th tr tw v w wh y z";
const NUCLEI: &str = "a a a e e e i i i o o o u u ai au aw ay ea ee ei ew ia ie io oa oi oo ou ow oy ue y";
const CODAS: &str = "b ck ct d dge f ff ft g l ld lk ll lm lp lt m mp n nch nd ng nk nt p pt r rb rd rk rm rn rp rt s sh sk sp ss st t tch th tt v x zz";
const ENDINGS: &str = "a e o y er el le on in en ing ed es s ine age ette ion ade ula ino ish and um us ar or et";

/// Things one can see or hold; none of them food.
pub const THINGS: &str = "lamp chair table river stone window door garden boat bridge tower clock mirror basket blanket pillow ladder hammer \
    needle button candle bottle pencil paper letter book map coin ring crown drum flute guitar piano bell kite ball doll robot train car bus bike \
    wagon wheel rope chain key lock box bag hat coat shoe glove scarf shirt belt tent flag lantern feather shell pebble cloud star moon sun tree \
    leaf branch root flower grass hill mountain valley forest lake island beach cave road path street house barn mill castle school shop \
    station market harbour engine motor camera radio phone screen desk shelf drawer carpet curtain brush broom bucket soap towel comb mask \
    puzzle card brick tile nail screw spade rake fence gate roof wall floor chimney stove ladder painting statue poster ticket stamp";

/// Animals.
pub const ANIMALS: &str = "cat dog horse cow sheep goat fox wolf bear lion tiger mouse rabbit deer owl crow eagle swan frog snake turtle whale \
    dolphin seal otter beaver badger hedgehog squirrel camel donkey zebra monkey elephant penguin parrot spider beetle bee ant moth";

/// Words that say how a thing is.
pub const QUALITIES: &str = "big tiny old new red blue green yellow white black brown grey round flat heavy light soft hard quiet loud fast slow \
    warm dark bright clean dirty dry wet strong weak short long thick thin smooth rough broken wooden golden plain shiny sharp";

/// First names.
pub const NAMES: &str = "Anna Ben Clara David Emma Felix Greta Henry Ida Jack Kate Leo Mia Nora Oscar Paul Rosa Sam Tina Victor Wendy Max Lily Tom \
    Ella Hugo Ruth Finn Maya Otto";

/// Measures outside the kitchen.
pub const MEASURES: &str = "boxes bags rolls sheets metres pairs sets packs crates rows yards tons barrels pieces stacks miles litres inches feet \
    buckets loads bundles";

/// The words of one of the lists above.
pub fn list(words: &'static str) -> Vec<&'static str> {
    words.split_whitespace().collect()
}

/// One word of one of the lists above.
pub fn any(random: &mut Random, words: &'static str) -> &'static str {
    let words = list(words);
    words[random.below(words.len())]
}

/// The words of the sample recipes, which the corpus must not hold even by chance.
static TABOO: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    let names = PANTRY.iter().chain(HELD_OUT).flat_map(|item| [item.name, item.single]);
    names.flat_map(str::split_whitespace).collect()
});

/// A word that no one has heard before.
pub fn made_up(random: &mut Random) -> String {
    loop {
        let word = syllables(random);
        if !TABOO.contains(word.as_str()) {
            return word;
        }
    }
}

fn syllables(random: &mut Random) -> String {
    let mut word = String::new();
    let syllables = *random.one(&[1, 1, 1, 2, 2, 2]);
    for syllable in 0..syllables {
        if syllable > 0 || random.chance(0.8) {
            word += any(random, ONSETS);
        }
        word += any(random, NUCLEI);
        if syllable + 1 == syllables || random.chance(0.25) {
            word += any(random, CODAS);
        }
    }
    if random.chance(0.3) {
        word += any(random, ENDINGS);
    }
    word
}

/// A made-up name of a person or a place.
pub fn made_up_name(random: &mut Random) -> String {
    let word = made_up(random);
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// One item of a list: mostly made up, mostly one word.
pub fn item(random: &mut Random) -> String {
    let item = name(random);
    if random.chance(0.1) { format!("{} {item}", any(random, QUALITIES)) } else { item }
}

/// The name of a thing: one to three words, mostly one, none of them a quality.
pub fn name(random: &mut Random) -> String {
    let words = *random.one(&[1, 1, 1, 1, 1, 2, 2, 3]);
    let words: Vec<String> = (0..words).map(|_| noun(random)).collect();
    words.join(" ")
}

/// `count` different items.
pub fn items(random: &mut Random, count: usize) -> Vec<String> {
    different(random, count, item)
}

/// `count` different names.
pub fn names(random: &mut Random, count: usize) -> Vec<String> {
    different(random, count, name)
}

/// `count` different words of one kind.
pub fn different(random: &mut Random, count: usize, make: fn(&mut Random) -> String) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    while words.len() < count {
        let word = make(random);
        if !words.contains(&word) {
            words.push(word);
        }
    }
    words
}

/// One word, mostly made up.
pub fn noun(random: &mut Random) -> String {
    match random.below(10) {
        0..7 => made_up(random),
        7 => any(random, ANIMALS).to_owned(),
        _ => any(random, THINGS).to_owned(),
    }
}
