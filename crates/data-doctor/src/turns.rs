//! The order of messages: two of one role in a row, conversations that begin with the assistant, end with a question or have
//! no question, misplaced system messages, and tool calls without results.

use crate::finding::{Finding, FindingKind, RepairKind, Severity};
use crate::parts;
use crate::seen_rows::SeenRows;
use serde_json::Value;
use tunesmith_data::{Example, Message};
use tunesmith_sentence::{Sentence, say};

/// The rows with each fault.
#[derive(Default)]
pub(crate) struct Turns {
    twice: Vec<u32>,
    begins: Vec<u32>,
    ends: Vec<u32>,
    nobody: Vec<u32>,
    system_late: Vec<u32>,
    uncalled: Vec<u32>,
    other_id: Vec<u32>,
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
        if messages.iter().skip(1).any(|message| message.role == "system") {
            self.system_late.push(index);
        }
        if !calls_are_answered(messages) {
            self.uncalled.push(index);
        } else if !ids_fit(messages) {
            self.other_id.push(index);
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
            (FindingKind::OtherCallId, self.other_id),
            (FindingKind::NoUserMessage, self.nobody),
        ];
        let found = faults.into_iter().filter(|(_, places)| !places.is_empty());
        found.map(|(kind, places)| finding(kind, seen.numbers(&places))).collect()
    }
}

fn finding(kind: FindingKind, rows: Vec<u32>) -> Finding {
    let (sentence, advice) = (sentence(kind, rows.len()), advice(kind));
    let finding = Finding::new(kind, Severity::Warning, rows, sentence, advice);
    match kind {
        FindingKind::SameRoleTwice => finding.with_repair(RepairKind::MergeSameRole),
        FindingKind::EndsWithUser => finding.with_repair(RepairKind::DropTrailingUser),
        FindingKind::MisplacedSystem => finding.with_repair(RepairKind::MergeSystem),
        _ => finding,
    }
}

/// What was found in so many conversations.
fn sentence(kind: FindingKind, rows: usize) -> Sentence {
    match kind {
        FindingKind::SameRoleTwice => say!(
            "doctor-same-role-twice", rows;
            "1 conversation has two messages of one role in a row, which many chat templates refuse",
            "{rows} conversations have two messages of one role in a row, which many chat templates refuse", rows
        ),
        FindingKind::BeginsWithAssistant => say!(
            "doctor-begins-with-assistant", rows;
            "1 conversation begins with the assistant, which many chat templates refuse",
            "{rows} conversations begin with the assistant, which many chat templates refuse", rows
        ),
        FindingKind::EndsWithUser => say!(
            "doctor-ends-with-user", rows;
            "1 conversation ends with a question: nothing is learned from what comes after the last answer",
            "{rows} conversations end with a question: nothing is learned from what comes after the last answer", rows
        ),
        FindingKind::MisplacedSystem => say!(
            "doctor-misplaced-system", rows;
            "1 conversation has a system message that does not come first, or several, which many chat templates refuse",
            "{rows} conversations have a system message that does not come first, or several, which many chat templates refuse",
            rows
        ),
        FindingKind::ToolWithoutCall => say!(
            "doctor-tool-without-call", rows;
            "1 conversation has what a tool said without a call, or a call that no tool answered: the model would learn to make results up",
            "{rows} conversations have what a tool said without a call, or a call that no tool answered: the model would learn to make results up",
            rows
        ),
        FindingKind::OtherCallId => say!(
            "doctor-other-call-id", rows;
            "1 conversation has a tool result with the id (tool_call_id) of another call, or a call whose id no result has: what \
             belongs together is unclear",
            "{rows} conversations have a tool result with the id (tool_call_id) of another call, or a call whose id no result \
             has: what belongs together is unclear",
            rows
        ),
        _ => say!(
            "doctor-no-user-message", rows;
            "1 conversation has no user message: the model would not learn what it answers",
            "{rows} conversations have no user message: the model would not learn what it answers", rows
        ),
    }
}

/// What to do.
fn advice(kind: FindingKind) -> Sentence {
    match kind {
        FindingKind::SameRoleTwice => {
            say!("doctor-same-role-twice-advice", "Merge them into one message, with a blank line between")
        }
        FindingKind::BeginsWithAssistant => {
            say!("doctor-begins-with-assistant-advice", "Add the question that was asked, or remove the first message")
        }
        FindingKind::EndsWithUser => {
            say!("doctor-ends-with-user-advice", "Drop the questions after the last answer, or add the answers")
        }
        FindingKind::MisplacedSystem => {
            say!(
                "doctor-misplaced-system-advice",
                "Merge all of them into the first system message, or make each part of the message it belongs to"
            )
        }
        FindingKind::ToolWithoutCall => {
            say!("doctor-tool-without-call-advice", "Add the call or the tool's answer, or remove the other half")
        }
        FindingKind::OtherCallId => {
            say!("doctor-other-call-id-advice", "Give each result the id of its call, and each call its result")
        }
        _ => say!("doctor-no-user-message-advice", "Add what the user asks"),
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

/// Whether the results behind each message with calls have the ids of its calls. Calls and results without ids belong together
/// by their order.
fn ids_fit(messages: &[Message]) -> bool {
    messages.iter().enumerate().all(|(place, message)| {
        let calls = message.tool_calls.as_ref().and_then(Value::as_array);
        let called: Vec<&str> = calls.into_iter().flatten().filter_map(|call| call["id"].as_str()).collect();
        let results = messages[place + 1..].iter().take_while(|message| message.role == "tool");
        let answered: Vec<Option<&str>> = results.map(|result| result.tool_call_id.as_deref()).collect();
        let goes_on = place + 1 + answered.len() < messages.len();
        let all_have_ids = answered.iter().all(Option::is_some);
        called.is_empty()
            || answered.iter().flatten().all(|id| called.contains(id))
                && !(goes_on && all_have_ids && called.iter().any(|id| !answered.contains(&Some(*id))))
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
        // What was thought before the second would have no place.
        && other.reasoning_content.is_none()
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

/// The conversation with one system message, the first, in which all of them stand.
pub(crate) fn merge_system(example: &Example) -> Option<Example> {
    let Example::Chat { messages, tools } = example else { return None };
    if !messages.iter().skip(1).any(|message| message.role == "system") {
        return None;
    }
    let (system, others): (Vec<Message>, Vec<Message>) =
        messages.iter().cloned().partition(|message| message.role == "system");
    let said: Vec<&str> =
        system.iter().map(|message| message.content.as_str()).filter(|text| !text.trim().is_empty()).collect();
    let first = Message { content: said.join("\n\n"), ..system.first()?.clone() };
    let messages = [vec![first], others].concat();
    Some(Example::Chat { messages, tools: tools.clone() })
}

/// The conversation up to its last answer, if questions follow it.
pub(crate) fn drop_trailing_user(example: &Example) -> Option<Example> {
    let Example::Chat { messages, tools } = example else { return None };
    let end = messages.iter().rposition(|message| message.role != "user")? + 1;
    let answered = messages[..end].iter().any(|message| message.role == "assistant");
    (answered && end < messages.len())
        .then(|| Example::Chat { messages: messages[..end].to_vec(), tools: tools.clone() })
}
