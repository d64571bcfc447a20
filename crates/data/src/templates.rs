//! Files that show a shape of rows, to be filled in with rows of one's own.

use tunesmith_protocol::Format;

/// A file that shows a shape of rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// What to call the file.
    pub name: &'static str,
    /// Its media type.
    pub mime: &'static str,
    /// What it holds.
    pub text: String,
}

/// The file that shows rows of this shape; none for `Auto`, which is no shape.
pub fn template(format: Format) -> Option<Template> {
    Some(match format {
        Format::Auto => return None,
        Format::Completion => csv("questions-and-answers.csv", include_str!("templates/questions-and-answers.csv")),
        Format::Instruction => csv("instructions.csv", include_str!("templates/instructions.csv")),
        Format::Classification => csv("texts-and-classes.csv", include_str!("templates/texts-and-classes.csv")),
        Format::Chat => json_lines("conversations.jsonl", include_str!("templates/conversations.jsonl")),
        Format::Preference => {
            json_lines("better-and-worse-answers.jsonl", include_str!("templates/better-and-worse-answers.jsonl"))
        }
        Format::Unpaired => json_lines("judged-answers.jsonl", include_str!("templates/judged-answers.jsonl")),
        Format::Text => {
            Template { name: "texts.txt", mime: "text/plain", text: include_str!("templates/texts.txt").into() }
        }
    })
}

/// Excel takes a table for UTF-8, and saves it as such, only if it begins with a byte order mark.
fn csv(name: &'static str, rows: &str) -> Template {
    Template { name, mime: "text/csv", text: format!("\u{FEFF}{rows}") }
}

fn json_lines(name: &'static str, rows: &str) -> Template {
    Template { name, mime: "application/jsonl", text: rows.into() }
}
