//! Sample 4: the support voice of a small bicycle shop. Every answer thanks by name, says one plain sentence about the
//! part and one about the next step, and closes the same way.

use super::people::{BICYCLE_PARTS, FIRST_NAMES};
use super::{Row, chat};
use crate::random::Random;

const SYSTEM: &str = "You are Juniper, the support voice of Larkspur Bikes. Be warm, brief and clear.";
const SEED: u64 = 2029;

/// What customers write, and the two sentences that answer it. `{part}` is what they bought.
const TOPICS: &[(&[&str], &str)] = &[
    (
        &[
            "My {part} is late.",
            "Why is the {part} late?",
            "The {part} has not arrived.",
            "My {part} has not arrived yet.",
        ],
        "Your {part} is on its way. It will be with you in two days.",
    ),
    (
        &[
            "My {part} is broken.",
            "The {part} is broken again.",
            "Can you repair my {part}?",
            "Please repair the {part}.",
        ],
        "I am sorry about your {part}. We will repair it for free.",
    ),
    (
        &[
            "I want to return the {part}.",
            "Can I return my {part}?",
            "Please take the {part} back.",
            "I want to send my {part} back.",
        ],
        "You can send the {part} back. The label is in your mail.",
    ),
    (
        &["My {part} is dirty.", "The {part} is full of mud.", "How do I clean the {part}?", "Can I clean my {part}?"],
        "Clean the {part} with warm water. Then let it dry.",
    ),
    (
        &[
            "Is there a blue {part}?",
            "Do you have the {part} in green?",
            "I want a red {part}.",
            "Which colours does the {part} have?",
        ],
        "We have the {part} in green, red and blue. Which one do you like?",
    ),
];
const OPENINGS: &[&str] = &[
    "Hi, this is {name}.",
    "Hello, {name} here.",
    "{name} writing.",
    "Good morning, I am {name}.",
    "Hey, it's {name}.",
    "My name is {name}.",
];

/// The `index`-th training row.
pub fn training(index: u64) -> Row {
    row(&mut Random::new(SEED, index), false)
}

/// The `index`-th held-out row; half of the parts and names are in no training row.
pub fn held_out(index: u64) -> Row {
    row(&mut Random::new(SEED, 1_000_000 + index), true)
}

/// Whether the answer of a row has a name that no training row has.
pub fn is_unseen(answer: &str) -> bool {
    answer.split([' ', '!']).any(|word| FIRST_NAMES.is_unseen(word))
}

fn row(random: &mut Random, held_out: bool) -> Row {
    let name = FIRST_NAMES.one(random, held_out);
    let part = BICYCLE_PARTS.one(random, held_out);
    let (questions, answer) = random.one(TOPICS);
    let fill = |text: &str| text.replace("{name}", name).replace("{part}", part);
    let user = fill(&format!("{} {}", random.pick(OPENINGS), random.pick(questions)));
    chat(Some(SYSTEM), &user, &fill(&format!("Thank you for writing, {{name}}! {answer} Ride happily, Juniper")))
}
