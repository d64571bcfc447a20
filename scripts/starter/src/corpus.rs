//! The corpus of the starter model: conversations that teach short clear sentences, following a format, and copying,
//! picking and filtering words that the model has never seen. Conversation `index` depends on the seed and the index only.

mod cleaning;
mod contexts;
mod english;
mod lists;
mod patterns;
mod records;
mod stories;

use crate::random::Random;

/// A conversation to learn from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversation {
    /// What the model is told first.
    pub system: Option<String>,
    /// Question and answer, in order.
    pub turns: Vec<Turn>,
}

/// One question and its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// What the user writes.
    pub user: String,
    /// What is to be learned.
    pub assistant: String,
}

/// One instruction with any number of inputs and answers for it.
struct Series {
    instruction: String,
    next: Box<dyn Fn(&mut Random) -> Exchange>,
}

/// An input and the answer that the instruction asks for.
struct Exchange {
    input: String,
    answer: String,
}

impl Series {
    fn new(instruction: impl Into<String>, next: impl Fn(&mut Random) -> Exchange + 'static) -> Self {
        Self { instruction: instruction.into(), next: Box::new(next) }
    }
}

fn exchange(input: impl Into<String>, answer: impl Into<String>) -> Exchange {
    Exchange { input: input.into(), answer: answer.into() }
}

type Kind = fn(&mut Random) -> Series;

/// How often each kind of task is drawn.
const KINDS: &[(usize, Kind)] = &[
    (6, lists::echo),
    (10, lists::repeat),
    (5, lists::position),
    (3, lists::neighbour),
    (3, lists::reverse),
    (5, lists::marked),
    (3, lists::by_number),
    (2, lists::without),
    (2, lists::member),
    (2, lists::count),
    (12, cleaning::without_part),
    (10, cleaning::word_of_line),
    (6, cleaning::numbers),
    (4, cleaning::notes),
    (6, cleaning::skip_words),
    (5, records::field),
    (5, records::column),
    (3, records::lookup),
    (3, records::swap),
    (5, contexts::whose),
    (3, contexts::where_is),
    (4, patterns::examples),
    (2, patterns::wrap),
    (3, patterns::sentence),
    (5, stories::story),
    (4, english::definition),
    (3, english::opposite),
    (2, english::sums),
    (5, english::talk),
];

/// About how many characters a conversation may have: near 192 tokens.
const LONGEST: usize = 480;

/// The `index`-th conversation for this seed.
pub fn conversation(seed: u64, index: u64) -> Conversation {
    let random = &mut Random::new(seed, index);
    let budget = random.between(LONGEST / 4, LONGEST);
    if random.chance(0.4) { same_task(random, budget) } else { mixed_tasks(random, budget) }
}

/// One instruction as the system prompt, then inputs only.
fn same_task(random: &mut Random, budget: usize) -> Conversation {
    let series = kind(random)(random);
    let mut turns = Vec::new();
    let mut length = series.instruction.len();
    while turns.is_empty() || length < budget {
        let Exchange { input, answer } = (series.next)(random);
        if input.is_empty() {
            let system = random.chance(0.5).then(|| "You are a friendly helper.".to_owned());
            return Conversation { system, turns: vec![Turn { user: series.instruction, assistant: answer }] };
        }
        length += input.len() + answer.len();
        if length > LONGEST && !turns.is_empty() {
            break;
        }
        turns.push(Turn { user: input, assistant: answer });
    }
    Conversation { system: Some(series.instruction), turns }
}

/// A new instruction in every turn.
fn mixed_tasks(random: &mut Random, budget: usize) -> Conversation {
    let mut turns = Vec::new();
    let mut length = 0;
    while turns.is_empty() || length < budget {
        let series = kind(random)(random);
        let Exchange { input, answer } = (series.next)(random);
        let user = ask(random, &series.instruction, &input);
        length += user.len() + answer.len();
        if length > LONGEST && !turns.is_empty() {
            break;
        }
        turns.push(Turn { user, assistant: answer });
    }
    Conversation { system: None, turns }
}

fn kind(random: &mut Random) -> Kind {
    let mut left = random.below(KINDS.iter().map(|(weight, _)| weight).sum());
    for (weight, kind) in KINDS {
        if left < *weight {
            return *kind;
        }
        left -= weight;
    }
    lists::repeat
}

/// The instruction before or after the input.
fn ask(random: &mut Random, instruction: &str, input: &str) -> String {
    if input.is_empty() {
        return instruction.to_owned();
    }
    match random.below(4) {
        0 => format!("{input}\n{instruction}"),
        _ => format!("{instruction}\n{input}"),
    }
}
