//! `tunesmith-starter`: makes the starter model and the sample datasets, and scores models on the held-out recipes.

use std::path::PathBuf;

use anyhow::Result;
use clap::{Parser, Subcommand};
use tunesmith_starter::samples;

#[derive(Parser)]
#[command(about = "Makes the starter model and the sample datasets", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Write the sample datasets
    Samples {
        /// The folder to write to
        #[arg(long, default_value = "assets/samples")]
        out: PathBuf,
    },
}

fn main() -> Result<()> {
    match Arguments::parse().command {
        Command::Samples { out } => samples::write(&out),
    }
}
