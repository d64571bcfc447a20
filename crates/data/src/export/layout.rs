//! The columns of each kind of file, and which part of a row goes into which. How turns are written is in `turns`.

use serde_json::Value;
use tunesmith_sentence::say;

use super::ExportKind;
use super::turns::{self, Reason};
use crate::columns::repeats_messages;
use crate::{Example, Message};

/// The columns of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ExportLayout {
    Messages,
    ShareGpt,
    Alpaca,
    Completion,
    CompletionLists,
    /// A question and an answer as text; as lists where there is more.
    Exchange,
    OpenAi,
    Text,
    Preference,
    Unpaired,
    Classification,
}

impl ExportLayout {
    /// The columns that a kind of file has for rows like this one.
    pub(super) fn of(kind: ExportKind, example: &Example) -> Result<Self, Reason> {
        let own = matches!(kind, ExportKind::Chat | ExportKind::Csv | ExportKind::Parquet);
        match (example, kind) {
            (Example::Chat { .. }, ExportKind::Chat | ExportKind::Parquet) => Ok(Self::Messages),
            (Example::Chat { .. }, ExportKind::ShareGpt) => Ok(Self::ShareGpt),
            (Example::Chat { .. }, ExportKind::Alpaca) => Ok(Self::Alpaca),
            (Example::Chat { .. }, ExportKind::Completion) => Ok(Self::Completion),
            (Example::Chat { .. }, ExportKind::CompletionLists) => Ok(Self::CompletionLists),
            (Example::Chat { .. }, ExportKind::Csv) => Ok(Self::Exchange),
            (Example::Chat { .. }, ExportKind::OpenAi) => Ok(Self::OpenAi),
            (Example::Text { .. }, _) if own => Ok(Self::Text),
            (Example::Preference { .. }, _) if own => Ok(Self::Preference),
            (Example::Unpaired { .. }, _) if own => Ok(Self::Unpaired),
            (Example::Classification { .. }, _) if own => Ok(Self::Classification),
            _ => Err(no_conversation(example)),
        }
    }

    /// The names of the columns.
    pub(super) fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Messages | Self::OpenAi => &["messages", "tools"],
            Self::ShareGpt => &["conversations", "tools"],
            Self::Alpaca => &["instruction", "input", "output", "system", "history"],
            Self::Completion => &["system", "prompt", "completion"],
            Self::CompletionLists => &["prompt", "completion", "tools"],
            Self::Exchange => &["system", "prompt", "completion", "tools"],
            Self::Text => &["text"],
            Self::Preference => &["prompt", "chosen", "rejected", "tools"],
            Self::Unpaired => &["prompt", "completion", "label"],
            Self::Classification => &["text", "label"],
        }
    }

    /// What stands in each column, null where there is nothing.
    pub(super) fn cells(self, example: &Example) -> Result<Vec<Value>, Reason> {
        match example {
            Example::Chat { messages, tools } => {
                turns::conversation(messages)?;
                self.chat(messages, turns::tools(tools)?)
            }
            Example::Text { text } => Ok(vec![text_cell(text)?]),
            Example::Preference { prompt, chosen, rejected, tools } => {
                turns::known(prompt)?;
                turns::conversation(chosen)?;
                turns::conversation(rejected)?;
                if prompt.is_empty() || (chosen.starts_with(prompt) && rejected.starts_with(prompt)) {
                    return Err(prompt_unclear());
                }
                let lists = [prompt, chosen, rejected].map(|messages| turns::plain(messages));
                let [prompt, chosen, rejected] = lists;
                Ok(vec![prompt?, chosen?, rejected?, turns::tools(tools)?])
            }
            Example::Unpaired { prompt, completion, label } => {
                turns::known(prompt)?;
                turns::conversation(completion)?;
                if prompt.is_empty() {
                    return Err(say!("export-nothing-asked", "nothing comes before its answer"));
                }
                if repeats_messages(prompt, completion) {
                    return Err(prompt_unclear());
                }
                Ok(vec![turns::plain(prompt)?, turns::plain(completion)?, Value::Bool(*label)])
            }
            Example::Classification { text, label } => Ok(vec![text_cell(text)?, text_cell(label)?]),
        }
    }

    /// The layout and the cells of a row in a kind of file. `first` is the layout of the rows before it, which it must share.
    pub(super) fn cells_of(
        kind: ExportKind,
        first: Option<ExportLayout>,
        example: &Example,
    ) -> Result<(Self, Vec<Value>), Reason> {
        let layout = Self::of(kind, example)?;
        let mut cells = layout.cells(example)?;
        if kind == ExportKind::Parquet {
            cells = layout
                .columns()
                .iter()
                .zip(cells)
                .map(|(column, cell)| turns::typed(column, cell))
                .collect::<Result<_, _>>()?;
        }
        match first {
            Some(first) if first != layout => {
                Err(say!("export-other-shape", "it has another shape than the first row, and so other columns"))
            }
            _ => Ok((layout, cells)),
        }
    }

    fn chat(self, messages: &[Message], tools: Value) -> Result<Vec<Value>, Reason> {
        match self {
            Self::ShareGpt => Ok(vec![turns::share_gpt(messages)?, text_of_tools(tools)]),
            Self::OpenAi => Ok(vec![turns::open_ai(messages)?, tools]),
            Self::Alpaca => no_tools(tools).and_then(|()| alpaca(messages)),
            Self::Completion => {
                no_tools(tools)?;
                let (system, question, answer) = turns::only_exchange(messages)?;
                Ok(vec![system, question, answer])
            }
            Self::CompletionLists => {
                let (prompt, completion) = halves(messages)?;
                Ok(vec![prompt, completion, tools])
            }
            Self::Exchange => match turns::only_exchange(messages) {
                Ok((system, question, answer)) => Ok(vec![system, question, answer, tools]),
                Err(_) => {
                    let (prompt, completion) = halves(messages)?;
                    Ok(vec![Value::Null, prompt, completion, tools])
                }
            },
            _ => Ok(vec![turns::plain(messages)?, tools]),
        }
    }
}

