//! Plain English: what things are, opposites, small sums, and small talk.

use super::{Series, exchange};
use crate::random::Random;
use crate::words::{self, ANIMALS, QUALITIES, THINGS};

const MEANINGS: &[(&str, &str)] = &[
    ("lamp", "A lamp is a thing that gives light."),
    ("chair", "A chair is a seat for one person."),
    ("river", "A river is water that flows to the sea."),
    ("bridge", "A bridge is a way over water or a road."),
    ("clock", "A clock shows the time."),
    ("book", "A book is many pages of words to read."),
    ("key", "A key opens a lock."),
    ("tent", "A tent is a house of cloth."),
    ("star", "A star is a far sun in the night sky."),
    ("moon", "The moon is the round light in the night sky."),
    ("tree", "A tree is a tall plant with wood and leaves."),
    ("owl", "An owl is a bird that hunts at night."),
    ("bee", "A bee is an insect that flies from flower to flower."),
    ("whale", "A whale is a very big animal of the sea."),
    ("horse", "A horse is an animal that people ride."),
    ("train", "A train is a row of wagons that runs on rails."),
    ("map", "A map is a picture of the land."),
    ("bell", "A bell is a thing that rings."),
    ("mirror", "A mirror shows you your own face."),
    ("ladder", "A ladder helps you climb up."),
    ("school", "A school is a place where children learn."),
    ("island", "An island is land with water all around it."),
    ("computer", "A computer is a machine that works with numbers and words."),
    ("model", "A language model is a program that writes text."),
    ("music", "Music is sound that people enjoy."),
    ("friend", "A friend is a person you like and trust."),
    ("winter", "Winter is the cold time of the year."),
    ("summer", "Summer is the warm time of the year."),
    ("teacher", "A teacher helps people learn."),
];
const OPPOSITES: &[(&str, &str)] = &[
    ("big", "small"),
    ("hot", "cold"),
    ("old", "new"),
    ("fast", "slow"),
    ("up", "down"),
    ("left", "right"),
    ("open", "closed"),
    ("day", "night"),
    ("black", "white"),
    ("good", "bad"),
    ("happy", "sad"),
    ("early", "late"),
    ("full", "empty"),
    ("wet", "dry"),
    ("strong", "weak"),
    ("loud", "quiet"),
    ("first", "last"),
    ("yes", "no"),
    ("in", "out"),
    ("high", "low"),
    ("hard", "soft"),
    ("long", "short"),
    ("near", "far"),
    ("rich", "poor"),
];
const TALK: &[(&[&str], &str)] = &[
    (&["Hello", "Hi", "Hi there", "Hello!", "Good morning"], "Hello! How can I help you?"),
    (&["How are you?", "How is it going?", "How do you do?"], "I am fine, thank you. What can I do for you?"),
    (
        &["Who are you?", "What are you?", "What is your name?"],
        "I am a small language model. You can teach me your own task.",
    ),
    (&["What can you do?", "How can you help me?"], "I can copy, pick and sort words, and answer short questions."),
    (&["Thank you", "Thanks!", "Thanks a lot"], "You are welcome!"),
    (&["Bye", "Goodbye", "See you later"], "Goodbye! Have a nice day."),
    (&["Tell me a joke", "Make me laugh"], "Why did the clock go to school? It wanted to learn the time."),
    (&["Are you a person?", "Are you human?"], "No, I am a small computer program that writes text."),
    (&["Can you help me?", "I need help"], "Yes, of course. Tell me what you need."),
    (&["What is the capital of France?"], "The capital of France is Paris."),
    (&["What is the capital of Italy?"], "The capital of Italy is Rome."),
    (&["What is the capital of Spain?"], "The capital of Spain is Madrid."),
    (&["What colour is the sky?", "Which colour has the sky?"], "The sky is blue on a clear day."),
    (&["How many days has a week?", "How many days are in a week?"], "A week has seven days."),
    (&["How many months has a year?"], "A year has twelve months."),
    (&["Good night"], "Good night! Sleep well."),
];

/// What a thing is.
pub(super) fn definition(random: &mut Random) -> Series {
    let ask = random.pick(&["What is it?", "Say what it is.", "Explain the word."]);
    Series::new(ask, |random| match random.below(4) {
        0 => {
            let (word, quality) = (words::any(random, THINGS), words::any(random, QUALITIES));
            exchange(format!("a {quality} {word}"), format!("It is a {word} that is {quality}."))
        }
        1 => {
            let animal = words::any(random, ANIMALS);
            exchange(animal, format!("The {animal} is an animal."))
        }
        _ => {
            let (word, meaning) = random.one(MEANINGS);
            exchange(*word, *meaning)
        }
    })
}

/// The opposite of a word.
pub(super) fn opposite(random: &mut Random) -> Series {
    let ask = random.pick(&["What is the opposite?", "Say the opposite.", "Turn it into its opposite."]);
    Series::new(ask, |random| {
        let (one, other) = random.one(OPPOSITES);
        let (word, answer) = if random.chance(0.5) { (one, other) } else { (other, one) };
        exchange(*word, *answer)
    })
}

/// Sums of small numbers.
pub(super) fn sums(random: &mut Random) -> Series {
    let ask = random.pick(&["Work it out.", "What is the result?", "Calculate."]);
    Series::new(ask, |random| {
        let (one, other) = (random.between(0, 9), random.between(0, 9));
        if random.chance(0.5) || other > one {
            exchange(format!("{one} + {other}"), (one + other).to_string())
        } else {
            exchange(format!("{one} - {other}"), (one - other).to_string())
        }
    })
}

/// Small talk.
pub(super) fn talk(random: &mut Random) -> Series {
    let (questions, answer) = random.one(TALK);
    Series::new(random.pick(questions), move |_| exchange("", *answer))
}
