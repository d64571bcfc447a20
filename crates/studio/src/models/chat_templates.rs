//! Choosing the chat template of a base model that brings none: what there is, what a text of the user's own makes of a short
//! conversation, and the choice itself.

use std::path::Path;
use std::sync::Arc;

use tunesmith_data::{Example, LONGEST_TEMPLATE, ReadyMade, Render, RenderError, sample_conversation};
use tunesmith_protocol::{
    ChatTemplate, ChatTemplates, ItemKind, LearnFrom, Model, ReadyMadeTemplate, SetChatTemplate, TemplateName,
    TriedTemplate, TryChatTemplate, WireError,
};
use tunesmith_sentence::{NOTHING, Sentence, say};

use super::Models;
use crate::home::ModelFiles;
use crate::pool::{open, open_renderer};

impl Models {
    /// The chat template of a model, and those that can be chosen.
    pub fn chat_templates(&self, id: &str) -> Result<ChatTemplates, WireError> {
        let model = self.usable(id)?;
        let renderer = self.renderer(&model).or_else(|error| match model.has_chat_template {
            true => Err(error),
            // What was chosen cannot be used; another can be chosen all the same.
            false => without_choice(&model),
        })?;
        let ready_made = renderer.ready_made()?;
        Ok(ChatTemplates {
            own: model.has_chat_template,
            chosen: self.home.model_files(model.path.as_ref()).chosen_template()?.map(known),
            standard: ReadyMade::standard(&ready_made),
            sample: sample(&*renderer).ok(),
            ready_made: if model.has_chat_template {
                Vec::new()
            } else {
                ready_made.into_iter().map(offered).collect()
            },
        })
    }

    /// A short conversation in a template of the user's own.
    pub fn try_chat_template(&self, args: &TryChatTemplate) -> Result<TriedTemplate, WireError> {
        let model = self.usable(&args.model)?;
        must_bring_none(&model)?;
        self.tried(&model, &args.text)
    }

    /// Chooses the chat template of a model that brings none, or takes the choice back.
    pub fn set_chat_template(&self, args: SetChatTemplate) -> Result<Model, WireError> {
        let model = match &args.template {
            None => self.get(&args.model)?,
            Some(_) => self.usable(&args.model)?,
        };
        if args.template.is_some() {
            must_bring_none(&model)?;
        }
        let folder = model.path.as_ref();
        match args.template {
            None => self.home.forget_template(folder)?,
            Some(ChatTemplate::ReadyMade { name }) => {
                let ready_made = without_choice(&model)?.ready_made()?.into_iter().find(|one| one.name == name);
                let ready_made = ready_made.ok_or_else(|| unknown(name))?;
                self.home.choose_template(folder, &ready_made.text)?;
            }
            Some(ChatTemplate::Text { text }) => {
                self.tried(&model, &text)?;
                self.home.choose_template(folder, &text)?;
            }
        }
        self.topics.library_changed();
        self.get(&args.model)
    }

    /// Forgets what was chosen for a model, which may be deleted.
    pub fn forget_chat_template(&self, id: &str) -> Result<(), WireError> {
        let item = self.db.item(ItemKind::Model, id)?;
        match self.place(id, item.as_ref()) {
            Ok(Some(place)) => self.home.forget_template(&place.path),
            // Nobody knows any more where the folder of a damaged record lay.
            Ok(None) | Err(_) => Ok(()),
        }
    }

    /// What the template that was chosen for a folder is called; none where the folder brings one.
    pub(super) fn chosen_template(&self, folder: &Path) -> Option<Sentence> {
        let files = self.home.model_files(folder);
        files.template.as_ref()?;
        // Why it cannot be read is told when it is used.
        let text = files.chosen_template().ok().flatten().unwrap_or_default();
        Some(match ReadyMade::name_of(&text) {
            Some(name) => name.title(),
            None => say!("chat-template-of-the-user", "your own"),
        })
    }

