//! What is to be known of the models of a chat, kept in the chat.

use std::path::Path;

use tunesmith_protocol::WireError;
use tunesmith_sentence::Sentence;

use super::Chats;
use super::answering::Remembered;
use super::participants::Participant;
use crate::models::Opened;
use crate::planning::not_shown;
use crate::pool::Lease;

impl Chats {
    /// What is to be known of a side, and what its template does not show of the conversation.
    pub(super) fn remarks_on(
        &self,
        id: &str,
        participant: &Participant,
        model: &Lease,
    ) -> Result<Vec<Sentence>, WireError> {
        let chat = self.db.chat(id)?;
        // The model may have been taken out of the home since.
        let known = self.models.get(&chat.model).ok().filter(|known| Path::new(&known.path) == participant.model);
        let names: Vec<&str> = known.iter().flat_map(|model| [&*model.id, &*model.name]).collect();
        let run = chat.run.as_ref().map(|run| self.runs.manifest(run)).transpose()?;
        let mut told = self.models.remarks(Opened {
            model: &participant.model,
            names: &names,
            adapter: participant.adapter.as_deref(),
            run: run.as_deref(),
            chats: true,
        })?;
        told.extend(not_shown(model.renderer(), &Remembered::of(&chat, participant.side).messages));
        Ok(told)
    }

    /// Keeps what is to be known, each once.
    pub(super) fn keep_remarks(&self, id: &str, all: Vec<Sentence>) -> Result<(), WireError> {
        let mut remarks: Vec<Sentence> = Vec::new();
        for remark in all {
            if !remarks.contains(&remark) {
                remarks.push(remark);
            }
        }
        if self.db.chat(id)?.remarks == remarks {
            return Ok(());
        }
        self.change(id, |chat| {
            chat.remarks = remarks;
            Ok(())
        })
        .map(drop)
    }
}
