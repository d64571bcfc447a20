//! Short messages and short polite answers: fill an answer in, answer by what the message is about, say what it is about.

use super::forms::{as_json, person};
use super::{Series, exchange};
use crate::random::Random;
use crate::words;

/// What messages are about, and how they say it of a thing.
const TOPICS: &[(&str, &[&str])] = &[
    ("lost", &["I lost my {t}.", "My {t} is gone.", "I can not find the {t} anywhere.", "Somebody took the {t}."]),
    ("loud", &["The {t} is too loud.", "I can not sleep because of the {t}.", "The {t} rings all night."]),
    ("gift", &["The {t} is a gift for a friend.", "Please wrap the {t} for me.", "I want to give the {t} away."]),
    ("paint", &["Can you paint the {t}?", "The {t} needs a new colour.", "I would like my {t} in red."]),
    ("lend", &["May I borrow the {t}?", "I need a {t} for a few days.", "Could you lend me your {t}?"]),
    ("visit", &["When can I come and see the {t}?", "Is the {t} open on Sunday?", "I want to look at the {t}."]),
    ("learn", &["How does the {t} work?", "Please show me how to use the {t}.", "I do not understand the {t}."]),
    ("thanks", &["The {t} is wonderful.", "I love my new {t}.", "Everybody likes the {t}."]),
    ("dirty", &["The {t} is full of dust.", "There is mud on my {t}.", "How do I wash the {t}?"]),
    ("heavy", &["The {t} is too heavy for me.", "I can not lift the {t}.", "Who can carry the {t}?"]),
];
const OPENINGS: &[&str] =
    &["Hi, this is {n}.", "Hello, {n} here.", "Good evening.", "Dear all,", "My name is {n}.", "{n} again.", "", ""];
const CLOSINGS: &[&str] =
    &["Thank you, {n}", "See you, {n}", "Please help.", "Yours, {n}", "I am waiting.", "", "", ""];
const GREETINGS: &[&str] =
    &["Dear NAME,", "Hello NAME!", "Hi NAME,", "Good day, NAME.", "Thanks, NAME!", "NAME, hello."];
const SENTENCES: &[&str] = &[
    "The THING is safe with us.",
    "We have found your THING.",
    "Your THING will be ready on Friday.",
    "We are happy that you like the THING.",
    "Please bring the THING to our house.",
    "It is no trouble at all.",
    "We are sorry about the THING.",
    "I will look at the THING this evening.",
    "You may keep the THING as long as you want.",
    "Please write to us again.",
    "That was kind of you.",
    "We open the door at nine.",
    "A friend will carry the THING for you.",
    "It takes only an hour.",
    "The THING costs nothing.",
    "Please wait for our letter.",
    "I have told the others about your THING.",
    "There are two ways to use a THING.",
    "Just push the button and wait.",
    "We will paint the THING in every colour that you like.",
    "Nobody has seen the THING yet.",
    "You can always ask us.",
    "We will call you before we come.",
    "I am glad that you told us about the THING.",
    "First open the box, then take out the THING.",
    "It will soon be better.",
    "Sleep well and do not worry.",
    "We keep one THING back for you.",
    "Your words made our day.",
    "All is well with the THING now.",
    "We send it back with the next train.",
    "Water is good for a THING, but soap is better.",
];
const SIGNATURES: &[&str] =
    &["Yours, {s}", "Good luck, {s}", "Best wishes, {s}", "See you soon, {s}", "Your friend {s}", "{s}", ""];
const WISHES: &[(&[&str], &str)] = &[
    (&["Give me the {t}.", "I want the {t}.", "Hand over the {t}."], "Could you please give me the {t}?"),
    (&["Fix the {t}.", "The {t} must be mended.", "Mend the {t}, now."], "Would you be so kind and mend the {t}?"),
    (&["Where is the {t}?", "Tell me where the {t} is."], "May I ask where the {t} is?"),
    (&["Move the {t}.", "Take the {t} away.", "The {t} must go."], "Could you please move the {t}?"),
    (&["I hate the {t}.", "The {t} is bad.", "What a bad {t}."], "The {t} is not quite what I hoped for."),
    (&["No {t} for you.", "You can not have the {t}."], "I am afraid that we have no {t} left."),
];

/// The answer that the instruction gives, with name and thing filled in.
pub(super) fn reply(random: &mut Random) -> Series {
    let answer = any_answer(random);
    let ask = random.pick(&["Answer with:", "Always answer:", "Reply to each message with:", "Write back:"]);
    Series::new(format!("{ask} {answer}"), move |random| {
        let message = any_message(random);
        let text = message.text.clone();
        exchange(text, message.fill(&answer))
    })
}

