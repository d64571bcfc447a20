//! Strips HTML that was left over when text was extracted from a page. Rows about HTML, and code, are left alone.

use std::borrow::Cow;

use crate::parts;
use tunesmith_data::Example;

/// Tags that end a line.
const BLOCKS: [&str; 20] = [
    "p",
    "br",
    "div",
    "li",
    "ul",
    "ol",
    "tr",
    "table",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "blockquote",
    "section",
    "article",
    "tbody",
    "thead",
];
/// Tags inside a line. Other single letters are more likely a formula or a type.
const INLINE: [&str; 16] =
    ["a", "b", "i", "u", "em", "strong", "span", "font", "img", "td", "th", "sup", "sub", "small", "center", "nobr"];
/// The longest entity that is looked for, in bytes.
const LONGEST_ENTITY: usize = 12;
/// How often a text is gone through: no real one is escaped more often, and one made for it would take as many passes as it
/// has entities.
const MOST_PASSES: usize = 8;
/// Words of rows that are about HTML, and markup that only whole pages have.
const ABOUT: [&str; 12] =
    ["html", "xhtml", "html5", "xml", "css", "svg", "javascript", "typescript", "markup", "webpage", "tag", "tags"];
const PAGES: [&str; 5] = ["<script", "<style", "<!doctype", "<html", "web page"];

/// The example without its left-over HTML.
pub(crate) fn strip(example: &Example) -> Option<Example> {
    // Cheap first: most rows hold no such sign.
    let suspicious = parts::texts(example).any(|text| text.contains(['<', '&']) && strip_text(text).is_some());
    if !suspicious || is_about(example) {
        return None;
    }
    parts::map_texts(example, &strip_text)
}

fn is_about(example: &Example) -> bool {
    parts::texts(example).any(|text| {
        let text = text.to_lowercase();
        let mut words = text.split(|character: char| !character.is_alphanumeric());
        words.any(|word| ABOUT.contains(&word)) || PAGES.iter().any(|start| text.contains(start))
    })
}

/// The text without tags and entities. What one pass uncovers (`&amp;lt;`) goes in the next.
fn strip_text(text: &str) -> Option<String> {
    if text.contains('`') || is_code(text) {
        return None;
    }
    let mut stripped = strip_once(text)?;
    for _ in 1..MOST_PASSES {
        let Some(again) = strip_once(&stripped) else { break };
        stripped = again;
    }
    (!stripped.trim().is_empty()).then_some(stripped)
}

/// Lines that end as those of programs do, or attributes whose values are computed, as in JSX.
fn is_code(text: &str) -> bool {
    if text.contains("={") {
        return true;
    }
    let ends = |line: &&str| line.trim_end().ends_with([';', '{', '}']) && !line.contains('&');
    text.lines().filter(ends).count() >= 2
}

fn strip_once(text: &str) -> Option<String> {
    let mut stripped = String::with_capacity(text.len());
    let ends = LastEnds::of(text);
    let mut rest = text;
    let mut changed = false;
    // A line end that a tag asks for, written only before more text.
    let mut line_end = false;
    while let Some(at) = rest.find(['<', '&']) {
        push(&mut stripped, &rest[..at], &mut line_end);
        rest = &rest[at..];
        if let Some((length, block)) = tag(rest, &ends) {
            line_end |= block;
            rest = &rest[length..];
            changed = true;
        } else if let Some((length, decoded)) = entity(rest) {
            push(&mut stripped, &decoded, &mut line_end);
            rest = &rest[length..];
            changed = true;
        } else {
            push(&mut stripped, &rest[..1], &mut line_end);
            rest = &rest[1..];
        }
    }
    push(&mut stripped, rest, &mut line_end);
    changed.then_some(stripped)
}

fn push(stripped: &mut String, text: &str, line_end: &mut bool) {
    if text.is_empty() {
        return;
    }
    if std::mem::take(line_end) && !stripped.is_empty() && !stripped.ends_with('\n') && !text.starts_with(['\n', '\r'])
    {
        stripped.push('\n');
    }
    stripped.push_str(text);
}

/// How much of a text was left where an end that a tag may need stands last. Looked up once: to look from each tag to the end of
/// the text would take quadratic time.
struct LastEnds {
    comment: Option<usize>,
    letters: Vec<(&'static str, usize)>,
}

impl LastEnds {
    fn of(text: &str) -> Self {
        let lower = text.to_ascii_lowercase();
        let last = |end: &str| lower.rfind(end).map(|at| text.len() - at);
        let letters = INLINE.into_iter().filter(|name| name.len() == 1);
        Self {
            comment: last("-->"),
            letters: letters.filter_map(|name| Some((name, last(&format!("</{name}>"))?))).collect(),
        }
    }

    /// Whether a comment is closed in the rest of the text.
    fn close_comment(&self, rest: &str) -> bool {
        self.comment.is_some_and(|left| left <= rest.len())
    }

    /// Whether a tag of this letter is closed in the rest of the text.
    fn close(&self, letter: &str, rest: &str) -> bool {
        self.letters.iter().any(|(name, left)| *name == letter && *left <= rest.len())
    }
}

/// The length of the tag that a text begins with, and whether it ends a line.
fn tag(text: &str, ends: &LastEnds) -> Option<(usize, bool)> {
    let after = text.strip_prefix('<')?;
    if after.starts_with("!--") {
        let end = if ends.close_comment(text) { text.find("-->") } else { None };
        return end.map(|end| (end + 3, false));
    }
    let end = after.find(['<', '>']).filter(|end| after[*end..].starts_with('>'))?;
    let inside = after[..end].trim_start_matches('/').trim_end_matches('/');
    let name_end = inside.find(|character: char| !character.is_ascii_alphanumeric()).unwrap_or(inside.len());
    let (name, attributes) = inside.split_at(name_end);
    let name = name.to_ascii_lowercase();
    let fits = attributes.trim().is_empty() || attributes.starts_with(char::is_whitespace) && attributes.contains('=');
    if !fits {
        return None;
    }
    // `a<b>c` is arithmetic or a type: a tag of one letter says more, or is closed.
    let bare = name.len() == 1 && name != "p" && attributes.is_empty() && !after.starts_with('/');
    match () {
        () if BLOCKS.contains(&name.as_str()) => Some((end + 2, true)),
        () if INLINE.contains(&name.as_str()) && (!bare || ends.close(&name, text)) => Some((end + 2, false)),
        () => None,
    }
}

/// The length of the entity that a text begins with, and what it stands for. Without its semicolon it may be a real `&`,
/// and a control character would only be removed again by another repair.
fn entity(text: &str) -> Option<(usize, Cow<'_, str>)> {
    let end = text.bytes().take(LONGEST_ENTITY).position(|byte| byte == b';')? + 1;
    let entity = text.get(..end)?;
    let decoded = html_escape::decode_html_entities(entity);
    let is_control = |character: char| character.is_control() && character != '\n';
    (decoded != entity && !decoded.contains(is_control)).then_some((end, decoded))
}
