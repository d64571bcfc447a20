//! Which parts of a conversation a template does not show: every part gets a stand-in of its own, and those whose stand-in
//! is not in the text are hidden. So it does not matter where and in which form a template shows a part. Which words of a
//! part it leaves out is left to `cut`.

mod cut;

use std::collections::HashSet;

use serde_json::{Value, json};

use super::answers::function_of;
use crate::Message;
use crate::template::{Conversation, Template};
use crate::template_check::{Hidden, HiddenPart};
use cut::Shown;

/// All kinds, for a template that fails where parts of all kinds say something else.
const PARTS: [HiddenPart; 8] = [
    HiddenPart::System,
    HiddenPart::Question,
    HiddenPart::Answer,
    HiddenPart::Reasoning,
    HiddenPart::Call,
    HiddenPart::Tools,
    HiddenPart::ToolResult,
    HiddenPart::Name,
];

/// Characters that neither the rendered text nor a part of the conversation has. They have no upper case and are no white
/// space, which templates change.
pub(super) struct StandIns {
    taken: HashSet<char>,
}

impl StandIns {
    pub(super) fn new(conversation: Conversation<'_>, text: &str) -> Self {
        let mut taken = HashSet::new();
        let mut look = |text: &str| taken.extend(text.chars().filter(is_private));
        look(text);
        for message in conversation.messages {
            let Message { content, reasoning_content, name, tool_calls, .. } = message;
            [Some(content), reasoning_content.as_ref(), name.as_ref()]
                .into_iter()
                .flatten()
                .for_each(|text| look(text));
            tool_calls.iter().for_each(|calls| look(&calls.to_string()));
        }
        conversation.tools.iter().for_each(|tool| look(&tool.to_string()));
        Self { taken }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = char> {
        ('\u{E000}'..='\u{F8FF}').chain('\u{F0000}'..='\u{FFFFD}').filter(|character| !self.taken.contains(character))
    }
}

fn is_private(character: &char) -> bool {
    matches!(character, '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..='\u{FFFFD}')
}

/// How many parts of each kind the template does not show, where it makes this text. Calls and answers count where they
/// could be learned.
pub(super) fn hidden(template: &Template, conversation: Conversation<'_>, stand_ins: &StandIns, text: &str) -> Hidden {
    let shown = |kinds: &[HiddenPart]| {
        let disguised = Disguised::new(conversation, kinds, &mut stand_ins.iter());
        let Disguised { messages, tools, parts } = disguised;
        if parts.is_empty() {
            return Some(Vec::new());
        }
        let text = template.render(Conversation { messages: &messages, tools: &tools, ..conversation }, false).ok()?;
        Some(parts.into_iter().map(|part| (part.message, part.seen_in(&text))).collect::<Vec<_>>())
    };
    let parts = shown(&PARTS).unwrap_or_else(|| {
        // What refuses other parts of one kind looks at them.
        PARTS.iter().filter_map(|part| shown(&[*part])).flatten().collect()
    });
    // Of a part that is hidden whatever it says, no words need to be looked for.
    let is_hidden = |message: usize, kind| parts.contains(&(Some(message), Some(kind)));
    let cut = cut::cut(template, conversation, stand_ins, &Shown { text, is_hidden: &is_hidden });
    let mut hidden = Hidden::new();
    for part in parts.iter().filter_map(|(_, part)| *part).chain(cut) {
        let count = hidden.entry(part).or_default();
        *count = if matches!(part, HiddenPart::Tools | HiddenPart::SomeTools) { 1 } else { *count + 1 };
    }
    if hidden.contains_key(&HiddenPart::Tools) {
        hidden.remove(&HiddenPart::SomeTools);
    }
    hidden
}

/// Whether a text shows a stand-in.
fn shows(text: &str, stand_in: char) -> bool {
    text.contains(stand_in) || text.contains(&escaped(stand_in))
}

/// A character as JSON writes it where it writes ASCII only.
fn escaped(character: char) -> String {
    character.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect()
}

/// A conversation of the same shape that says something else, and the stand-ins of each part.
struct Disguised {
    messages: Vec<Message>,
    tools: Vec<Value>,
    parts: Vec<Part>,
}

/// What stands for a part: one character, and of calls and tools one for each thing that they tell.
struct Part {
    kind: HiddenPart,
    message: Option<usize>,
    stand_ins: Vec<char>,
}

impl Part {
    /// What is hidden of it; none where all of it is shown.
    fn seen_in(&self, text: &str) -> Option<HiddenPart> {
        match self.stand_ins.iter().filter(|stand_in| shows(text, **stand_in)).count() {
            0 => Some(self.kind),
            count if count < self.stand_ins.len() => Some(self.kind.some()),
            _ => None,
        }
    }
}

impl Disguised {
    fn new(conversation: Conversation<'_>, kinds: &[HiddenPart], stand_ins: &mut dyn Iterator<Item = char>) -> Self {
        let mut parts: Vec<Part> = Vec::new();
        let mut messages = conversation.messages.to_vec();
        for (index, message) in messages.iter_mut().enumerate() {
            // There are 70,000 stand-ins, and parts beyond are not looked for.
            let mut next = |kind: HiddenPart, is_more: bool| {
                let stand_in = kinds.contains(&kind).then(|| stand_ins.next()).flatten()?;
                match parts.last_mut().filter(|_| is_more) {
                    Some(part) => part.stand_ins.push(stand_in),
                    None => parts.push(Part { kind, message: Some(index), stand_ins: vec![stand_in] }),
                }
                Some(stand_in)
            };
            disguise_message(message, &mut next);
        }
        let mut tools = conversation.tools.to_vec();
        for tool in tools.iter_mut().filter(|_| kinds.contains(&HiddenPart::Tools)) {
            let stand_ins = disguise_tool(tool, stand_ins);
            if !stand_ins.is_empty() {
                parts.push(Part { kind: HiddenPart::Tools, message: None, stand_ins });
            }
        }
        Self { messages, tools, parts }
    }
}

/// The kind of a message's content; none where it is not to be learned and asks nothing.
fn kind_of_content(message: &Message) -> Option<HiddenPart> {
    match message.role.as_str() {
        "system" => Some(HiddenPart::System),
        "assistant" => is_learned(message).then_some(HiddenPart::Answer),
        "tool" => Some(HiddenPart::ToolResult),
        _ => Some(HiddenPart::Question),
    }
}

fn is_learned(message: &Message) -> bool {
    message.weight != Some(0.0)
}

/// `next` yields the stand-in of a part of this kind, or one more of the part before.
fn disguise_message(message: &mut Message, next: &mut dyn FnMut(HiddenPart, bool) -> Option<char>) {
    let (is_learned, content) = (is_learned(message), kind_of_content(message));
    if !message.content.trim().is_empty()
        && let Some(stand_in) = content.and_then(|kind| next(kind, false))
    {
        message.content = stand_in.into();
    }
    if is_learned
        && let Some(thought) = message.reasoning_content.as_mut().filter(|thought| !thought.trim().is_empty())
        && let Some(stand_in) = next(HiddenPart::Reasoning, false)
    {
        *thought = stand_in.into();
    }
    for call in message.tool_calls.iter_mut().filter_map(Value::as_array_mut).flatten().filter(|_| is_learned) {
        disguise_call(call, next);
    }
    if let Some(name) = &mut message.name
        && let Some(stand_in) = next(HiddenPart::Name, false)
    {
        *name = stand_in.into();
    }
}

/// A call's name, and the name and the value of an argument in the place of all.
fn disguise_call(call: &mut Value, next: &mut dyn FnMut(HiddenPart, bool) -> Option<char>) {
    let Some(function) = function_of(call) else { return };
    let Some(stand_in) = next(HiddenPart::Call, false) else { return };
    function.insert("name".into(), stand_in.to_string().into());
    let Some(arguments) = function.get_mut("arguments") else { return };
    if arguments.as_object().is_some_and(|arguments| !arguments.is_empty())
        && let (Some(name), Some(value)) = (next(HiddenPart::Call, true), next(HiddenPart::Call, true))
    {
        *arguments = json!({ (name.to_string()): value.to_string() });
    }
}

/// A tool's name and description, and the names and descriptions of its parameters.
fn disguise_tool(tool: &mut Value, stand_ins: &mut dyn Iterator<Item = char>) -> Vec<char> {
    let tool = if tool["function"].is_object() { &mut tool["function"] } else { tool };
    let mut used = Vec::new();
    let mut replace = |place: Option<&mut Value>| {
        if let Some(text) = place.filter(|text| text.as_str().is_some_and(|text| !text.trim().is_empty()))
            && let Some(stand_in) = stand_ins.next()
        {
            *text = stand_in.to_string().into();
            used.push(stand_in);
        }
    };
    replace(tool.get_mut("name"));
    replace(tool.get_mut("description"));
    let Some(parameters) = tool.pointer_mut("/parameters/properties").and_then(Value::as_object_mut) else {
        return used;
    };
    parameters.values_mut().for_each(|parameter| replace(parameter.get_mut("description")));
    for (name, parameter) in std::mem::take(parameters) {
        let stand_in = stand_ins.next();
        used.extend(stand_in);
        parameters.insert(stand_in.map_or(name, String::from), parameter);
    }
    used
}
