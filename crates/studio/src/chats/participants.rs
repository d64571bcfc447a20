//! Who takes part in a chat: a base model, a tuned one, or both.

use std::path::PathBuf;

use tunesmith_model::WeightFormat;
use tunesmith_protocol::{Chat, Method, Run, RunState, Side, WireError};
use tunesmith_sentence::say;
use tunesmith_train::weight_format;

use super::Chats;
use crate::pool::{ModelRequest, inference_bytes};

/// One side of a chat: which model speaks, with which adapter.
pub(super) struct Participant {
    pub side: Side,
    pub model: PathBuf,
    pub adapter: Option<PathBuf>,
    /// How the weights are held: as they were in training; none where there was no training.
    format: Option<WeightFormat>,
}

impl Chats {
    /// Who takes part in the chat of this id.
    pub(super) fn participants_of(&self, id: &str) -> Result<Vec<Participant>, WireError> {
        self.participants(&self.db.chat(id)?)
    }

    /// Who takes part in a chat.
    pub(super) fn participants(&self, chat: &Chat) -> Result<Vec<Participant>, WireError> {
        let Some(id) = &chat.run else {
            let model = self.models.usable(&chat.model)?.path.into();
            return Ok(vec![Participant { side: Side::Base, model, adapter: None, format: None }]);
        };
        let run = self.runs.get(id)?;
        let result = run.result_path.as_ref().map(PathBuf::from).ok_or_else(|| no_result(&run))?;
        let manifest = self.runs.manifest(id)?;
        if manifest.model == "starter" {
            self.models.unpack_starter()?;
        }
        let model = match chat.model == manifest.model {
            true => manifest.model_path.clone(),
            false => self.models.usable(&chat.model)?.path.into(),
        };
        let format = Some(weight_format(&manifest.config.training));
        let base = |model: PathBuf| Participant { side: Side::Base, model, adapter: None, format };
        let tuned = |model: PathBuf, adapter| Participant { side: Side::Tuned, model, adapter, format };
        Ok(match manifest.config.training.method {
            Method::Lora | Method::Dora => vec![base(model.clone()), tuned(model, Some(result))],
            Method::Full => vec![base(model), tuned(result, None)],
            // Training from scratch has no base model to compare with.
            Method::Scratch => vec![tuned(result, None)],
        })
    }

    /// What the pool is asked for to answer for a side.
    pub(super) fn request(&self, participant: &Participant) -> Result<ModelRequest, WireError> {
        let device = self.preferences.get()?.device;
        let facts = self.models.facts(&participant.model);
        let config = facts.as_ref().as_ref().ok().map(|facts| &facts.config);
        let format = match (participant.format, config) {
            (Some(format), _) => format,
            (None, Some(config)) => self.pool.format_of(&participant.model, config, &device)?,
            (None, None) => WeightFormat::F32,
        };
        // Where nothing is known of it, the load will say why.
        let bytes = config.map_or(0, |config| inference_bytes(config, format, &device));
        Ok(ModelRequest { folder: participant.model.clone(), device, format, bytes })
    }

    /// What the pool is asked for to answer for all sides.
    pub(super) fn requests(&self, participants: &[Participant]) -> Result<Vec<ModelRequest>, WireError> {
        participants.iter().map(|participant| self.request(participant)).collect()
    }

    /// Refuses what would not fit, so that a chat never takes a run down with it.
    pub(super) fn check_memory(&self, participants: &[Participant]) -> Result<(), WireError> {
        self.pool.check(&self.requests(participants)?)
    }
}

fn no_result(run: &Run) -> WireError {
    let next = match run.status {
        RunState::Running => say!("chat-run-going-hint", "Wait until it is done, or stop it"),
        _ => say!("chat-run-resume-hint", "Resume it first"),
    };
    WireError::invalid(
        say!("chat-run-without-result", "“{name}” has no result to chat with yet", name = &run.name),
        next,
    )
}
