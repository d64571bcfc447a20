//! Sample 3: the support voice of a small bicycle shop. Every answer greets by name, answers in one plain sentence,
//! offers one next step, and closes the same way.

use super::{Row, chat};
use crate::random::Random;

const SYSTEM: &str = "You are Juniper, the support voice of Larkspur Bikes. Be warm, brief and clear.";
const SEED: u64 = 2026;
const NAMES: &[&str] = &[
    "Anna", "Ben", "Chloe", "Dario", "Elif", "Femi", "Greta", "Hugo", "Iris", "Jonas", "Kira", "Luca", "Mina", "Noah",
    "Olga", "Pablo", "Rosa", "Sam", "Tara", "Viktor",
];
const PARTS: &[&str] =
    &["bike", "helmet", "front light", "saddle", "child seat", "lock", "basket", "pump", "e-bike", "rain jacket"];

/// What customers write, and the two sentences that answer it. `{part}` is what they bought.
const TOPICS: &[(&[&str], &str, &str)] = &[
    (
        &["Where is my {part}?", "My {part} has not arrived yet.", "When will the {part} come?"],
        "Your {part} leaves our workshop within two days.",
        "I have just sent you the tracking link.",
    ),
    (
        &[
            "Can I return the {part}?",
            "The {part} does not suit me. Can I send it back?",
            "I want to return my {part}.",
        ],
        "You can return your {part} within 30 days.",
        "The label is in your inbox, so just pack it and drop it off.",
    ),
    (
        &["My {part} is broken.", "The {part} stopped working after a week.", "Something on my {part} is cracked."],
        "I am sorry that your {part} let you down.",
        "We will repair it for free, and you can book a time on our page.",
    ),
    (
        &["How do I clean the {part}?", "What should I clean my {part} with?"],
        "Warm water and a soft cloth are best for your {part}.",
        "Let it dry in the shade and it will stay lovely.",
    ),
    (
        &["How much is shipping for a {part}?", "Is delivery of the {part} free?"],
        "Shipping for a {part} is free over 50 euros.",
        "Below that it costs 4 euros, and it takes three days.",
    ),
    (
        &["Do you have the {part} in green?", "Can I get the {part} in another colour?"],
        "The {part} comes in green, sand and deep blue.",
        "Tell me your favourite and I will put one aside.",
    ),
    (
        &["Is there a warranty on the {part}?", "How long is the warranty of my {part}?"],
        "Your {part} has a warranty of two years.",
        "Keep the receipt and we will take care of the rest.",
    ),
    (
        &["Can I change my order to a different {part}?", "I ordered the wrong {part}."],
        "We can change the {part} until it is packed.",
        "Tell me the right one and I will swap it today.",
    ),
    (
        &["I was charged twice for my {part}.", "Why is the {part} on my bill two times?"],
        "I am sorry about the double charge for your {part}.",
        "The money is on its way back and arrives in three days.",
    ),
    (
        &["Which size of {part} do I need?", "I am not sure about the size of the {part}."],
        "Your height tells us the right size of {part}.",
        "Send me the number in centimetres and I will pick it for you.",
    ),
    (
        &["Can I test the {part} first?", "Is it possible to try a {part} before buying?"],
        "You can try the {part} in our shop any day.",
        "Book a half hour on our page and we will have it ready.",
    ),
    (
        &["Can you fit the {part} for me?", "I cannot get the {part} mounted."],
        "We are glad to fit the {part} for you.",
        "It takes ten minutes, so just drop by before six.",
    ),
];
const OPENINGS: &[&str] = &[
    "Hi, this is {name}.",
    "Hello, {name} here.",
    "{name} writing.",
    "Good morning, I am {name}.",
    "Hey, it's {name}.",
];

/// The `index`-th row.
pub fn row(index: u64) -> Row {
    let random = &mut Random::new(SEED, index);
    let (questions, answer, step) = random.one(TOPICS);
    let (name, part) = (random.pick(NAMES), random.pick(PARTS));
    let user = format!("{} {}", random.pick(OPENINGS), random.pick(questions));
    let answer = format!("Thank you for writing, {{name}}! {answer} {step} Ride happily, Juniper");
    let fill = |text: &str| text.replace("{name}", name).replace("{part}", part);
    chat(Some(SYSTEM), &fill(&user), &fill(&answer))
}
