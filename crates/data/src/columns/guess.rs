//! Votes on the shape of a file by its first rows.

use serde_json::Value;
use tunesmith_protocol::Format;

use super::{Shape, messages};
use crate::source::{Bad, Object};

const MESSAGES: &[&str] = &["messages", "conversations", "conversation"];
const INSTRUCTION: &[&str] = &["instruction"];
const INPUT: &[&str] = &["input", "context"];
const OUTPUT: &[&str] = &["output", "response", "completion", "answer"];
const PROMPT: &[&str] = &["prompt", "question", "query", "input", "user"];
const ANSWER: &[&str] = &["completion", "answer", "response", "output", "reply", "assistant"];
const SYSTEM: &[&str] = &["system", "system_prompt"];
const HISTORY: &[&str] = &["history"];
const TEXT: &[&str] = &["text"];
const TOOLS: &[&str] = &["tools"];

const EXPECTED: &str = "expected “messages”, or “instruction” and “output”, or “prompt” and “completion”, or “text”";

/// The shape of a file, and why.
pub(crate) struct Guess {
    /// None when no row has a known shape.
    pub shape: Option<Shape>,
    /// A sentence.
    pub reason: String,
}

/// Whether a column of this name means something.
pub(crate) fn is_known(name: &str) -> bool {
    let name = name.trim().to_lowercase();
    [MESSAGES, INSTRUCTION, INPUT, OUTPUT, PROMPT, ANSWER, SYSTEM, HISTORY, TEXT, TOOLS]
        .iter()
        .any(|names| names.contains(&name.as_str()))
}

/// Decides by the majority of the rows; `wanted` restricts the choice unless it is auto.
pub(crate) fn guess<'a>(rows: impl Iterator<Item = &'a Object>, wanted: Format) -> Guess {
    let mut votes: Vec<(Shape, u64)> = Vec::new();
    let mut seen = 0;
    let mut columns: Vec<String> = Vec::new();
    for row in rows {
        seen += 1;
        if columns.is_empty() {
            columns = row.keys().cloned().collect();
        }
        let Some(shape) = of_row(row, wanted) else { continue };
        match votes.iter_mut().find(|(voted, _)| voted.format() == shape.format() && voted.agrees(&shape)) {
            Some((voted, count)) => {
                *count += 1;
                voted.widen(shape);
            }
            None => votes.push((shape, 1)),
        }
    }
    // The first of equals wins.
    let best = votes.into_iter().rev().max_by_key(|(_, count)| *count);
    match best {
        Some((shape, count)) => {
            let share = if count == seen { String::new() } else { format!(" in {count} of the first {seen} rows") };
            let reason = format!("{}{share}{}", shape.sentence(), ignored(&shape, &columns));
            Guess { shape: Some(shape), reason }
        }
        None if seen == 0 => Guess { shape: None, reason: "No row could be read".into() },
        None => {
            let expected = wanted_columns(wanted);
            let reason = format!("No known shape: the columns are {}; {expected}", listed(&columns));
            Guess { shape: usual(wanted), reason }
        }
    }
}

/// The shape that a chosen format has where no row shows another spelling of its columns.
fn usual(wanted: Format) -> Option<Shape> {
    let names: &[&str] = match wanted {
        Format::Auto => return None,
        Format::Chat => &["messages"],
        Format::Instruction => &["instruction", "output"],
        Format::Completion => &["prompt", "completion"],
        Format::Text => &["text"],
    };
    of_row(&names.iter().map(|name| ((*name).to_owned(), Value::Null)).collect(), wanted)
}

/// Why a row without a known shape is dropped.
pub(crate) fn unknown_shape(row: &Object) -> Bad {
    let columns: Vec<String> = row.keys().take(8).cloned().collect();
    Bad::new("unknown_shape", format!("The columns are {}; {EXPECTED}", listed(&columns)))
}

fn wanted_columns(wanted: Format) -> &'static str {
    match wanted {
        Format::Auto => EXPECTED,
        Format::Chat => "expected “messages”",
        Format::Instruction => "expected “instruction” and “output”",
        Format::Completion => "expected “prompt” and “completion”",
        Format::Text => "expected “text”",
    }
}

