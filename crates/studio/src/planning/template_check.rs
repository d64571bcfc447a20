//! What a model's template makes of rows, in sentences: parts that it does not show, and answers that a chat will ask for
//! in other tokens than they were learned after. The same is said before a run, of files, and of a single row.

use tunesmith_data::{DepartureKind, Departures, Example, HiddenPart, Message, Render, TemplateCheck};
use tunesmith_protocol::LearnFrom;
use tunesmith_sentence::{Sentence, say};

/// What a row is called in a sentence, by the number under which it was checked.
type Place<'a> = &'a dyn Fn(u64) -> Sentence;

/// The name of a row by the file and the line that it came from, or by its number where they are not known.
pub(crate) fn row_name(place: Option<(String, u64)>, row: u64) -> Sentence {
    match place {
        Some((file, line)) => say!("run-place-line", "line {line} of {file}", line, file),
        None => say!("run-place-row", "row {row}", row),
    }
}

/// All that the check has found.
pub(crate) fn told(check: &TemplateCheck, place: Place<'_>) -> Vec<Sentence> {
    let hidden = check.hidden.iter().map(|(part, count)| hidden(*part, *count));
    let departures = check.departures.iter().map(|(kind, found)| departed(*kind, found, place));
    hidden.chain(doubled(check.doubled_tokens)).chain(departures).collect()
}

/// What a template does not show of what a model is told in a chat: of the system prompt and of what the user says. That it does
/// not show what the model thought earlier is as it should be.
pub fn not_shown(renderer: &dyn Render, messages: &[Message]) -> Vec<Sentence> {
    use HiddenPart::{Question, SomeQuestion, SomeSystem, System};
    if messages.is_empty() {
        return Vec::new();
    }
    let row = Example::Chat { messages: messages.to_vec(), tools: Vec::new() };
    // What the template refuses is told when it is asked.
    let Ok(rows) = renderer.rows(&[row], LearnFrom::All) else { return Vec::new() };
    let parts = rows.into_iter().flatten().flat_map(|rendered| rendered.hidden);
    let told = parts.filter(|(part, _)| matches!(part, System | SomeSystem | Question | SomeQuestion));
    told.map(|(part, count)| hidden(part, count)).collect()
}