/// Why a row is left out of files that hold conversations and nothing else.
fn no_conversation(example: &Example) -> Reason {
    match example {
        Example::Preference { .. } => {
            say!("export-two-answers", "it has two answers to choose from, and this kind of file has one")
        }
        Example::Unpaired { .. } => {
            say!("export-judged", "it says whether its answer is good, which this kind of file cannot")
        }
        Example::Classification { .. } => {
            say!("export-labelled", "it is a text with a label, and no conversation")
        }
        Example::Text { .. } | Example::Chat { .. } => {
            say!("export-plain-text", "it is plain text, and this kind of file holds questions and answers")
        }
    }
}

/// A text as a cell. It must not be blank or hold a NUL.
fn text_cell(text: &str) -> Result<Value, Reason> {
    match text {
        _ if text.trim().is_empty() => Err(say!("export-text-blank", "it says nothing")),
        _ if text.contains('\0') => Err(turns::nul()),
        _ => Ok(text.into()),
    }
}

fn prompt_unclear() -> Reason {
    say!("export-prompt-unclear", "where its prompt ends and its answers begin could not be told again")
}

fn no_tools(tools: Value) -> Result<(), Reason> {
    if tools.is_null() {
        Ok(())
    } else {
        Err(say!("export-tools", "it has tools that may be called, for which this kind of file has no place"))
    }
}

/// ShareGPT's tools are text, as LLaMA-Factory reads them.
fn text_of_tools(tools: Value) -> Value {
    if tools.is_null() { tools } else { tools.to_string().into() }
}

/// All before the last answer, and that answer with what follows.
fn halves(messages: &[Message]) -> Result<(Value, Value), Reason> {
    let last = messages.iter().rposition(|message| message.role == "assistant").unwrap_or_default();
    match messages.split_at(last) {
        ([], _) => {
            Err(say!("export-no-prompt", "it begins with its only answer, and this kind of file needs a prompt"))
        }
        (prompt, completion) if repeats_messages(prompt, completion) => Err(prompt_unclear()),
        (prompt, completion) => Ok((turns::plain(&weighed(prompt))?, turns::plain(completion)?)),
    }
}

/// An import learns an answer within a prompt only where its weight says so.
fn weighed(prompt: &[Message]) -> Vec<Message> {
    let mut prompt = prompt.to_vec();
    for message in prompt.iter_mut().filter(|message| message.role == "assistant") {
        message.weight.get_or_insert(1.0);
    }
    prompt
}

/// The last question and answer, those before as history.
fn alpaca(messages: &[Message]) -> Result<Vec<Value>, Reason> {
    let (system, turns) = turns::system_apart(messages);
    let (earlier, last) = turns.split_at(turns.len().saturating_sub(2));
    let (_, question, answer) = turns::only_exchange(last)?;
    let pairs = earlier.chunks(2).map(|pair| match turns::exchange(pair) {
        Ok((_, question, answer)) => Ok(Value::Array(vec![question, answer])),
        Err(why) if pair.len() == 2 => Err(why),
        Err(_) => Err(say!("export-no-pairs", "its turns are not one question, one answer, and so on")),
    });
    let history: Vec<Value> = pairs.collect::<Result<_, _>>()?;
    let history = if history.is_empty() { Value::Null } else { history.into() };
    Ok(vec![question, "".into(), answer, system, history])
}
