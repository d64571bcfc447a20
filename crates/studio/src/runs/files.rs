//! Files made from a run: its loss curves, its measurements and its run file; the last also before it starts.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tunesmith_protocol::{RunFile, RunFileKind, RunFileRequest, RunYaml, WireError, WritePath};

use super::Runs;
use super::charts::Curves;
use super::metrics_table::metrics_csv;
use crate::planning::run_file;
use crate::{home, ids};

impl Runs {
    /// Makes the file; writes it to `save_to`, or returns its bytes.
    pub fn file(&self, args: &RunFileRequest) -> Result<RunFile, WireError> {
        let run = self.index.get(&args.run)?;
        let curves = || Curves::read(&run.folder, &run.item.name);
        let (bytes, suffix, mime) = match args.kind {
            RunFileKind::ChartPng => (curves().png()?, "png", "image/png"),
            RunFileKind::ChartSvg => (curves().svg()?, "svg", "image/svg+xml"),
            RunFileKind::MetricsCsv => (metrics_csv(&run.folder), "csv", "text/csv"),
            RunFileKind::Yaml => (run_file::write(&run.manifest.config).into_bytes(), "yaml", "application/yaml"),
        };
        deliver(format!("{}.{suffix}", ids::slug(&run.item.name)), mime, &bytes, args.save_to.as_ref())
    }

    /// The run file of a run that has not been started.
    pub fn yaml(self: &Arc<Self>, args: &RunYaml) -> Result<RunFile, WireError> {
        let text = run_file::write(&self.config(&args.start)?);
        deliver("run.yaml".to_owned(), "application/yaml", text.as_bytes(), args.save_to.as_ref())
    }
}

fn deliver(name: String, mime: &str, bytes: &[u8], save_to: Option<&WritePath>) -> Result<RunFile, WireError> {
    let base64 = match save_to {
        Some(path) => {
            home::write_whole(path.as_ref(), bytes)?;
            String::new()
        }
        None => STANDARD.encode(bytes),
    };
    Ok(RunFile { name, mime: mime.into(), base64 })
}
