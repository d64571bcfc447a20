//! `tunesmith models template`: what a base model's chat template is, and choosing one where it brings none.

use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use tunesmith_data::{LONGEST_TEMPLATE, io_reason, own_file};
use tunesmith_protocol::{
    ChatTemplate, ChatTemplates, Model, SetChatTemplate, TemplateName, TryChatTemplate, WireError,
};
use tunesmith_sentence::{NOTHING, Sentence, say};

use crate::Out;
use crate::home::{Home, typed_path};
use crate::language::translate;

#[derive(Args)]
pub(crate) struct Arguments {
    /// The model's id
    id: String,
    /// A ready-made template; without a choice, what is used and what there is
    #[arg(value_parser = name_parser())]
    name: Option<TemplateName>,
    /// A template of your own, in Jinja
    #[arg(long, value_name = "FILE", conflicts_with = "name", value_parser = typed_path())]
    file: Option<PathBuf>,
    /// Take the choice back
    #[arg(long, conflicts_with_all = ["name", "file"])]
    none: bool,
}

fn name_parser() -> impl TypedValueParser<Value = TemplateName> {
    let parser = PossibleValuesParser::new(TemplateName::ALL.map(TemplateName::word));
    parser.map(|word| {
        let named = TemplateName::ALL.into_iter().find(|name| name.word() == word);
        // The parser takes no other word.
        named.unwrap_or(TemplateName::Plain)
    })
}

pub(crate) fn carry_out(
    Arguments { id, name, file, none }: &Arguments,
    home: &Home,
    out: &Out,
) -> Result<(), WireError> {
    let template = match (name, file) {
        (Some(name), _) => Some(ChatTemplate::ReadyMade { name: *name }),
        (None, Some(file)) => Some(ChatTemplate::Text { text: read(file)? }),
        (None, None) if *none => None,
        (None, None) => {
            let templates = home.api.chat_templates(id.clone())?;
            out.json(&templates);
            show(id, &templates, out);
            return Ok(());
        }
    };
    let tried = template.as_ref().map(|template| tried(home, id, template)).transpose()?;
    let model = home.api.set_chat_template(SetChatTemplate { model: id.clone(), template })?;
    out.json(&model);
    tell(&model, out);
    if let Some((sample, warnings)) = tried {
        out.plain(format!("\n{}\n", sample.trim_end()));
        warnings.into_iter().for_each(|warning| out.line(warning));
    }
    Ok(())
}

/// A short conversation in a template, and what is to be known of it.
fn tried(home: &Home, id: &str, template: &ChatTemplate) -> Result<(String, Vec<Sentence>), WireError> {
    match template {
        ChatTemplate::Text { text } => {
            let tried = home.api.try_chat_template(TryChatTemplate { model: id.into(), text: text.clone() })?;
            Ok((tried.sample, tried.warnings))
        }
        ChatTemplate::ReadyMade { name } => {
            let offered = home.api.chat_templates(id.into())?.ready_made;
            let chosen = offered.into_iter().find(|one| one.name == *name);
            Ok(chosen.map(|one| (one.sample, one.warnings)).unwrap_or_default())
        }
    }
}

fn read(file: &Path) -> Result<String, WireError> {
    let wrong = |error| say!("shell-template-unreadable", "{file}: {error}", file, error);
    let bytes = own_file::read(file, LONGEST_TEMPLATE as u64)
        .map_err(|error| WireError::invalid(wrong(io_reason(&error)), NOTHING))?;
    String::from_utf8(bytes)
        .map_err(|_| WireError::invalid(wrong(say!("template-not-utf8", "it is not UTF-8 text")), NOTHING))
}

fn tell(model: &Model, out: &Out) {
    let name = &model.name;
    out.line(match &model.chosen_template {
        Some(template) => {
            say!("shell-template-chosen", "The chat template of {name} is now: {template}", name, template)
        }
        None => say!("shell-template-none", "No chat template is chosen for {name} any more", name),
    });
}

fn show(id: &str, templates: &ChatTemplates, out: &Out) {
    out.line(match &templates.chosen {
        _ if templates.own => say!("shell-template-own", "{id} brings its own chat template", id),
        Some(ChatTemplate::ReadyMade { name }) => {
            say!(
                "shell-template-used",
                "{id} has the chat template that you chose: {template}",
                id,
                template = name.title()
            )
        }
        Some(ChatTemplate::Text { .. }) => say!("shell-template-yours", "{id} has a chat template of your own", id),
        None => say!(
            "shell-template-standard",
            "{id} has no chat template. In its place: {template}",
            id,
            template = templates.standard.title()
        ),
    });
    if let Some(sample) = &templates.sample {
        out.plain(format!("\n{}\n", sample.trim_end()));
    }
    if templates.ready_made.is_empty() {
        return;
    }
    out.line(say!(
        "shell-template-offered",
        "Choose another with `tunesmith models template {id} NAME`, or your own with `--file FILE`:",
        id
    ));
    let rows = templates
        .ready_made
        .iter()
        .map(|one| vec![one.name.word().to_owned(), translate(&one.title), translate(&one.description)]);
    out.table(&rows.collect::<Vec<_>>());
    for one in &templates.ready_made {
        for warning in &one.warnings {
            out.line(say!("shell-template-warning", "{name}: {warning}", name = one.name.word(), warning));
        }
    }
}
