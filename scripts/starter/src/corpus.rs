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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mix {
    /// Mostly words repeated after the user, one turn: the circuit that finds where it was and goes on from there is
    /// what a model with random weights has to find first.
    Echoing,
    /// Mostly lists, copied in another layout.
    Copying,
    /// Everything.
    Full,
}

/// Every kind of task and how often each mix draws it, in the order of the mixes.
const KINDS: &[([usize; 3], Kind)] = &[
    ([60, 6, 2], lists::echo),
    ([15, 22, 10], lists::repeat),
    ([0, 4, 5], lists::position),
    ([0, 2, 3], lists::neighbour),
    ([0, 6, 3], lists::reverse),
    ([3, 4, 5], lists::marked),
    ([0, 3, 3], lists::by_number),
    ([4, 4, 2], lists::without),
    ([0, 3, 2], lists::member),
    ([0, 1, 2], lists::count),
    ([0, 40, 40], cleaning::names),
    ([0, 0, 4], cleaning::numbers),
    ([0, 1, 4], cleaning::notes),
    ([0, 8, 6], cleaning::skip_words),
    ([2, 4, 5], records::field),
    ([0, 3, 5], records::column),
    ([2, 4, 3], records::lookup),
    ([0, 5, 3], records::swap),
    ([4, 6, 5], contexts::whose),
    ([0, 4, 3], contexts::where_is),
    ([0, 3, 4], patterns::examples),
    ([8, 8, 2], patterns::wrap),
    ([2, 5, 3], patterns::sentence),
    ([2, 4, 5], stories::story),
    ([0, 1, 4], english::definition),
    ([0, 1, 3], english::opposite),
    ([0, 1, 2], english::sums),
    ([0, 1, 5], english::talk),
];

/// About how many characters a conversation may have: near 192 tokens.
const LONGEST: usize = 480;

/// The `index`-th conversation for this mix and seed.
pub fn conversation(mix: Mix, seed: u64, index: u64) -> Conversation {
    let random = &mut Random::new(seed, index);
    // Short rows at first: there is less to look at where the word to copy may be.
    let budget = if mix == Mix::Echoing { 1 } else { random.between(LONGEST / 3, LONGEST) };
    if random.chance(0.4) { same_task(random, mix, budget) } else { mixed_tasks(random, mix, budget) }
}

/// One instruction as the system prompt, then inputs only.
fn same_task(random: &mut Random, mix: Mix, budget: usize) -> Conversation {
    let series = kind(random, mix)(random);
    let mut turns = Vec::new();
    let mut length = series.instruction.len();
    while length < budget {
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
fn mixed_tasks(random: &mut Random, mix: Mix, budget: usize) -> Conversation {
    let mut turns = Vec::new();
    let mut length = 0;
    while length < budget {
        let series = kind(random, mix)(random);
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

fn kind(random: &mut Random, mix: Mix) -> Kind {
    let weight = |kind: &([usize; 3], Kind)| kind.0[mix as usize];
    let mut left = random.below(KINDS.iter().map(weight).sum());
    for kind in KINDS {
        if left < weight(kind) {
            return kind.1;
        }
        left -= weight(kind);
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
