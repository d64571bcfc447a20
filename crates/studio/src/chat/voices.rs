//! Who takes part in a chat: a base model, a tuned one, or both.

use std::path::PathBuf;

use tunesmith_protocol::{Chat, ErrorCode, Method, RunState, Side, WireError};

use crate::{Studio, explain, models, runs, system};

/// Weights are held as 32-bit numbers, and answering needs a little more.
const BYTES_PER_WEIGHT: u64 = 5;

/// One side of a chat: which model speaks, with which adapter.
pub(super) struct Voice {
    pub side: Side,
    pub model: PathBuf,
    pub adapter: Option<PathBuf>,
}

/// Who takes part in the chat of this id.
pub(super) fn voices_of(studio: &Studio, id: &str) -> Result<Vec<Voice>, WireError> {
    voices(studio, &studio.db.chat(id)?)
}

/// Who takes part in a chat.
pub(super) fn voices(studio: &Studio, chat: &Chat) -> Result<Vec<Voice>, WireError> {
    let base = |path: PathBuf| Voice { side: Side::Base, model: path, adapter: None };
    let Some(id) = &chat.run else {
        return Ok(vec![base(models::usable(studio, &chat.model)?.path.into())]);
    };
    let run = runs::get(studio, id)?;
    let Some(result) = run.result_path.map(PathBuf::from) else {
        let next =
            if run.status == RunState::Running { "Wait until it is done, or stop it" } else { "Resume it first" };
        return Err(WireError::invalid(format!("“{}” has no result to chat with yet", run.name), next));
    };
    let (_, frozen) = runs::frozen(studio, id)?;
    if frozen.model == "starter" {
        models::unpacked_starter(studio)?;
    }
    let model = match chat.model == frozen.model {
        true => frozen.model_path,
        false => models::usable(studio, &chat.model)?.path.into(),
    };
    Ok(match frozen.config.training.method {
        Method::Lora | Method::Dora => {
            vec![base(model.clone()), Voice { side: Side::Tuned, model, adapter: Some(result) }]
        }
        Method::Full => vec![base(model), Voice { side: Side::Tuned, model: result, adapter: None }],
        // Before training from scratch there was nothing to talk to.
        Method::Scratch => vec![Voice { side: Side::Tuned, model: result, adapter: None }],
    })
}

/// Refuses what would not fit, so that a chat never takes a run down with it.
pub(super) fn check_memory(studio: &Studio, voices: &[Voice]) -> Result<(), WireError> {
    let mut needed = 0;
    let mut seen: Vec<&PathBuf> = Vec::new();
    for voice in voices {
        if !seen.contains(&&voice.model) && !studio.room.has(&voice.model) {
            let facts = studio.facts.get(&voice.model);
            needed += facts.as_ref().as_ref().map_or(0, |facts| facts.parameters) * BYTES_PER_WEIGHT;
        }
        seen.push(&voice.model);
    }
    let available = system::free_memory(&studio.preferences()?.device).map_err(models::model_error)?;
    if needed <= available {
        return Ok(());
    }
    let hint = if studio.running() {
        "Wait until the run is done, or stop it"
    } else {
        "Close other programs, or take a smaller model"
    };
    let (needed, available) = (explain::bytes(needed), explain::bytes(available));
    Err(WireError::new(
        ErrorCode::TooBig,
        format!("This chat needs about {needed} of memory, and {available} are free"),
        hint,
    ))
}
