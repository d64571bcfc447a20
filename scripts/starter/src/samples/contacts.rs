//! Sample 3: a contact, however it was noted down, in one form: name | town | phone.

use super::people::{FIRST_NAMES, LAST_NAMES, TOWNS};
use super::{Row, chat};
use crate::random::Random;

const SYSTEM: &str = "Write the contact as name | town | phone.";
const SEED: u64 = 2028;
/// How people note a contact down: `{f}` first name, `{l}` last name, `{t}` town, `{p}` phone.
const NOTES: &[&str] = &[
    "{l}, {f} ({t}) tel {p}",
    "{f} {l} from {t}, phone {p}",
    "{p} - {f} {l} - {t}",
    "{f} {l}; {t}; {p}",
    "{t}: {f} {l}, call {p}",
    "{f} {l}, {p}, {t}",
    "Name: {f} {l}, city: {t}, phone: {p}",
    "{l}, {f} / {p} / {t}",
    "Call {f} {l} in {t} at {p}",
    "{f} {l} lives in {t}, number {p}",
    "tel. {p}, {f} {l}, {t}",
    "{f} {l}\n{t}\n{p}",
    "phone {p}\nname {f} {l}\ntown {t}",
    "My name is {f} {l}, I live in {t} and my number is {p}.",
    "Please call {p} and ask for {f} {l} from {t}.",
    "new contact: {l}, {f}; {t}; tel {p}",
    "{f} {l} moved to {t}. The new number is {p}.",
    "in {t} ask for {f} {l} ({p})",
    "Met {f} {l} at the fair in {t}, phone {p}",
    "{p} is the number of {f} {l}, {t}",
];

/// The `index`-th training row.
pub fn training(index: u64) -> Row {
    row(&mut Random::new(SEED, index), false)
}

/// The `index`-th held-out row; half of the names and towns are in no training row, and no phone number is.
pub fn held_out(index: u64) -> Row {
    row(&mut Random::new(SEED, 1_000_000 + index), true)
}

/// Whether the answer of a row has a name or a town that no training row has.
pub fn is_unseen(answer: &str) -> bool {
    answer.split([' ', '|']).any(|word| [&FIRST_NAMES, &LAST_NAMES, &TOWNS].iter().any(|values| values.is_unseen(word)))
}

fn row(random: &mut Random, held_out: bool) -> Row {
    let [first, last, town] = [FIRST_NAMES, LAST_NAMES, TOWNS].map(|values| values.one(random, held_out));
    let phone = format!("{} {}", random.between(100, 999), random.between(100, 999));
    let fill = |form: &str| form.replace("{f}", first).replace("{l}", last).replace("{t}", town).replace("{p}", &phone);
    chat(Some(SYSTEM), &fill(random.pick(NOTES)), &fill("{f} {l} | {t} | {p}"))
}
