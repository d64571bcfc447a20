//! The corpus of the starter model: conversations that teach short clear sentences, following a format, and copying,
//! picking and filtering words that the model has never seen. Conversation `index` depends on the seed and the index only.

mod cleaning;
mod contexts;
mod english;
mod forms;
mod letters;
mod lists;
mod patterns;
mod queries;
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
    (10, lists::echo),
    (20, lists::repeat),
    (4, lists::position),
    (2, lists::neighbour),
    (2, lists::reverse),
    (5, lists::marked),
    (2, lists::by_number),
    (4, lists::without),
    (1, lists::member),
    (1, lists::count),
    (16, cleaning::without_part),
    (8, cleaning::word_of_line),
    (5, cleaning::numbers),
    (5, cleaning::notes),
    (10, cleaning::skip_words),
    (4, records::field),
    (3, records::column),
    (3, records::lookup),
    (2, records::swap),
    (4, contexts::whose),
    (3, contexts::where_is),
    (3, patterns::examples),
    (4, patterns::wrap),
    (2, patterns::sentence),
    (2, stories::story),
    (3, english::definition),
    (1, english::opposite),
    (1, english::sums),
    (4, english::talk),
];

/// What is drawn besides for the last part of the training: facts in a fixed form, short letters, and queries.
const FORMS: &[(usize, Kind)] = &[
    (10, forms::json),
    (10, forms::pattern),
    (3, forms::fact),
    (4, forms::signs),
    (10, letters::reply),
    (4, letters::reply_by_topic),
    (7, letters::sort),
    (3, letters::about),
    (2, letters::kinder),
    (3, letters::copy),
    (14, queries::query),
    (2, queries::columns),
];

/// About how many characters a conversation may have: near 192 tokens.
const LONGEST: usize = 480;

/// The `index`-th conversation for this seed.
pub fn conversation(seed: u64, index: u64) -> Conversation {
    draw(&mut Random::new(seed, index), KINDS)
}

/// The `index`-th conversation of the last part of the training: two in three have tasks with fixed forms, and the others
/// keep what was learned before.
pub fn later_conversation(seed: u64, index: u64) -> Conversation {
    let random = &mut Random::new(seed, index);
    let kinds = if random.chance(0.67) { FORMS } else { KINDS };
    draw(random, kinds)
}

fn draw(random: &mut Random, kinds: &[(usize, Kind)]) -> Conversation {
    // One turn in every other conversation: the less there is to look at, the sooner is learned where to look.
    let budget = if random.chance(0.5) { 1 } else { random.between(1, LONGEST) };
    if random.chance(0.4) { same_task(random, kinds, budget) } else { mixed_tasks(random, kinds, budget) }
}

/// One instruction as the system prompt, then inputs only.
fn same_task(random: &mut Random, kinds: &[(usize, Kind)], budget: usize) -> Conversation {
    let series = kind(random, kinds)(random);
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
fn mixed_tasks(random: &mut Random, kinds: &[(usize, Kind)], budget: usize) -> Conversation {
    let mut turns = Vec::new();
    let mut length = 0;
    while turns.is_empty() || length < budget {
        let series = kind(random, kinds)(random);
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

fn kind(random: &mut Random, kinds: &[(usize, Kind)]) -> Kind {
    let mut left = random.below(kinds.iter().map(|(weight, _)| weight).sum());
    for (weight, kind) in kinds {
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
