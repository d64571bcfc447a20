//! Sample 2: a message to a shop becomes JSON with its category, its urgency and the product, which is copied.

use serde_json::json;

use super::people::{FIRST_NAMES, GOODS};
use super::{Row, chat};
use crate::random::Random;

const SYSTEM: &str = "Sort the message. Answer with JSON: category, urgency, product.";
const SEED: u64 = 2027;

/// The categories, and what customers write. `{p}` is the product.
const CATEGORIES: &[(&str, &[&str])] = &[
    (
        "delivery",
        &["My {p} is late.", "Why is the {p} late?", "The {p} has not arrived.", "My {p} has not arrived yet."],
    ),
    (
        "billing",
        &[
            "The bill for the {p} is wrong.",
            "Please send the bill for my {p}.",
            "I paid twice for the {p}.",
            "I paid too much for my {p}.",
        ],
    ),
    ("repair", &["My {p} is broken.", "The {p} is broken again.", "Can you repair my {p}?", "Please repair the {p}."]),
    (
        "return",
        &[
            "I want to return the {p}.",
            "Can I return my {p}?",
            "Please take the {p} back.",
            "I want to send my {p} back.",
        ],
    ),
];
const HIGH: &[&str] = &["It is urgent!", "This is urgent.", "Urgent, please!"];
const NORMAL: &[&str] = &["Thank you.", "Thanks, {n}", "Many thanks, {n}"];
const LOW: &[&str] = &["There is no hurry.", "No hurry.", "No hurry at all."];
const OPENINGS: &[&str] = &["Hello.", "Hi!", "Hi, this is {n}.", "Good morning.", ""];

/// The `index`-th training row.
pub fn training(index: u64) -> Row {
    row(&mut Random::new(SEED, index), false)
}

/// The `index`-th held-out row; half of the products and names are in no training row.
pub fn held_out(index: u64) -> Row {
    row(&mut Random::new(SEED, 1_000_000 + index), true)
}

/// Whether the answer of a row names a product that no training row has.
pub fn is_unseen(answer: &str) -> bool {
    let answer: serde_json::Value = serde_json::from_str(answer).unwrap_or_default();
    answer["product"].as_str().is_some_and(|product| GOODS.is_unseen(product))
}

fn row(random: &mut Random, held_out: bool) -> Row {
    let (category, messages) = *random.one(CATEGORIES);
    let (urgency, says) = *random.one(&[("high", HIGH), ("normal", NORMAL), ("low", LOW)]);
    let (product, name) = (GOODS.one(random, held_out), FIRST_NAMES.one(random, held_out));
    let (message, says) = (random.pick(messages), random.pick(says));
    let parts = [random.pick(OPENINGS), message, says];
    let text = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
    let answer = [("category", category), ("urgency", urgency), ("product", product)];
    let fields: Vec<String> = answer.iter().map(|(key, value)| format!("\"{key}\": {}", json!(value))).collect();
    chat(Some(SYSTEM), &text.replace("{p}", product).replace("{n}", name), &format!("{{{}}}", fields.join(", ")))
}
