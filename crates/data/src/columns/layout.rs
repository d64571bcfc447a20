//! The shapes that rows come in: their parts, and the column names that people and other tools use for each part.

use serde_json::Value;
use tunesmith_protocol::Format;

use super::messages;

/// A shape of rows. One format may have several.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    pub format: Format,
    /// The parts that a row must have.
    pub required: &'static [Part],
    pub optional: &'static [Part],
}

/// A part of a row, and the columns that are taken for it, the likeliest first.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub name: &'static str,
    pub spellings: &'static [&'static str],
}

const fn part(name: &'static str, spellings: &'static [&'static str]) -> Part {
    Part { name, spellings }
}

const MESSAGES: Part = part("messages", &["messages", "conversations", "conversation", "contents"]);
/// AutoTrain has lists of messages in the column that otherwise holds plain text.
const MESSAGES_AS_TEXT: Part = part("messages", &["text"]);
/// OpenAI's older name is “functions”.
const TOOLS: Part = part("tools", &["tools", "functions"]);
const INSTRUCTION: Part = part("instruction", &["instruction"]);
const INPUT: Part = part("input", &["input", "context"]);
const OUTPUT: Part = part("output", &["output", "response", "completion", "answer"]);
/// Gemini's API has “systemInstruction”.
const SYSTEM: Part = part("system", &["system", "system_prompt", "systemInstruction", "system_instruction"]);
/// What is thought before the answer, in a column of its own.
const REASONING: Part = part("reasoning", &["reasoning_content", "reasoning", "thinking"]);
const HISTORY: Part = part("history", &["history"]);
const PROMPT: Part = part("prompt", &["prompt", "question", "query", "input", "user"]);
const COMPLETION: Part = part("completion", &["completion", "answer", "response", "output", "reply", "assistant"]);
const TEXT: Part = part("text", &["text"]);
const LABEL: Part = part("label", &["label", "target", "labels", "class"]);
const CHOSEN: Part = part("chosen", &["chosen", "preferred_output"]);
const REJECTED: Part = part("rejected", &["rejected", "non_preferred_output"]);
/// AutoTrain has the better answer in “text”, beside “rejected_text”.
const CHOSEN_TEXT: Part = part("chosen", &["text"]);
const REJECTED_TEXT: Part = part("rejected", &["rejected_text"]);
/// The prompt of two answers, or of a judged one: LLaMA-Factory has it in “instruction” and “input”, or as messages.
const ASKED: Part = part(
    "prompt",
    &["prompt", "question", "query", "instruction", "messages", "conversations", "conversation", "input", "user"],
);
/// Only TRL's three names together: many datasets of instructions have some label of zeros and ones beside them.
const JUDGED: [Part; 3] = [part("prompt", &["prompt"]), part("completion", &["completion"]), part("label", &["label"])];
const TAG: Part = part("label", &["kto_tag"]);
/// LLaMA-Factory judges whole conversations with true and false; a number there may be any class.
const TRUTH: Part = part("label", &["label"]);

/// All layouts; the first that a row has wins.
pub(crate) static LAYOUTS: [Layout; 12] = [
    Layout { format: Format::Preference, required: &[CHOSEN, REJECTED], optional: &[ASKED, INPUT, SYSTEM, TOOLS] },
    Layout { format: Format::Preference, required: &[CHOSEN_TEXT, REJECTED_TEXT], optional: &[ASKED, SYSTEM] },
    Layout { format: Format::Unpaired, required: &JUDGED, optional: &[INPUT, SYSTEM] },
    Layout { format: Format::Unpaired, required: &[ASKED, COMPLETION, TAG], optional: &[INPUT, SYSTEM] },
    Layout { format: Format::Unpaired, required: &[MESSAGES, TAG], optional: &[SYSTEM] },
    Layout { format: Format::Unpaired, required: &[MESSAGES, TRUTH], optional: &[SYSTEM] },
    Layout { format: Format::Chat, required: &[MESSAGES], optional: &[SYSTEM, TOOLS] },
    Layout {
        format: Format::Instruction,
        required: &[INSTRUCTION, OUTPUT],
        optional: &[INPUT, SYSTEM, HISTORY, REASONING],
    },
    Layout {
        format: Format::Completion,
        required: &[PROMPT, COMPLETION],
        optional: &[INPUT, SYSTEM, HISTORY, TOOLS, REASONING],
    },
    Layout { format: Format::Classification, required: &[TEXT, LABEL], optional: &[] },
    Layout { format: Format::Chat, required: &[MESSAGES_AS_TEXT], optional: &[SYSTEM, TOOLS] },
    Layout { format: Format::Text, required: &[TEXT], optional: &[] },
];

impl Layout {
    /// All parts, the required ones first.
    pub(crate) fn parts(&self) -> impl Iterator<Item = &'static Part> + use<> {
        self.required.iter().chain(self.optional)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.parts().any(|part| part.name == name)
    }

    pub(super) fn requires(&self, name: &str) -> bool {
        self.required.iter().any(|part| part.name == name)
    }

    /// Whether a value can be what the name of its column suggests: some names have several meanings.
    pub(super) fn may_be(&self, part: &Part, value: Option<&Value>) -> bool {
        match part.name {
            "messages" if *part == MESSAGES_AS_TEXT => value.is_some_and(messages::is_conversation),
            "messages" => messages::may_be_list(value),
            "reasoning" => matches!(value, None | Some(Value::Null | Value::String(_))),
            "tools" => matches!(value, None | Some(Value::Null)) || messages::may_be_list(value),
            // Beside a prompt these names may be of other things than a text.
            "input" if self.format != Format::Instruction => !matches!(value, Some(Value::Array(_) | Value::Object(_))),
            "history" if self.format == Format::Completion => {
                matches!(value, None | Some(Value::Null)) || value.is_some_and(messages::is_history)
            }
            "label" if *part == TRUTH && self.has("messages") => value.is_some_and(says_truth),
            "label" if self.format == Format::Unpaired => value.is_some_and(|value| truth(value).is_some()),
            _ => true,
        }
    }
}

