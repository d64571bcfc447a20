//! What dataset files hold, for people.

use tunesmith_data::Cuts;
use tunesmith_protocol::{Dataset, DatasetReport, Distribution, RowProblem, Severity, TokenCounts};
use tunesmith_studio::DataFacts;

use crate::{Out, table};

/// Problems shown to people; scripts get all.
const PROBLEMS_SHOWN: usize = 10;

/// Prints all of it.
pub(super) fn facts(facts: &DataFacts, max_length: u32, out: &Out) {
    let DataFacts { dataset, problems, report, tokens: counted } = facts;
    rows(dataset, problems, out);
    doctor(report, out);
    if let Some((counts, cuts)) = counted {
        tokens(counts, cuts, max_length, out);
    }
}

fn rows(dataset: &Dataset, problems: &[RowProblem], out: &Out) {
    out.line(format!("Format: {} ({})", dataset.format.word(), dataset.reason));
    dataset.remarks.iter().for_each(|remark| out.line(format!("  {remark}")));
    out.line(format!("Rows: {} read, {} kept, {} dropped", dataset.rows_read, dataset.rows_kept, dataset.rows_dropped));
    for because in &dataset.dropped_because {
        out.line(format!("  {} dropped: {}", because.count, because.what));
    }
    for problem in problems.iter().take(PROBLEMS_SHOWN) {
        out.line(format!("  {}:{}: {}", problem.file, problem.line, problem.message));
    }
    if problems.len() > PROBLEMS_SHOWN {
        out.line(format!("  … and {} more; --json lists all", problems.len() - PROBLEMS_SHOWN));
    }
    out.line(format!("Split: {} to learn from, {} held out", dataset.training_rows, dataset.validation_rows));
}

fn doctor(report: &DatasetReport, out: &Out) {
    if report.findings.is_empty() {
        out.line("The doctor found nothing");
    }
    for finding in &report.findings {
        let severity = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        };
        let mended = if finding.repair.is_some() { " (one click in the app mends it)" } else { "" };
        out.line(format!("  {severity}, {}: {}. {}{mended}", finding.kind, finding.sentence, finding.advice));
    }
    lengths(&report.distributions, out);
}

/// How long things are, as a table.
fn lengths(spreads: &[Distribution], out: &Out) {
    let heading = ["", "least", "5 %", "median", "mean", "95 %", "most"].map(str::to_owned).to_vec();
    let row = |spread: &Distribution| {
        let Distribution { min, p5, median, mean, p95, max, .. } = spread;
        let numbers = [min, p5, median, mean, p95, max].map(|number| format!("{number:.1}"));
        [vec![spread.what.replace('_', " ")], numbers.to_vec()].concat()
    };
    let rows: Vec<Vec<String>> = spreads.iter().filter(|spread| spread.max > 0.0).map(row).collect();
    if !rows.is_empty() {
        table::columns(&[vec![heading], rows].concat()).iter().for_each(|line| out.line(format!("  {line}")));
    }
}

fn tokens(tokens: &TokenCounts, cuts: &Cuts, max_length: u32, out: &Out) {
    let within = |percent| {
        let found = tokens.percentiles.iter().find(|known| known.percent == percent);
        found.map_or(0, |known| known.tokens)
    };
    out.line(format!("Tokens: {} in all, {} learned", tokens.tokens, tokens.learned_tokens));
    let (median, p95) = (within(50), within(95));
    out.line(format!("Row length: median {median}, 95 % within {p95}, longest {}", tokens.longest));
    out.line(format!("Longer than {max_length} tokens: {} rows; {} answers are cut", cuts.rows_cut, cuts.answers_cut));
    if tokens.failed > 0 {
        out.line(format!("{} rows cannot be said with this model's chat template", tokens.failed));
    }
}