fn hidden(part: HiddenPart, count: u64) -> Sentence {
    match part {
        HiddenPart::System => say!(
            "run-system-hidden", count;
            "The model does not see 1 system message: its chat template does not show it",
            "The model does not see {count} system messages: its chat template does not show them",
            count
        ),
        HiddenPart::Question => say!(
            "run-questions-hidden", count;
            "The model does not see 1 user message: its chat template does not show it",
            "The model does not see {count} user messages: its chat template does not show them",
            count
        ),
        HiddenPart::Answer => say!(
            "run-answers-hidden", count;
            "1 answer is left out: the model's chat template does not show it",
            "{count} answers are left out: the model's chat template does not show them",
            count
        ),
        HiddenPart::Reasoning => say!(
            "run-reasoning-hidden", count;
            "The reasoning of 1 answer is left out: the model's chat template does not show it",
            "The reasoning of {count} answers is left out: the model's chat template does not show it",
            count
        ),
        HiddenPart::Call => say!(
            "run-calls-hidden", count;
            "1 tool call is left out: the model's chat template does not show it",
            "{count} tool calls are left out: the model's chat template does not show them",
            count
        ),
        HiddenPart::Tools => say!(
            "run-tools-hidden", count;
            "The model does not see the tools of 1 row: its chat template does not show them",
            "The model does not see the tools of {count} rows: its chat template does not show them",
            count
        ),
        HiddenPart::ToolResult => say!(
            "run-results-hidden", count;
            "The model does not see 1 tool result: its chat template does not show it",
            "The model does not see {count} tool results: its chat template does not show them",
            count
        ),
        HiddenPart::SomeSystem => say!(
            "run-system-cut", count;
            "The model sees only a part of 1 system message: its chat template does not show the rest",
            "The model sees only a part of {count} system messages: its chat template does not show the rest",
            count
        ),
        HiddenPart::SomeQuestion => say!(
            "run-questions-cut", count;
            "The model sees only a part of 1 user message: its chat template does not show the rest",
            "The model sees only a part of {count} user messages: its chat template does not show the rest",
            count
        ),
        HiddenPart::SomeAnswer => say!(
            "run-answers-cut", count;
            "Only a part of 1 answer is used: the model's chat template does not show the rest",
            "Only a part of {count} answers is used: the model's chat template does not show the rest",
            count
        ),
        HiddenPart::SomeReasoning => say!(
            "run-reasoning-cut", count;
            "Only a part of the reasoning of 1 answer is used: the model's chat template does not show the rest",
            "Only a part of the reasoning of {count} answers is used: the model's chat template does not show the rest",
            count
        ),
        HiddenPart::SomeCall => say!(
            "run-calls-cut", count;
            "Only a part of 1 tool call is used: the model's chat template does not show its name or its arguments",
            "Only a part of {count} tool calls is used: the model's chat template does not show their names or their arguments",
            count
        ),
        HiddenPart::SomeTools => say!(
            "run-tools-cut", count;
            "The model sees only a part of the tools of 1 row: its chat template does not show all of their descriptions and \
             parameters",
            "The model sees only a part of the tools of {count} rows: its chat template does not show all of their descriptions \
             and parameters",
            count
        ),
        HiddenPart::SomeToolResult => say!(
            "run-results-cut", count;
            "The model sees only a part of 1 tool result: its chat template does not show the rest",
            "The model sees only a part of {count} tool results: its chat template does not show the rest",
            count
        ),
        HiddenPart::End => say!(
            "run-ends-hidden", count;
            "1 answer has no token that ends it: the model's chat template writes none there, so the model does not learn to stop \
             after it",
            "{count} answers have no token that ends them: the model's chat template writes none there, so the model does not \
             learn to stop after them",
            count
        ),
        HiddenPart::Name => say!(
            "run-names-hidden", count;
            "The model does not see the name of the speaker in 1 message: its chat template does not show it",
            "The model does not see the name of the speaker in {count} messages: its chat template does not show it",
            count
        ),
    }
}

fn doubled(doubled: u64) -> Option<Sentence> {
    (doubled > 0).then(|| {
        say!(
            "run-tokens-doubled", doubled;
            "1 text brings a begin or end token that the tokenizer adds by itself; it is learned once",
            "{doubled} begin or end tokens in the texts are added by the tokenizer as well; each is learned once",
            doubled
        )
    })
}

fn departed(kind: DepartureKind, found: &Departures, place: Place<'_>) -> Sentence {
    let (row, rows, asked, learned) = (place(found.first_row), found.rows, &found.first.asked, &found.first.learned);
    match kind {
        DepartureKind::Beginning => say!(
            "run-chat-begins-otherwise", rows;
            "A chat will begin otherwise than {row}: with {asked}, and the row with {learned}. The model may answer worse than it learned",
            "A chat will begin otherwise than {rows} rows. The first is {row}: the chat begins with {asked}, the row with {learned}. \
             The model may answer worse than it learned",
            rows, row, asked, learned
        ),
        DepartureKind::Text => say!(
            "run-chat-asks-otherwise", rows;
            "A chat will ask otherwise than {row}: it sends {asked}, and the row has {learned}. The model may answer worse than it learned",
            "A chat will ask otherwise than {rows} rows. The first is {row}: the chat sends {asked}, the row has {learned}. \
             The model may answer worse than it learned",
            rows, row, asked, learned
        ),
        DepartureKind::Merged => say!(
            "run-chat-merged", rows;
            "A chat will ask otherwise than {row}: it sends {asked}, but in the row the tokenizer joins the end of the question and \
             the beginning of the answer to {learned}. Remove the line break or blank at the beginning of the answer",
            "A chat will ask otherwise than {rows} rows. The first is {row}: the chat sends {asked}, but in the row the tokenizer joins \
             the end of the question and the beginning of the answer to {learned}. Remove the line breaks and blanks at the beginning \
             of the answers",
            rows, row, asked, learned
        ),
    }
}