/// The longest name in `LAYOUTS`.
const LONGEST_NAME: usize = 20;

/// The known name that a column has, whatever its case and the blanks around it.
pub(super) fn known_name(column: &str) -> Option<&'static str> {
    let column = column.trim();
    if column.len() > LONGEST_NAME {
        return None;
    }
    let names = LAYOUTS.iter().flat_map(Layout::parts).flat_map(|part| part.spellings);
    names.copied().find(|name| name.eq_ignore_ascii_case(column))
}

/// Whether a column of this name means something.
pub(crate) fn is_known(column: &str) -> bool {
    known_name(column).is_some()
}

/// Whether a value is true or false and nothing else, in JSON or as Python and tables write it.
fn says_truth(value: &Value) -> bool {
    let word = |text: &String| ["true", "false"].contains(&text.trim().to_ascii_lowercase().as_str());
    matches!(value, Value::Bool(_)) || matches!(value, Value::String(text) if word(text))
}

/// Whether a column of this name may hold the label of a judged answer.
pub(super) fn is_judgement(column: &str) -> bool {
    let known = known_name(column);
    let spellings = [LABEL.spellings, TAG.spellings];
    known.is_some_and(|known| spellings.iter().any(|names| names.contains(&known)))
}

/// A label as a truth value, as tables and JSON write it; none if it is something else.
pub(super) fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(good) => Some(*good),
        Value::Number(number) if number.as_f64() == Some(1.0) => Some(true),
        Value::Number(number) if number.as_f64() == Some(0.0) => Some(false),
        Value::String(word) => match word.trim().to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" => Some(true),
            "false" | "0" | "no" => Some(false),
            _ => None,
        },
        _ => None,
    }
}
