//! `tunesmith models`.

mod template;

use std::path::PathBuf;

use clap::Subcommand;
use tunesmith_protocol::{AddModel, ItemKind, ItemRef, Model, ModelSource};
use tunesmith_sentence::{NOTHING, Sentence, say};

use crate::home::{Home, absolute, typed_path};
use crate::language::translate;
use crate::{Ended, Out, table};

#[derive(Subcommand)]
pub(crate) enum Command {
    /// List the base models: the starter, added folders, models trained here, and the Hugging Face cache
    List,
    /// Add a Hugging Face folder; it stays where it is
    Add {
        /// The folder: config.json, tokenizer.json and *.safetensors
        #[arg(value_parser = typed_path())]
        path: PathBuf,
    },
    /// Show the chat template of a model, or choose one where it brings none
    Template(template::Arguments),
    /// Take a model off the list; the files of an added folder stay
    Remove {
        /// The model's id
        id: String,
    },
}

pub(crate) fn carry_out(command: &Command, out: &Out) -> anyhow::Result<Ended> {
    let home = Home::open()?;
    match command {
        Command::Template(arguments) => template::carry_out(arguments, &home, out)?,
        Command::List => list(&home.api.list_models(())?, out),
        Command::Add { path } => {
            let model = home.api.add_model(AddModel { path: absolute(path)?.into() })?;
            out.json(&model);
            out.line(say!("shell-model-added", "Added {name} as {id}", name = &model.name, id = &model.id));
            model.remarks.iter().for_each(|remark| out.line(remark.clone()));
        }
        Command::Remove { id } => {
            home.api.delete(ItemRef { kind: ItemKind::Model, id: id.clone() })?;
            out.line(say!("shell-model-removed", "Removed {id}", id));
        }
    }
    Ok(Ended::Done)
}

fn list(models: &[Model], out: &Out) {
    models.iter().for_each(|model| out.json(model));
    if models.is_empty() {
        return out.line(say!("shell-models-none", "No base models yet: add one with `tunesmith models add FOLDER`"));
    }
    let problem = |problem: &Sentence| translate(&say!("shell-model-unusable", "cannot be used: {problem}", problem));
    let rows = models.iter().map(|model| {
        vec![
            model.id.clone(),
            model.name.clone(),
            model.family.clone(),
            table::count(model.parameters),
            table::bytes(model.size_bytes),
            translate(&source(model.source)),
            model.problem.as_ref().map(problem).unwrap_or_default(),
        ]
    });
    let rows: Vec<_> = std::iter::once(headings()).chain(rows).collect();
    out.table(&rows);
    for model in models {
        let Some(template) = &model.chosen_template else { continue };
        out.line(say!(
            "shell-model-template",
            "{id}: chat template chosen by you: {template}",
            id = &model.id,
            template
        ));
    }
    let remarks = models.iter().flat_map(|model| model.remarks.iter().map(|remark| (&model.id, remark)));
    remarks.for_each(|(id, remark)| out.line(say!("shell-model-remark", "{id}: {remark}", id, remark)));
}

fn headings() -> Vec<String> {
    let headings = [
        say!("shell-heading-id", "ID"),
        say!("shell-heading-name", "NAME"),
        say!("shell-heading-family", "FAMILY"),
        say!("shell-heading-weights", "WEIGHTS"),
        say!("shell-heading-size", "SIZE"),
        say!("shell-heading-from", "FROM"),
        NOTHING,
    ];
    headings.iter().map(translate).collect()
}

fn source(source: ModelSource) -> Sentence {
    match source {
        ModelSource::Starter => Sentence::verbatim("Tunesmith"),
        ModelSource::Folder => say!("shell-from-folder", "folder"),
        ModelSource::Cache => say!("shell-from-cache", "Hugging Face cache"),
        ModelSource::Trained => say!("shell-from-training", "trained here"),
    }
}
