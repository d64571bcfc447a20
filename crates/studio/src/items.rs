//! What can be done with everything the user owns: rename, tag, delete, bring back, and empty the bin.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tunesmith_protocol::{ErrorCode, ItemKind, ItemRef, Rename, SetTags, WireError};
use tunesmith_sentence::{NOTHING, Sentence, say};

use crate::chats::Chats;
use crate::datasets::Datasets;
use crate::home::db::Db;
use crate::home::{self, Home};
use crate::models::Models;
use crate::runs::Runs;
use crate::topics::Topics;
use crate::{errors, ids};

const LONGEST_NAME: usize = 200;

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
        let name = args.name.trim();
        if name.is_empty() || name.chars().count() > LONGEST_NAME {
            return Err(WireError::invalid(
                say!("item-name-length", "A name has 1 to {longest} characters", longest = LONGEST_NAME),
                say!("item-name-length-hint", "Choose another name"),
            ));
        }
        if name.contains(|character: char| character.is_control()) {
            return Err(WireError::invalid(
                say!("item-name-control", "A name is one line without control characters"),
                say!("item-name-length-hint", "Choose another name"),
            ));
        }
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
            if !tags.iter().any(|known| known == tag) {
                tags.push(tag.into());
            }
        }
        self.db.set_tags(args.item.kind, &args.item.id, &tags)?;
        self.topics.library_changed();
        Ok(())
    }

    /// Puts a thing into the bin. What lies outside the home stays where it is and is only no longer shown.
    pub fn delete(&self, item: &ItemRef) -> Result<(), WireError> {
        self.db.make_room(|| self.put_into_bin(item))
    }

    fn put_into_bin(&self, item: &ItemRef) -> Result<(), WireError> {
        self.make_deletable(item)?;
        self.must_be_deletable(item)?;
        let folder = self.folder(item)?;
        let is_gone = folder.as_ref().is_some_and(|folder| !folder.exists());
        match item.kind {
            // Nothing is left to bring back. Where its folder comes back from a backup, it is taken up again.
            kind if is_gone => self.db.forget(kind, &item.id)?,
            ItemKind::Chat => self.chats.delete(&item.id)?,
            kind => drop(self.db.set_deleted(kind, &item.id, Some(ids::now_ms()))?),
        }
        match item.kind {
            ItemKind::Dataset => self.datasets.forget_check(&item.id),
            ItemKind::Run => self.runs.forget(&item.id),
            ItemKind::Model | ItemKind::Chat => {}
        }
        if let Some(folder) = folder.filter(|_| !is_gone) {
            let bin = self.home.binned(item.kind, &item.id)?;
            move_folder(&folder, &bin).inspect_err(|_| self.bring_back(item))?;
        }
        self.home.notices().forget(item);
        self.topics.library_changed();
        Ok(())
    }

    /// Brings a deleted thing back.
    pub fn restore(&self, item: &ItemRef) -> Result<(), WireError> {
        let gone = || WireError::not_found(say!("item-deleted-for-good", "This was deleted for good"));
        self.db.item(item.kind, &item.id)?.filter(|item| item.deleted).ok_or_else(gone)?;
        if let Some(folder) = self.folder(item)? {
            let bin = self.home.binned(item.kind, &item.id)?;
            if bin.exists() {
                move_folder(&bin, &folder)?;
            } else if !folder.exists() {
                return Err(gone());
            }
        }
        self.bring_back(item);
        self.topics.library_changed();
        Ok(())
    }

    /// Removes everything deleted from the disk.
    pub fn empty_bin(&self) -> Result<(), WireError> {
        self.db.make_room(|| self.remove_binned())?;
        self.db.set_space_aside();
        self.topics.library_changed();
        Ok(())
    }

    fn remove_binned(&self) -> Result<(), WireError> {
        for kind in [ItemKind::Model, ItemKind::Dataset, ItemKind::Run, ItemKind::Chat] {
            for item in self.db.items(kind)?.into_iter().filter(|item| item.deleted) {
                let item = ItemRef { kind, id: item.id };
                let places = [self.folder(&item)?, Some(self.home.binned(kind, &item.id)?)];
                for place in places.into_iter().flatten().filter(|place| place.exists()) {
                    fs::remove_dir_all(&place).map_err(errors::io(&place))?;
                }
                self.db.forget(kind, &item.id)?;
            }
        }
        // What the database no longer knows goes too, unless the bin is a link: what that leads to is somebody else's.
        for place in home::own_entries(&self.home.bin()).into_iter().filter(|place| home::is_own_folder(place)) {
            fs::remove_dir_all(&place).map_err(errors::io(&place))?;
        }
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
        let is_known = self.db.item(item.kind, &item.id)?.is_some_and(|known| !known.deleted);
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

    fn bring_back(&self, item: &ItemRef) {
        if let Err(error) = self.db.set_deleted(item.kind, &item.id, None) {
            tracing::error!("{} could not be brought back: {error}", item.id);
        }
    }
}

fn move_folder(from: &Path, to: &Path) -> Result<(), WireError> {
    let parent = to.parent().unwrap_or(to);
    fs::create_dir_all(parent).map_err(errors::io(parent))?;
    if to.exists() {
        fs::remove_dir_all(to).map_err(errors::io(to))?;
    }
    fs::rename(from, to).map_err(errors::io(from))
}
