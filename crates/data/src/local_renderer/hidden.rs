//! Which parts of a conversation a template does not show: every part gets a stand-in of its own, and those whose stand-in
//! is not in the text are hidden. So it does not matter where and in which form a template shows a part.

use std::collections::HashSet;

use serde_json::Value;

use super::answers::disguise;
use crate::Message;
use crate::template::{Conversation, Template};
use crate::template_check::{Hidden, HiddenPart};

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

/// How many parts of each kind the template does not show. Calls and answers count where they could be learned.
pub(super) fn hidden(template: &Template, conversation: Conversation<'_>, stand_ins: &StandIns) -> Hidden {
    let missing = |kinds: &[HiddenPart]| {
        let disguised = Disguised::new(conversation, kinds, &mut stand_ins.iter());
        let Disguised { messages, tools, parts } = disguised;
        if parts.is_empty() {
            return Some(Vec::new());
        }
        let text = template.render(Conversation { messages: &messages, tools: &tools, ..conversation }, false).ok()?;
        let is_shown = |stand_in: char| text.contains(stand_in) || text.contains(&escaped(stand_in));
        Some(parts.into_iter().filter(|(_, stand_in)| !is_shown(*stand_in)).map(|(part, _)| part).collect::<Vec<_>>())
    };
    let parts = missing(&PARTS).unwrap_or_else(|| {
        // What refuses other parts of one kind looks at them.
        PARTS.iter().filter_map(|part| missing(&[*part])).flatten().collect()
    });
    let mut hidden = Hidden::new();
    for part in parts {
        let count = hidden.entry(part).or_default();
        *count = if part == HiddenPart::Tools { 1 } else { *count + 1 };
    }
    hidden
}

/// A character as JSON writes it where it writes ASCII only.
fn escaped(character: char) -> String {
    character.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect()
}

/// A conversation of the same shape that says something else, and the stand-in of each part.
struct Disguised {
    messages: Vec<Message>,
    tools: Vec<Value>,
    parts: Vec<(HiddenPart, char)>,
}

impl Disguised {
    fn new(conversation: Conversation<'_>, kinds: &[HiddenPart], stand_ins: &mut dyn Iterator<Item = char>) -> Self {
        let mut parts = Vec::new();
        // There are 70,000 stand-ins, and parts beyond are not looked for.
        let mut next = |part: HiddenPart| {
            let stand_in = kinds.contains(&part).then(|| stand_ins.next()).flatten()?;
            parts.push((part, stand_in));
            Some(stand_in)
        };
        let mut messages = conversation.messages.to_vec();
        messages.iter_mut().for_each(|message| disguise_message(message, &mut next));
        let mut tools = conversation.tools.to_vec();
        for tool in &mut tools {
            let name = if tool["function"].is_object() { "/function/name" } else { "/name" };
            if let Some(name) = tool.pointer_mut(name).filter(|name| name.is_string())
                && let Some(stand_in) = next(HiddenPart::Tools)
            {
                *name = stand_in.to_string().into();
            }
        }
        Self { messages, tools, parts }
    }
}

fn disguise_message(message: &mut Message, next: &mut dyn FnMut(HiddenPart) -> Option<char>) {
    let is_learned = message.weight != Some(0.0);
    let content = match message.role.as_str() {
        "system" => Some(HiddenPart::System),
        "assistant" => is_learned.then_some(HiddenPart::Answer),
        "tool" => Some(HiddenPart::ToolResult),
        _ => Some(HiddenPart::Question),
    };
    if !message.content.trim().is_empty()
        && let Some(stand_in) = content.and_then(&mut *next)
    {
        message.content = stand_in.into();
    }
    if is_learned
        && let Some(thought) = message.reasoning_content.as_mut().filter(|thought| !thought.trim().is_empty())
        && let Some(stand_in) = next(HiddenPart::Reasoning)
    {
        *thought = stand_in.into();
    }
    for call in message.tool_calls.iter_mut().filter_map(Value::as_array_mut).flatten().filter(|_| is_learned) {
        if let Some(stand_in) = next(HiddenPart::Call) {
            disguise(call, stand_in);
        }
    }
    if let Some(name) = &mut message.name
        && let Some(stand_in) = next(HiddenPart::Name)
    {
        *name = stand_in.into();
    }
}
