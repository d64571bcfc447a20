//! The bin: what was deleted lies in it until it is brought back or removed for good.

use std::cmp::Reverse;
use std::fs;
use std::path::Path;

use tunesmith_protocol::{BinnedItem, ItemKind, ItemRef, WireError};
use tunesmith_sentence::say;

use super::Items;
use crate::home::db::Item;
use crate::{errors, home, ids};

const KINDS: [ItemKind; 4] = [ItemKind::Model, ItemKind::Dataset, ItemKind::Run, ItemKind::Chat];

impl Items {
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
            ItemKind::Chat => self.delete_chat(&item.id)?,
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
        self.db.item(item.kind, &item.id)?.filter(Item::is_in_bin).ok_or_else(gone)?;
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

    /// What lies in the bin, the last deleted first.
    pub fn list_bin(&self) -> Result<Vec<BinnedItem>, WireError> {
        let mut binned = Vec::new();
        for kind in KINDS {
            for item in self.db.items(kind)?.into_iter().filter(Item::is_in_bin) {
                let Some(deleted_ms) = item.deleted_ms else { continue };
                let bytes = match kind {
                    ItemKind::Chat => self.db.chat_bytes(&item.id)?,
                    _ => home::size(&self.home.binned(kind, &item.id)?),
                };
                binned.push(BinnedItem { item: ItemRef { kind, id: item.id }, name: item.name, deleted_ms, bytes });
            }
        }
        binned.sort_by_key(|binned| Reverse(binned.deleted_ms));
        Ok(binned)
    }

    /// Removes one deleted thing from the disk.
    pub fn delete_for_good(&self, item: &ItemRef) -> Result<(), WireError> {
        let gone = || WireError::not_found(say!("item-not-in-bin", "This is not in the bin"));
        self.db.item(item.kind, &item.id)?.filter(Item::is_in_bin).ok_or_else(gone)?;
        self.db.make_room(|| self.remove(item))?;
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
        for kind in KINDS {
            for item in self.db.items(kind)?.into_iter().filter(Item::is_in_bin) {
                self.remove(&ItemRef { kind, id: item.id })?;
            }
        }
        // What the database no longer knows goes too, unless the bin is a link: what that leads to is somebody else's.
        for place in home::own_entries(&self.home.bin()).into_iter().filter(|place| home::is_own_folder(place)) {
            fs::remove_dir_all(&place).map_err(errors::io(&place))?;
        }
        Ok(())
    }

    fn remove(&self, item: &ItemRef) -> Result<(), WireError> {
        let places = [self.folder(item)?, Some(self.home.binned(item.kind, &item.id)?)];
        for place in places.into_iter().flatten().filter(|place| place.exists()) {
            fs::remove_dir_all(&place).map_err(errors::io(&place))?;
        }
        match item.kind {
            ItemKind::Model => self.models.forget_chat_template(&item.id)?,
            ItemKind::Run => self.home.forget_template(&self.home.run(&item.id)?.result())?,
            ItemKind::Dataset | ItemKind::Chat => {}
        }
        match item.kind {
            // It still lies in the cache of this computer, and would be found again.
            ItemKind::Model if self.models.is_cached(&item.id) => self.db.hide(item.kind, &item.id),
            kind => self.db.forget(kind, &item.id),
        }
    }

    /// A chat's name lies with the rest of it; the bin shows the one that it had last.
    fn delete_chat(&self, id: &str) -> Result<(), WireError> {
        if let Ok(chat) = self.chats.get(id) {
            self.db.rename(ItemKind::Chat, id, &chat.title)?;
        }
        self.chats.delete(id)
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
