//! Which messages a template shows only a part of, as `content[:10]` and `content.split('</think>')[-1]` do. A stand-in for
//! a whole message does not show that, as it has nothing to cut. So where a message is not in the text as it is, its words
//! get stand-ins, one behind each. White space and upper case, which templates change, hide no word.

use super::{StandIns, is_learned, kind_of_content, shows};
use crate::Message;
use crate::template::{Conversation, Template};
use crate::template_check::HiddenPart;

/// Words that are looked for in one text; of more, as many that are evenly spread.
const MOST_WORDS: usize = 200;
/// What ends reasoning that stands before an answer in the same text.
const REASONING_ENDS: [&str; 4] = ["</think>", "</thinking>", "</reasoning>", "[/THINK]"];
/// Characters at the beginning of a text by which a template shows some of it.
const BEGINNING: usize = 4;

/// The text that a template makes of a conversation, and which parts it does not show whatever they say.
pub(super) struct Shown<'a> {
    pub text: &'a str,
    pub is_hidden: &'a dyn Fn(usize, HiddenPart) -> bool,
}

/// A text of a message that is not shown as it is.
struct Changed<'a> {
    message: usize,
    /// Whether it is the message's reasoning and not its content.
    is_reasoning: bool,
    text: &'a str,
    /// Where its words end, and of which kind each is.
    words: Vec<(usize, HiddenPart)>,
}

/// The kinds of the parts that lose words.
pub(super) fn cut(
    template: &Template,
    conversation: Conversation<'_>,
    stand_ins: &StandIns,
    shown: &Shown<'_>,
) -> Vec<HiddenPart> {
    let messages = conversation.messages.iter().enumerate();
    let as_it_is = |text: &str| {
        let all = conversation
            .messages
            .iter()
            .flat_map(|message| [Some(&message.content), message.reasoning_content.as_ref()]);
        let count = all.flatten().map(|other| other.matches(text).count()).sum::<usize>();
        // Two messages may say the same, and one of them lose it.
        shown.text.matches(text).count() >= count
    };
    let changed: Vec<Changed> =
        messages.flat_map(|(index, message)| changed(index, message, &as_it_is, shown)).collect();
    let hidden = |some: &[Changed]| {
        let (messages, marked) = marked(conversation.messages, some, &mut stand_ins.iter());
        let text = template.render(Conversation { messages: &messages, ..conversation }, false).ok()?;
        let parts = some.iter().zip(&marked).flat_map(|(part, marked)| part.lost(marked, &text, shown.text));
        Some(parts.collect::<Vec<_>>())
    };
    match changed.is_empty() {
        true => Vec::new(),
        // A template may look at the words of one message and refuse others.
        false => hidden(&changed).unwrap_or_else(|| changed.chunks(1).filter_map(hidden).flatten().collect()),
    }
}

/// The texts of a message that the template shows, but not as they are.
fn changed<'a>(
    index: usize,
    message: &'a Message,
    as_it_is: &dyn Fn(&str) -> bool,
    shown: &Shown<'_>,
) -> Vec<Changed<'a>> {
    let reasoning = message.reasoning_content.as_deref().filter(|_| is_learned(message));
    let texts = [
        kind_of_content(message).map(|kind| (message.content.as_str(), kind)),
        reasoning.map(|text| (text, HiddenPart::Reasoning)),
    ];
    let is_changed = |(text, kind): &(&str, HiddenPart)| {
        let text = text.trim();
        !text.is_empty() && !(shown.is_hidden)(index, *kind) && !as_it_is(text)
    };
    let words = |(text, kind)| Changed {
        message: index,
        is_reasoning: kind == HiddenPart::Reasoning,
        text,
        words: words(text, kind),
    };
    texts.into_iter().flatten().filter(is_changed).map(words).filter(|changed| !changed.words.is_empty()).collect()
}

/// Where words end. Tags, and words before a colon, are left as they are: a template may look for them.
fn words(text: &str, kind: HiddenPart) -> Vec<(usize, HiddenPart)> {
    let reasoning = match kind {
        HiddenPart::Answer => REASONING_ENDS.iter().filter_map(|end| text.rfind(end)).max().unwrap_or_default(),
        _ => 0,
    };
    let mut ends = Vec::new();
    let (mut before, mut is_in_tag, mut is_in_word) = (' ', false, false);
    for (place, character) in text.char_indices().chain([(text.len(), ' ')]) {
        let is_of_word = character.is_alphanumeric() || character == '_';
        if is_of_word && !is_in_word {
            is_in_tag = matches!(before, '<' | '/' | '[' | '|' | '{');
        }
        if is_in_word && !is_of_word && !is_in_tag && !matches!(character, '>' | ']' | '|' | '}' | ':') {
            ends.push((place, if place <= reasoning { HiddenPart::Reasoning } else { kind }));
        }
        (before, is_in_word) = (character, is_of_word);
    }
    let count = ends.len();
    match count > MOST_WORDS {
        // The first and the last are among them.
        true => (0..MOST_WORDS).map(|number| ends[number * (count - 1) / (MOST_WORDS - 1)]).collect(),
        false => ends,
    }
}

/// The messages with a stand-in behind each of these words, and the stand-ins of each text.
fn marked(
    messages: &[Message],
    changed: &[Changed<'_>],
    stand_ins: &mut dyn Iterator<Item = char>,
) -> (Vec<Message>, Vec<Vec<char>>) {
    let mut messages = messages.to_vec();
    let mut all = Vec::new();
    for Changed { message, is_reasoning, text, words } in changed {
        // Words beyond the last stand-in are not looked for.
        let marks: Vec<char> = stand_ins.take(words.len()).collect();
        let (mut marked, mut start) = (String::with_capacity(text.len() + 4 * marks.len()), 0);
        for ((end, _), mark) in words.iter().zip(&marks) {
            marked.push_str(&text[start..*end]);
            marked.push(*mark);
            start = *end;
        }
        marked.push_str(&text[start..]);
        let message = &mut messages[*message];
        match is_reasoning {
            true => message.reasoning_content = Some(marked),
            false => message.content = marked,
        }
        all.push(marks);
    }
    (messages, all)
}

impl Changed<'_> {
    /// The kinds of its parts that lose words, in a text that shows some of these marks.
    fn lost(&self, marks: &[char], text: &str, unmarked: &str) -> Vec<HiddenPart> {
        let mut kinds: Vec<HiddenPart> = self.words.iter().map(|(_, kind)| *kind).collect();
        kinds.dedup();
        let lost = |kind: HiddenPart| {
            let words = || self.words.iter().zip(marks).filter(|((_, own), _)| *own == kind);
            let hidden = words().filter(|(_, mark)| !shows(text, **mark)).count();
            let begins = || unmarked.contains(&self.text.trim().chars().take(BEGINNING).collect::<String>());
            match hidden {
                0 => None,
                // The first word of a language without blanks is a sentence.
                all if all == words().count() && (kinds.len() > 1 || !begins()) => Some(kind),
                _ => Some(kind.some()),
            }
        };
        kinds.iter().filter_map(|kind| lost(*kind)).collect()
    }
}
