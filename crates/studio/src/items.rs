//! What can be done with everything the user owns: rename and tag. Deleting is in `bin`.

mod bin;

use std::path::PathBuf;
use std::sync::Arc;

use tunesmith_protocol::{ErrorCode, ItemKind, ItemRef, Rename, SetTags, WireError};
use tunesmith_sentence::{NOTHING, Sentence, say};

use crate::chats::Chats;
use crate::datasets::Datasets;
use crate::home::Home;
use crate::home::db::Db;
use crate::models::Models;
use crate::runs::Runs;
use crate::topics::Topics;
use crate::{ids, names};

/// Everything that the user owns in a home.
pub(crate) struct Items {
    pub home: Home,
    pub db: Arc<Db>,
    pub topics: Arc<Topics>,
    pub models: Arc<Models>,
    pub datasets: Arc<Datasets>,
    pub runs: Arc<Runs>,
    pub chats: Arc<Chats>,
}

impl Items {
    /// Gives a thing another name.
    pub fn rename(&self, args: &Rename) -> Result<(), WireError> {
        let name = names::checked(&args.name)?;
        self.make_known(&args.item)?;
        match args.item.kind {
            ItemKind::Chat => self.chats.rename(&args.item.id, name)?,
            kind => drop(self.db.rename(kind, &args.item.id, name)?),
        }
        self.topics.library_changed();
        Ok(())
    }

    /// Replaces the tags of a thing.
    pub fn set_tags(&self, args: &SetTags) -> Result<(), WireError> {
        self.make_known(&args.item)?;
        if args.item.kind == ItemKind::Chat {
            return Err(WireError::invalid(
                say!("chat-no-tags", "A chat has no tags"),
                say!("chat-no-tags-hint", "Rename it instead"),
            ));
        }
        let mut tags: Vec<String> = Vec::new();
        for tag in args.tags.iter().map(|tag| tag.trim()).filter(|tag| !tag.is_empty()) {
            names::check_tag(tag)?;
            if !tags.iter().any(|known| known == tag) {
                tags.push(tag.into());
            }
        }
        self.db.set_tags(args.item.kind, &args.item.id, &tags)?;
        self.topics.library_changed();
        Ok(())
    }

    /// Refuses to delete what is in use, and what is a part of something else.
    fn must_be_deletable(&self, item: &ItemRef) -> Result<(), WireError> {
        let refuse = |code, message: Sentence, hint: Sentence| Err(WireError::new(code, message, hint));
        match item.kind {
            ItemKind::Run if self.runs.is_active(&item.id)? => refuse(
                ErrorCode::Busy,
                say!("run-delete-active", "This run is training or queued"),
                say!("run-delete-active-hint", "Stop it first"),
            ),
            ItemKind::Model if item.id == "starter" => refuse(
                ErrorCode::Invalid,
                say!("model-delete-starter", "The starter model is a part of Tunesmith"),
                NOTHING,
            ),
            ItemKind::Model if item.id.starts_with("trained-") => refuse(
                ErrorCode::Invalid,
                say!("model-delete-trained", "This model belongs to the run that trained it"),
                say!("model-delete-trained-hint", "Delete the run"),
            ),
            _ => Ok(()),
        }
    }

    /// Makes sure that the thing exists and has a row in the database.
    fn make_known(&self, item: &ItemRef) -> Result<(), WireError> {
        match item.kind {
            ItemKind::Dataset => self.datasets.get(&item.id).map(drop),
            ItemKind::Run => self.runs.get(&item.id).map(drop),
            ItemKind::Model => {
                // The starter, trained models and those of the cache get a row with their first name or tag.
                let model = self.models.get(&item.id)?;
                self.db.add(ItemKind::Model, &item.id, &model.name, "null", model.added_ms)
            }
            ItemKind::Chat => {
                let chat = self.chats.get(&item.id)?;
                self.db.add(ItemKind::Chat, &item.id, &chat.title, "null", ids::now_ms())
            }
        }
    }

    /// Makes sure that the thing has a row in the database. One that cannot be read has none perhaps, and can go nonetheless.
    fn make_deletable(&self, item: &ItemRef) -> Result<(), WireError> {
        let Err(unreadable) = self.make_known(item) else { return Ok(()) };
        let is_known = self.db.item(item.kind, &item.id)?.is_some_and(|known| !known.is_deleted());
        let is_there = match item.kind {
            ItemKind::Chat => self.db.has_chat(&item.id)?,
            _ => self.folder(item)?.is_some_and(|folder| folder.is_dir()),
        };
        match is_known || is_there {
            true => self.db.add(item.kind, &item.id, &item.id, "null", ids::now_ms()),
            false => Err(unreadable),
        }
    }

    /// The thing's folder, where the home holds it.
    fn folder(&self, item: &ItemRef) -> Result<Option<PathBuf>, WireError> {
        Ok(match item.kind {
            ItemKind::Model | ItemKind::Chat => None,
            ItemKind::Dataset => Some(self.home.dataset(&item.id)?.0),
            ItemKind::Run => Some(self.home.run(&item.id)?.path().to_path_buf()),
        })
    }
}
