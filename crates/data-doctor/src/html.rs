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
    while let Some(again) = strip_once(&stripped) {
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
    let mut rest = text;
    let mut changed = false;
    // A line end that a tag asks for, written only before more text.
    let mut line_end = false;
    while let Some(at) = rest.find(['<', '&']) {
        push(&mut stripped, &rest[..at], &mut line_end);
        rest = &rest[at..];
        if let Some((length, block)) = tag(rest) {
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

/// The length of the tag that a text begins with, and whether it ends a line.
fn tag(text: &str) -> Option<(usize, bool)> {
    if text.starts_with("<!--") {
        return text.find("-->").map(|end| (end + 3, false));
    }
    let end = text[1..].find(['<', '>']).map(|end| end + 1).filter(|end| text[*end..].starts_with('>'))?;
    let inside = text[1..end].trim_start_matches('/').trim_end_matches('/');
    let name_end = inside.find(|character: char| !character.is_ascii_alphanumeric()).unwrap_or(inside.len());
    let (name, attributes) = inside.split_at(name_end);
    let name = name.to_ascii_lowercase();
    let fits = attributes.trim().is_empty() || attributes.starts_with(char::is_whitespace) && attributes.contains('=');
    if !fits {
        return None;
    }
    // `a<b>c` is arithmetic or a type: a tag of one letter says more, or is closed.
    let bare = name.len() == 1 && name != "p" && attributes.is_empty() && !text.starts_with("</");
    let closed = || text.to_ascii_lowercase().contains(&format!("</{name}>"));
    match () {
        () if BLOCKS.contains(&name.as_str()) => Some((end + 1, true)),
        () if INLINE.contains(&name.as_str()) && (!bare || closed()) => Some((end + 1, false)),
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
