//! Files made from a run: its loss curves and its run file; the latter also before it starts.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tunesmith_protocol::{RunFile, RunFileKind, RunFileRequest, RunYaml, WireError, WritePath};

use crate::charts::Curves;
use crate::{Studio, clock, home, preview, run_file, runs};

/// Makes the file; writes it to `save_to`, or returns its bytes.
pub(crate) fn make(studio: &Studio, args: &RunFileRequest) -> Result<RunFile, WireError> {
    let run = runs::get(studio, &args.run)?;
    let folder = studio.home.run(&args.run)?;
    let curves = || Curves::read(&folder, &run.name);
    let (bytes, suffix, mime) = match args.kind {
        RunFileKind::ChartPng => (curves().png()?, "png", "image/png"),
        RunFileKind::ChartSvg => (curves().svg()?, "svg", "image/svg+xml"),
        RunFileKind::Yaml => (run_file::write(&run.config).into_bytes(), "yaml", "application/yaml"),
    };
    deliver(format!("{}.{suffix}", clock::slug(&run.name)), mime, &bytes, args.save_to.as_ref())
}

/// The run file of a run that has not been started.
pub(crate) fn yaml(studio: &Studio, args: &RunYaml) -> Result<RunFile, WireError> {
    let text = run_file::write(&preview::config(studio, &args.start)?);
    deliver("run.yaml".to_owned(), "application/yaml", text.as_bytes(), args.save_to.as_ref())
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
