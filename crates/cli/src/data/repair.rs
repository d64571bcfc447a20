//! `tunesmith data repair`: everything that one click repairs in the window, repaired in files.

use std::ops::ControlFlow;
use std::path::PathBuf;

use clap::Args;
use serde_json::json;
use tunesmith_protocol::{ErrorCode, WireError};
use tunesmith_sentence::{NOTHING, say};
use tunesmith_studio::{RepairedFile, left_out, repair_files};

use super::{Rows, tell};
use crate::home::typed_path;
use crate::interrupt::Interrupt;
use crate::language::translate;
use crate::{Ended, Out, show};

#[derive(Args)]
pub(crate) struct Repair {
    #[command(flatten)]
    rows: Rows,
    /// The new file to write: .csv, .parquet, or else JSON lines
    #[arg(long, value_name = "FILE", value_parser = typed_path())]
    output: PathBuf,
}

pub(crate) fn repair(arguments: &Repair, out: &Out) -> anyhow::Result<Ended> {
    let Repair { rows, output } = arguments;
    let mapping = rows.mapping()?;
    if output.exists() {
        let exists = say!("shell-file-exists", "{path} exists already", path = output);
        let hint = say!("shell-file-exists-hint", "Name another file, or move that one away");
        return Err(WireError::invalid(exists, hint).into());
    }
    let interrupt = Interrupt::listen(NOTHING)?;
    let bar = show::bar(0, "{msg} {wide_bar} {percent} %");
    let repaired = repair_files(&rows.files, &mapping, output, &mut |what, done, total| {
        show::advance(&bar, what, done, total);
        if interrupt.asked() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    bar.finish_and_clear();
    let RepairedFile { change, dataset, report, written } = match repaired {
        Err(error) if error.code == ErrorCode::Cancelled && interrupt.asked() => return Ok(Ended::Interrupted),
        repaired => repaired?,
    };
    let left_out = left_out(&dataset);
    out.json(&json!({
        "type": "repaired",
        "rows_kept": dataset.rows_kept,
        "rows_dropped": dataset.rows_dropped,
        "dropped_because": dataset.dropped_because,
        "left_out": left_out,
        "repairs": report.all_repairs,
        "change": change,
        "written": written,
    }));
    if !out.is_json() {
        left_out.into_iter().for_each(|sentence| out.line(sentence));
        report.findings.iter().filter(|found| found.repair.is_some()).for_each(|found| tell::found(found, out));
        out.line(change.unwrap_or_else(|| say!("shell-nothing-to-repair", "There was nothing to repair")));
        out.line(say!(
            "shell-repaired-written", rows;
            "Wrote {path} with 1 row", "Wrote {path} with {rows} rows", path = output, rows = written.rows
        ));
        for left_out in &written.left_out {
            let line = say!("shell-data-dropped", "{rows} dropped: {why}", rows = left_out.count, why = &left_out.why);
            out.plain(format!("  {}", translate(&line)));
        }
    }
    Ok(Ended::Done)
}