/// The shape of one row.
fn of_row(row: &Object, wanted: Format) -> Option<Shape> {
    let may = |format| wanted == Format::Auto || wanted == format;
    let find = |names: &[&str]| find(row, names);
    if may(Format::Chat)
        && let Some(messages) = find(MESSAGES)
        && (wanted == Format::Chat || messages::may_be_list(row.get(&messages)))
    {
        return Some(Shape::Chat { messages, tools: find(TOOLS) });
    }
    if may(Format::Instruction)
        && let (Some(instruction), Some(output)) = (find(INSTRUCTION), find(OUTPUT))
    {
        let (input, system, history) = (find(INPUT), find(SYSTEM), find(HISTORY));
        return Some(Shape::Instruction { instruction, input, output, system, history });
    }
    if may(Format::Completion)
        && let (Some(prompt), Some(answer)) = (find(PROMPT), find(ANSWER))
    {
        return Some(Shape::Pair { prompt, answer, system: find(SYSTEM) });
    }
    let text = find(TEXT).filter(|_| may(Format::Text))?;
    Some(Shape::Text { text })
}

/// The row's own spelling of the first of `names` that it has.
fn find(row: &Object, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| {
        if row.contains_key(*name) {
            return Some((*name).to_owned());
        }
        row.keys().find(|key| key.trim().eq_ignore_ascii_case(name)).cloned()
    })
}

impl Shape {
    /// Whether both take the same columns for what a row cannot do without.
    fn agrees(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Instruction { instruction: a, output: b, .. }, Self::Instruction { instruction, output, .. }) => {
                a == instruction && b == output
            }
            (Self::Pair { prompt: a, answer: b, .. }, Self::Pair { prompt, answer, .. }) => a == prompt && b == answer,
            (Self::Chat { messages: a, .. }, Self::Chat { messages, .. }) => a == messages,
            _ => self == other,
        }
    }

    /// Takes over the columns that only some rows have.
    fn widen(&mut self, other: Self) {
        match (self, other) {
            (
                Self::Instruction { input, system, history, .. },
                Self::Instruction { input: input2, system: system2, history: history2, .. },
            ) => {
                *input = input.take().or(input2);
                *system = system.take().or(system2);
                *history = history.take().or(history2);
            }
            (Self::Pair { system, .. }, Self::Pair { system: system2, .. }) => *system = system.take().or(system2),
            (Self::Chat { tools, .. }, Self::Chat { tools: tools2, .. }) => *tools = tools.take().or(tools2),
            _ => {}
        }
    }

    fn columns(&self) -> Vec<&str> {
        match self {
            Self::Chat { messages, tools } => {
                let mut names = vec![messages.as_str()];
                names.extend(tools.as_deref());
                names
            }
            Self::Instruction { instruction, input, output, system, history } => {
                let mut names = vec![instruction.as_str()];
                names.extend(input.as_deref());
                names.push(output);
                names.extend(system.as_deref());
                names.extend(history.as_deref());
                names
            }
            Self::Pair { prompt, answer, system } => {
                let mut names = vec![prompt.as_str(), answer];
                names.extend(system.as_deref());
                names
            }
            Self::Text { text } => vec![text],
        }
    }

    fn sentence(&self) -> String {
        let columns = listed(&self.columns());
        match self {
            Self::Chat { messages, tools: None } => format!("Conversations: a list of messages in “{messages}”"),
            Self::Chat { messages, tools: Some(tools) } => {
                format!("Conversations: a list of messages in “{messages}”, with the tools in “{tools}”")
            }
            Self::Instruction { .. } => format!("Instructions and answers: the columns {columns}"),
            Self::Pair { .. } => format!("Prompts and answers: the columns {columns}"),
            Self::Text { .. } => format!("Plain text in {columns}"),
        }
    }
}

fn ignored(shape: &Shape, columns: &[String]) -> String {
    let used = shape.columns();
    let rest: Vec<&String> = columns.iter().filter(|column| !used.contains(&column.as_str())).collect();
    if rest.is_empty() { String::new() } else { format!("; not used: {}", listed(&rest)) }
}

/// Names in quotation marks, the first eight.
fn listed<T: AsRef<str>>(names: &[T]) -> String {
    let quoted: Vec<String> = names.iter().take(8).map(|name| format!("“{}”", name.as_ref())).collect();
    let more = if names.len() > 8 { format!(" and {} more", names.len() - 8) } else { String::new() };
    if quoted.is_empty() { "none".into() } else { quoted.join(", ") + &more }
}
