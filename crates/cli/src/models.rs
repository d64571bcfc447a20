//! `tunesmith models`.

use std::path::PathBuf;

use clap::Subcommand;
use tunesmith_protocol::{AddModel, ItemKind, ItemRef, Model, ModelSource};

use crate::home::{Home, absolute};
use crate::{Ended, Out, table};

#[derive(Subcommand)]
pub(crate) enum Command {
    /// List the base models: the starter, added folders, models trained here, and the Hugging Face cache
    List,
    /// Add a Hugging Face folder; it stays where it is
    Add {
        /// The folder: config.json, tokenizer.json and *.safetensors
        path: PathBuf,
    },
    /// Take a model off the list; the files of an added folder stay
    Remove {
        /// The model's id
        id: String,
    },
}

pub(crate) fn carry_out(command: &Command, out: &Out) -> anyhow::Result<Ended> {
    let home = Home::open()?;
    match command {
        Command::List => list(&home.api.list_models(())?, out),
        Command::Add { path } => {
            let model = home.api.add_model(AddModel { path: absolute(path)?.into() })?;
            out.json(&model);
            out.line(format!("Added {} as {}", model.name, model.id));
        }
        Command::Remove { id } => {
            home.api.delete(ItemRef { kind: ItemKind::Model, id: id.clone() })?;
            out.line(format!("Removed {id}"));
        }
    }
    Ok(Ended::Done)
}

fn list(models: &[Model], out: &Out) {
    models.iter().for_each(|model| out.json(model));
    if models.is_empty() {
        return out.line("No base models yet: add one with `tunesmith models add FOLDER`");
    }
    let heading = ["ID", "NAME", "FAMILY", "WEIGHTS", "SIZE", "FROM", ""].map(String::from).to_vec();
    let rows = models.iter().map(|model| {
        vec![
            model.id.clone(),
            model.name.clone(),
            model.family.clone(),
            table::count(model.parameters),
            table::bytes(model.size_bytes),
            source(model.source).into(),
            model.problem.as_ref().map(|problem| format!("cannot be used: {problem}")).unwrap_or_default(),
        ]
    });
    let rows: Vec<_> = std::iter::once(heading).chain(rows).collect();
    table::columns(&rows).iter().for_each(|line| out.line(line));
}

fn source(source: ModelSource) -> &'static str {
    match source {
        ModelSource::Starter => "Tunesmith",
        ModelSource::Folder => "folder",
        ModelSource::Cache => "Hugging Face cache",
        ModelSource::Trained => "trained here",
    }
}
