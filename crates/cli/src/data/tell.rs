//! What dataset files hold, for people.

use tunesmith_data::Cuts;
use tunesmith_protocol::{
    AllRepairs, Dataset, DatasetReport, Distribution, Finding, RowProblem, Severity, TokenCounts,
};
use tunesmith_sentence::{NOTHING, Sentence, say};
use tunesmith_studio::DataFacts;

use crate::language::translate;
use crate::terminal::one_line;
use crate::{Out, table};

/// Problems shown to people; scripts get all.
const PROBLEMS_SHOWN: usize = 10;

/// Prints all of it.
pub(super) fn facts(facts: &DataFacts, max_length: u32, out: &Out) {
    let DataFacts { dataset, problems, report, tokens: counted, refused, remarks } = facts;
    rows(dataset, problems, out);
    doctor(report, out);
    if let Some((counts, cuts)) = counted {
        tokens(counts, cuts, max_length, out);
        without_tokens(counts.failed, refused.as_ref(), out);
        remarks.iter().for_each(|remark| out.line(remark.clone()));
    }
}

/// A line that belongs to the one above.
fn indented(sentence: &Sentence, out: &Out) {
    out.plain(format!("  {}", translate(sentence)));
}

fn rows(dataset: &Dataset, problems: &[RowProblem], out: &Out) {
    let Dataset { format, reason, rows_read, rows_kept, rows_dropped, training_rows, validation_rows, .. } = dataset;
    out.line(say!("shell-data-format", "Format: {format} ({reason})", format = format.word(), reason));
    dataset.remarks.iter().for_each(|remark| indented(remark, out));
    out.line(say!(
        "shell-data-rows",
        "Rows: {rows_read} read, {rows_kept} kept, {rows_dropped} dropped",
        rows_read,
        rows_kept,
        rows_dropped
    ));
    for because in &dataset.dropped_because {
        indented(&say!("shell-data-dropped", "{rows} dropped: {why}", rows = because.count, why = &because.what), out);
    }
    for problem in problems.iter().take(PROBLEMS_SHOWN) {
        out.plain(format!("  {}:{}: {}", one_line(&problem.file), problem.line, translate(&problem.message)));
    }
    if problems.len() > PROBLEMS_SHOWN {
        let more = problems.len() - PROBLEMS_SHOWN;
        indented(&say!("shell-data-more-problems", "… and {more} more; --json lists all", more), out);
    }
    out.line(say!(
        "shell-data-split",
        "Split: {training_rows} to learn from, {validation_rows} held out",
        training_rows,
        validation_rows
    ));
}

fn doctor(report: &DatasetReport, out: &Out) {
    if report.findings.is_empty() {
        out.line(say!("shell-data-nothing-found", "The doctor found nothing"));
    }
    report.findings.iter().for_each(|finding| found(finding, out));
    if let Some(repairs) = report.all_repairs {
        out.line(would_repair(repairs));
    }
    lengths(&report.distributions, out);
}

/// A finding, below a heading.
pub(super) fn found(found: &Finding, out: &Out) {
    indented(&finding(found), out);
}

/// What all repairs would do, and how to have it done.
fn would_repair(AllRepairs { removed, changed, .. }: AllRepairs) -> Sentence {
    let removed = say!("shell-rows-removed", rows; "remove 1 row", "remove {rows} rows", rows = removed);
    let changed = say!("shell-rows-changed", rows; "change 1 row", "change {rows} rows", rows = changed);
    say!(
        "shell-data-all-repairs",
        "All repairs together would {removed} and {changed}: tunesmith data repair FILE --output NEW-FILE",
        removed,
        changed
    )
}

fn finding(found: &Finding) -> Sentence {
    let Finding { kind, sentence, advice, .. } = found;
    let severity = match found.severity {
        Severity::Error => say!("shell-severity-error", "error"),
        Severity::Warning => say!("shell-severity-warning", "warning"),
        Severity::Note => say!("shell-severity-note", "note"),
    };
    match found.repair {
        None => {
            say!("shell-data-finding", "{severity}, {kind}: {sentence}. {advice}", severity, kind, sentence, advice)
        }
        Some(_) => say!(
            "shell-data-finding-repairable",
            "{severity}, {kind}: {sentence}. {advice} (one click in the app mends it)",
            severity,
            kind,
            sentence,
            advice
        ),
    }
}

/// How long things are, as a table.
fn lengths(spreads: &[Distribution], out: &Out) {
    let row = |spread: &Distribution| {
        let Distribution { min, p5, median, mean, p95, max, .. } = spread;
        let numbers = [min, p5, median, mean, p95, max].map(|number| format!("{number:.1}"));
        [vec![translate(&measured(&spread.what))], numbers.to_vec()].concat()
    };
    let rows: Vec<Vec<String>> = spreads.iter().filter(|spread| spread.max > 0.0).map(row).collect();
    if !rows.is_empty() {
        let table = table::columns(&[vec![headings()], rows].concat());
        table.iter().for_each(|line| out.plain(format!("  {line}")));
    }
}

fn headings() -> Vec<String> {
    let headings = [
        NOTHING,
        say!("shell-heading-least", "least"),
        Sentence::verbatim("5 %"),
        say!("shell-heading-median", "median"),
        say!("shell-heading-mean", "mean"),
        Sentence::verbatim("95 %"),
        say!("shell-heading-most", "most"),
    ];
    headings.iter().map(translate).collect()
}

/// What a distribution is of.
fn measured(what: &str) -> Sentence {
    match what {
        "messages_per_row" => say!("shell-messages-per-row", "messages per row"),
        "characters_per_answer" => say!("shell-characters-per-answer", "characters per answer"),
        "words_per_answer" => say!("shell-words-per-answer", "words per answer"),
        other => Sentence::verbatim(other.replace('_', " ")),
    }
}

fn tokens(counts: &TokenCounts, cuts: &Cuts, max_length: u32, out: &Out) {
    let within = |percent| {
        let found = counts.percentiles.iter().find(|known| known.percent == percent);
        found.map_or(0, |known| known.tokens)
    };
    let TokenCounts { tokens, learned_tokens: learned, longest, .. } = counts;
    out.line(say!("shell-data-tokens", "Tokens: {tokens} in all, {learned} learned", tokens, learned));
    out.line(say!(
        "shell-data-lengths",
        "Row length: median {median}, 95 % within {most}, longest {longest}",
        median = within(50),
        most = within(95),
        longest
    ));
    let answers =
        say!("shell-answers-cut", answers; "1 answer is cut", "{answers} answers are cut", answers = cuts.answers_cut);
    out.line(say!(
        "shell-data-too-long",
        rows;
        "Longer than {limit} tokens: 1 row; {answers}",
        "Longer than {limit} tokens: {rows} rows; {answers}",
        rows = cuts.rows_cut,
        limit = max_length,
        answers
    ));
}

/// The rows that a run leaves out: those that cannot be rendered, of which the first is named, and answers judged bad.
fn without_tokens(rows: u64, first: Option<&Sentence>, out: &Out) {
    match (rows, first) {
        (0, _) => {}
        (rows, Some(first)) => out.line(say!(
            "shell-data-unsayable",
            rows;
            "1 row has no tokens and is left out, {first}",
            "{rows} rows have no tokens and are left out; the first, {first}",
            rows,
            first = first.clone()
        )),
        (rows, None) => out.line(say!(
            "shell-data-judged-bad",
            rows;
            "1 row is an answer judged bad, of which nothing is learned",
            "{rows} rows are answers judged bad, of which nothing is learned",
            rows
        )),
    }
}