/// One of two answers, by what the message is about.
pub(super) fn reply_by_topic(random: &mut Random) -> Series {
    let topics = random.sample(TOPICS, 2);
    let answers: Vec<&str> = random.sample(SENTENCES, 2);
    let rules: Vec<String> =
        topics.iter().zip(&answers).map(|((topic, _), answer)| format!("{topic}: {answer}")).collect();
    Series::new(format!("Answer by topic.\n{}", rules.join("\n")), move |random| {
        let at = random.below(2);
        let message = message(random, topics[at].1);
        exchange(message.text.clone(), message.fill(answers[at]))
    })
}

/// What a message is about.
pub(super) fn sort(random: &mut Random) -> Series {
    let count = random.between(2, 4);
    let topics = random.sample(TOPICS, count);
    let labels: Vec<&str> = topics.iter().map(|topic| topic.0).collect();
    let form = random.below(3);
    let ask = match form {
        0 => "What is it about",
        1 => "Answer with JSON: kind, thing. Kinds",
        _ => "Write kind | thing. Kinds",
    };
    Series::new(format!("{ask}: {}.", labels.join(", ")), move |random| {
        let (label, sentences) = *random.one(&topics);
        let message = message(random, sentences);
        let answer = match form {
            0 => label.to_owned(),
            1 => as_json([("kind", label), ("thing", message.thing.as_str())].into_iter()),
            _ => format!("{label} | {}", message.thing),
        };
        exchange(message.text, answer)
    })
}

/// The thing or the person of a message.
pub(super) fn about(random: &mut Random) -> Series {
    let person = random.chance(0.3);
    let ask = match person {
        true => random.pick(&["Who is writing?", "Write the name of the person."]),
        false => random.pick(&["Which thing is it about?", "Name the thing."]),
    };
    Series::new(ask, move |random| {
        let mut message = any_message(random);
        while person && !message.text.contains(&message.name) {
            message = any_message(random);
        }
        let answer = if person { message.name } else { message.thing };
        exchange(message.text, answer)
    })
}

/// A wish in kinder words.
pub(super) fn kinder(random: &mut Random) -> Series {
    let ask = random.pick(&["Say it in a kinder way.", "Be more polite.", "Make it friendly."]);
    Series::new(ask, |random| {
        let (said, kinder) = *random.one(WISHES);
        let thing = words::name(random);
        exchange(random.pick(said).replace("{t}", &thing), kinder.replace("{t}", &thing))
    })
}

/// A letter word by word, or one sentence of it.
pub(super) fn copy(random: &mut Random) -> Series {
    let which = random.below(4);
    let ask =
        ["Write the letter again.", "Write the first sentence.", "Write the second sentence.", "Copy the letter."]
            [which];
    Series::new(ask, move |random| {
        let message = any_message(random);
        let count = random.between(2, 4);
        let sentences: Vec<String> =
            random.sample(SENTENCES, count).into_iter().map(|sentence| message.fill(sentence)).collect();
        let answer = match which {
            1 => sentences[0].clone(),
            2 => sentences[1].clone(),
            _ => sentences.join(" "),
        };
        exchange(sentences.join(" "), answer)
    })
}

struct Message {
    text: String,
    name: String,
    thing: String,
}

impl Message {
    fn fill(&self, answer: &str) -> String {
        answer.replace("NAME", &self.name).replace("THING", &self.thing)
    }
}

fn any_message(random: &mut Random) -> Message {
    let (_, sentences) = *random.one(TOPICS);
    message(random, sentences)
}

fn message(random: &mut Random, sentences: &[&str]) -> Message {
    let name = match random.below(4) {
        0 => person(random),
        1 => words::any(random, words::NAMES).to_owned(),
        _ => words::made_up_name(random),
    };
    let thing = words::name(random);
    let mut opening = random.pick(OPENINGS);
    let closing = random.pick(CLOSINGS);
    if !opening.contains("{n}") && !closing.contains("{n}") {
        opening = OPENINGS[random.below(2)];
    }
    let parts = [opening, random.pick(sentences), closing];
    let text = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
    Message { text: text.replace("{n}", &name).replace("{t}", &thing), name, thing }
}

fn any_answer(random: &mut Random) -> String {
    let count = random.between(1, 3);
    let signature = random.pick(SIGNATURES).replace("{s}", &words::made_up_name(random));
    let sentences = random.sample(SENTENCES, count);
    let mut parts = vec![random.pick(GREETINGS).to_owned()];
    parts.extend(sentences.into_iter().map(str::to_owned));
    parts.push(signature);
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}
