//! The order of messages: two of one role in a row, conversations that begin with the assistant, end with a question or have
//! no question, misplaced system messages, and tool calls without results.

use crate::finding::{Finding, FindingKind, RepairKind, Severity, count, verb};
use crate::parts;
use crate::seen_rows::SeenRows;
use tunesmith_data::{Example, Message};

/// The rows with each fault.
#[derive(Default)]
pub(crate) struct Turns {
    twice: Vec<u32>,
    begins: Vec<u32>,
    ends: Vec<u32>,
    nobody: Vec<u32>,
    system_late: Vec<u32>,
    uncalled: Vec<u32>,
}

impl Turns {
    pub(crate) fn look(&mut self, index: u32, example: &Example) {
        let messages = parts::messages(example);
        if messages.is_empty() {
            return;
        }
        if messages.windows(2).any(|pair| belong_together(&pair[0], &pair[1])) {
            self.twice.push(index);
        }
        let asks = messages.iter().any(|message| message.role == "user");
        let first = messages.iter().find(|message| message.role != "system");
        if !asks {
            self.nobody.push(index);
        } else if first.is_some_and(|message| message.role == "assistant") {
            self.begins.push(index);
        }
        let talk = messages.iter().skip_while(|message| message.role == "system");
        if talk.clone().any(|message| message.role == "system") {
            self.system_late.push(index);
        }
        if !calls_are_answered(messages) {
            self.uncalled.push(index);
        }
        if drop_trailing_user(example).is_some() {
            self.ends.push(index);
        }
    }

    pub(crate) fn findings(self, seen: &SeenRows) -> Vec<Finding> {
        let faults = [
            (FindingKind::SameRoleTwice, self.twice),
            (FindingKind::BeginsWithAssistant, self.begins),
            (FindingKind::EndsWithUser, self.ends),
            (FindingKind::MisplacedSystem, self.system_late),
            (FindingKind::ToolWithoutCall, self.uncalled),
            (FindingKind::NoUserMessage, self.nobody),
        ];
        let found = faults.into_iter().filter(|(_, places)| !places.is_empty());
        found.map(|(kind, places)| finding(kind, seen.numbers(&places))).collect()
    }
}

fn finding(kind: FindingKind, rows: Vec<u32>) -> Finding {
    let number = count(rows.len(), "conversation");
    let verb = |one, more| verb(rows.len(), one, more);
    let (sentence, advice, repair) = match kind {
        FindingKind::SameRoleTwice => (
            format!(
                "{number} {} two messages of one role in a row, which many chat templates refuse",
                verb("has", "have")
            ),
            "Merge them into one message, with a blank line between",
            Some(RepairKind::MergeSameRole),
        ),
        FindingKind::BeginsWithAssistant => (
            format!("{number} {} with the assistant, which many chat templates refuse", verb("begins", "begin")),
            "Add the question that was asked, or remove the first message",
            None,
        ),
        FindingKind::EndsWithUser => (
            format!(
                "{number} {} with a question: nothing is learned from what comes after the last answer",
                verb("ends", "end")
            ),
            "Drop the questions after the last answer, or add the answers",
            Some(RepairKind::DropTrailingUser),
        ),
        FindingKind::MisplacedSystem => (
            format!(
                "{number} {} a system message that does not come first, which many chat templates refuse",
                verb("has", "have")
            ),
            "Put it first, or make it part of the message it belongs to",
            None,
        ),
        FindingKind::ToolWithoutCall => (
            format!(
                "{number} {} what a tool said without a call, or a call that no tool answered: the model would learn to make results up",
                verb("has", "have")
            ),
            "Add the call or the tool's answer, or remove the other half",
            None,
        ),
        _ => (
            format!("{number} {} no user message: the model would not learn what it answers", verb("has", "have")),
            "Add what the user asks",
            None,
        ),
    };
    let finding = Finding::new(kind, Severity::Warning, rows, sentence, advice);
    match repair {
        Some(repair) => finding.with_repair(repair),
        None => finding,
    }
}

/// Whether each result of a tool follows a call, and each call but the last message is followed by a result.
fn calls_are_answered(messages: &[Message]) -> bool {
    let is_result = |message: &Message| matches!(message.role.as_str(), "tool" | "function");
    let called = |message: &Message| message.tool_calls.is_some() || is_result(message);
    let first = messages.first().is_none_or(|first| !is_result(first));
    first
        && messages.windows(2).all(|pair| {
            let (before, after) = (&pair[0], &pair[1]);
            if is_result(after) { called(before) } else { before.tool_calls.is_none() }
        })
}

/// Whether two messages of one role should be merged. Messages with tool calls, or of which only one is learned, are left as
/// they are.
fn belong_together(one: &Message, other: &Message) -> bool {
    one.role == other.role
        && matches!(one.role.as_str(), "system" | "user" | "assistant")
        && one.tool_calls.is_none()
        && other.tool_calls.is_none()
        && one.weight == other.weight
}

/// The conversation with messages of one role in a row made one.
pub(crate) fn merge_same_role(example: &Example) -> Option<Example> {
    let Example::Chat { messages, tools } = example else { return None };
    let mut merged: Vec<Message> = Vec::with_capacity(messages.len());
    for message in messages {
        match merged.last_mut() {
            Some(last) if belong_together(last, message) => {
                let blank = if last.content.is_empty() || message.content.is_empty() { "" } else { "\n\n" };
                last.content += blank;
                last.content += &message.content;
            }
            _ => merged.push(message.clone()),
        }
    }
    (merged.len() < messages.len()).then(|| Example::Chat { messages: merged, tools: tools.clone() })
}

/// The conversation up to its last answer, if questions follow it.
pub(crate) fn drop_trailing_user(example: &Example) -> Option<Example> {
    let Example::Chat { messages, tools } = example else { return None };
    let end = messages.iter().rposition(|message| message.role != "user")? + 1;
    let answered = messages[..end].iter().any(|message| message.role == "assistant");
    (answered && end < messages.len())
        .then(|| Example::Chat { messages: messages[..end].to_vec(), tools: tools.clone() })
}