    fn tried(&self, model: &Model, text: &str) -> Result<TriedTemplate, WireError> {
        if text.trim().is_empty() {
            return Err(refused(say!("chat-template-empty", "The template is empty")));
        }
        if text.len() > LONGEST_TEMPLATE {
            let (kilobytes, most) = (text.len().div_ceil(1024), LONGEST_TEMPLATE / 1024);
            return Err(refused(say!(
                "chat-template-too-long",
                "The template has {kilobytes} kB, and at most {most} kB are taken",
                kilobytes,
                most
            )));
        }
        let draft = self.home.draft_template(text)?;
        let files = ModelFiles { folder: model.path.clone().into(), template: Some(draft.path().into()) };
        let renderer = open(&files).map_err(mistake)?;
        let sample = sample(&*renderer).map_err(mistake)?;
        let ends_answers = ends_answers(&*renderer).map_err(mistake)?;
        Ok(TriedTemplate { sample, warnings: (!ends_answers).then(no_end).into_iter().collect() })
    }
}

/// The renderer of a model as if nothing was chosen.
fn without_choice(model: &Model) -> Result<Arc<dyn Render>, WireError> {
    open_renderer(&ModelFiles { folder: model.path.clone().into(), template: None })
}

/// The sample conversation, without its system message where a template refuses those.
fn sample(renderer: &dyn Render) -> Result<String, RenderError> {
    let messages = sample_conversation();
    match renderer.written(&messages, true) {
        Err(RenderError::Refused(_)) => renderer.written(&messages[1..], true),
        other => other,
    }
}

/// Whether a token ends an answer. An answer that cannot be learned is an error.
fn ends_answers(renderer: &dyn Render) -> Result<bool, RenderError> {
    let asked_and_answered = sample_conversation()[1..3].to_vec();
    let rows = renderer.rows(&[Example::chat(asked_and_answered)], LearnFrom::Assistant);
    let row = rows.map_err(|lost| lost.source)?.into_iter().next().transpose()?.unwrap_or_default();
    let last = row.tokens.ids.iter().zip(&row.tokens.learn).rev().find(|(_, learned)| **learned);
    let (last, _) = last.ok_or(RenderError::Unclear(2))?;
    Ok(renderer.end_tokens().contains(last))
}

fn known(text: String) -> ChatTemplate {
    match ReadyMade::name_of(&text) {
        Some(name) => ChatTemplate::ReadyMade { name },
        None => ChatTemplate::Text { text },
    }
}

fn offered(ReadyMade { name, sample, unknown_markers, ends_answers, .. }: ReadyMade) -> ReadyMadeTemplate {
    let unknown = (!unknown_markers.is_empty()).then(|| {
        say!(
            "chat-template-markers-unknown",
            "Its markers are not single tokens of this model's tokenizer: {markers}. They are learned as plain text",
            markers = unknown_markers.join(", ")
        )
    });
    let warnings = unknown.into_iter().chain((!ends_answers).then(no_end)).collect();
    ReadyMadeTemplate { name, title: name.title(), description: name.description(), sample, warnings }
}

fn no_end() -> Sentence {
    say!(
        "chat-template-no-end",
        "No token of this model's tokenizer ends an answer, so the model writes until its answer is as long as it may be"
    )
}

/// Refuses a model that brings a template: nothing else would be used.
fn must_bring_none(model: &Model) -> Result<(), WireError> {
    match model.has_chat_template {
        false => Ok(()),
        true => Err(WireError::invalid(
            say!("chat-template-own", "{name} brings its own chat template, which is used", name = &model.name),
            say!("chat-template-own-hint", "To use another, change the template in the model's folder"),
        )),
    }
}

/// What is wrong with a template, in its own words.
fn mistake(error: RenderError) -> WireError {
    match error {
        RenderError::Template { reason, .. } | RenderError::Render(reason) => {
            refused(say!("chat-template-mistake", "The template has a mistake: {reason}", reason))
        }
        RenderError::Refused(reason) => {
            refused(say!("chat-template-refuses", "The template refuses a short conversation: {reason}", reason))
        }
        RenderError::Unclear(_) => refused(say!(
            "chat-template-hides-answers",
            "The template does not show an answer in one place of its own, so answers could not be learned"
        )),
        other => other.into(),
    }
}

fn refused(what: Sentence) -> WireError {
    WireError::invalid(what, NOTHING)
}

fn unknown(name: TemplateName) -> WireError {
    WireError::not_found(say!("chat-template-unknown", "There is no template “{name}”", name = name.word()))
}
