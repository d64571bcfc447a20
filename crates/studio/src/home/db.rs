//! The database: names and tags of what the user owns, what of it lies in the bin, preferences, and an index of the runs
//! that can be rebuilt from their folders. Chats are in `chats`, and how the database is opened is left to `opening`.

mod chats;
mod opening;

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::Write;
use std::path::PathBuf;

use parking_lot::{Mutex, MutexGuard};
use rusqlite::{Connection, OptionalExtension, params};
use serde::{Serialize, de::DeserializeOwned};
use tunesmith_protocol::{ErrorCode, ItemKind, ItemRef, Job, Unlisted, WireError};
use tunesmith_sentence::{Sentence, say};

use super::Notices;
use crate::errors;
pub(crate) use chats::StoredChat;

/// Enough for the pages that a few deletions write.
const RESERVE_BYTES: usize = 256 << 10;

/// The facts of what was deleted for good and still lies where others keep it.
const HIDDEN: &str = "\"hidden\"";

/// One row of `items`.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    pub id: String,
    pub name: String,
    pub tags: Vec<String>,
    /// What else is known, as JSON; its shape depends on the kind.
    pub facts: String,
    pub added_ms: u64,
    /// When it was deleted, if it was.
    pub deleted_ms: Option<u64>,
}

impl Item {
    /// Whether it lies in the bin.
    pub fn is_deleted(&self) -> bool {
        self.deleted_ms.is_some()
    }

    /// Whether it was deleted and can be brought back.
    pub fn is_in_bin(&self) -> bool {
        self.is_deleted() && self.facts != HIDDEN
    }

    /// Whether it was deleted for good and is not in our hands, so that it must not be listed when it is found again.
    pub fn is_hidden(&self) -> bool {
        self.is_deleted() && self.facts == HIDDEN
    }
}

/// The database of a home.
pub(crate) struct Db {
    connection: Mutex<Connection>,
    notices: Notices,
    /// Space set aside so that something can be deleted from a full disk.
    reserve: PathBuf,
}

impl Db {
    /// All items of a kind, the newest first.
    pub fn items(&self, kind: ItemKind) -> Result<Vec<Item>, WireError> {
        let connection = self.connection();
        let mut query = connection
            .prepare_cached("SELECT id, name, tags, facts, added_ms, deleted_ms FROM items WHERE kind = ? ORDER BY added_ms DESC, id")
            .map_err(errors::database)?;
        let rows = query.query_map([word(kind)], item).map_err(errors::database)?;
        let rows = rows.collect::<Result<Vec<_>, _>>().map_err(errors::database)?;
        Ok(rows.into_iter().map(|row| self.tagged(kind, row)).collect())
    }

    pub fn item(&self, kind: ItemKind, id: &str) -> Result<Option<Item>, WireError> {
        let row = self
            .connection()
            .query_row(
                "SELECT id, name, tags, facts, added_ms, deleted_ms FROM items WHERE kind = ? AND id = ?",
                [word(kind), id],
                item,
            )
            .optional()
            .map_err(errors::database)?;
        Ok(row.map(|row| self.tagged(kind, row)))
    }

    /// Adds an item unless there is one of that id.
    pub fn add(&self, kind: ItemKind, id: &str, name: &str, facts: &str, added_ms: u64) -> Result<(), WireError> {
        self.change(
            "INSERT OR IGNORE INTO items (kind, id, name, facts, added_ms) VALUES (?, ?, ?, ?, ?)",
            params![word(kind), id, name, facts, added_ms as i64],
        )
        .map(drop)
    }

    /// Renames an item; false when there is none.
    pub fn rename(&self, kind: ItemKind, id: &str, name: &str) -> Result<bool, WireError> {
        self.change("UPDATE items SET name = ? WHERE kind = ? AND id = ?", params![name, word(kind), id])
    }

    /// A name that no other item of the kind has: the wanted one, or that with a number behind it.
    pub fn free_name(&self, kind: ItemKind, wanted: &str) -> Result<String, WireError> {
        let taken: HashSet<String> =
            self.items(kind)?.into_iter().filter(|item| !item.is_deleted()).map(|item| item.name).collect();
        let numbered = (2..).map(|number: u32| format!("{wanted} {number}"));
        let mut names = std::iter::once(wanted.to_owned()).chain(numbered);
        Ok(names.find(|name| !taken.contains(name)).unwrap_or_else(|| wanted.to_owned()))
    }

    /// Replaces what is known of an item; false when there is none.
    pub fn set_facts(&self, kind: ItemKind, id: &str, facts: &str) -> Result<bool, WireError> {
        self.change("UPDATE items SET facts = ? WHERE kind = ? AND id = ?", params![facts, word(kind), id])
    }

    pub fn set_tags(&self, kind: ItemKind, id: &str, tags: &[String]) -> Result<bool, WireError> {
        self.change("UPDATE items SET tags = ? WHERE kind = ? AND id = ?", params![json(&tags)?, word(kind), id])
    }

    /// Marks an item as deleted at a time, or as not deleted.
    pub fn set_deleted(&self, kind: ItemKind, id: &str, deleted_ms: Option<u64>) -> Result<bool, WireError> {
        let at = deleted_ms.map(|ms| ms as i64);
        self.change("UPDATE items SET deleted_ms = ? WHERE kind = ? AND id = ?", params![at, word(kind), id])
    }

    /// Remembers of a deleted item only that it is not to be listed again.
    pub fn hide(&self, kind: ItemKind, id: &str) -> Result<(), WireError> {
        self.set_facts(kind, id, HIDDEN).map(drop)
    }

    pub fn forget(&self, kind: ItemKind, id: &str) -> Result<(), WireError> {
        match kind {
            ItemKind::Run => drop(self.change("DELETE FROM run_index WHERE id = ?", [id])?),
            ItemKind::Chat => self.forget_chat(id)?,
            ItemKind::Model | ItemKind::Dataset => {}
        }
        self.change("DELETE FROM items WHERE kind = ? AND id = ?", [word(kind), id]).map(drop)
    }

    /// What was last known of a run's records.
    pub fn run_summary<T: DeserializeOwned>(&self, run: &str) -> Option<T> {
        self.text("SELECT digest FROM run_index WHERE id = ?", run)
            .ok()
            .flatten()
            .and_then(|text| serde_json::from_str(&text).ok())
    }

    pub fn set_run_summary(&self, run: &str, summary: &impl Serialize) -> Result<(), WireError> {
        self.change("INSERT OR REPLACE INTO run_index (id, digest) VALUES (?, ?)", params![run, json(summary)?])
            .map(drop)
    }

    /// Jobs that have not ended, in the order of the queue.
    pub fn jobs(&self) -> Result<Vec<Job>, WireError> {
        let connection = self.connection();
        let mut query =
            connection.prepare_cached("SELECT job FROM jobs ORDER BY position").map_err(errors::database)?;
        let rows = query.query_map([], |row| row.get::<_, String>(0)).map_err(errors::database)?;
        let texts = rows.collect::<Result<Vec<_>, _>>().map_err(errors::database)?;
        let lost = |error| {
            say!(
                "home-job-lost",
                "A job that had not ended when Tunesmith was last closed cannot be read: {error}",
                error
            )
        };
        let hint = || say!("home-job-lost-hint", "Start it again");
        Ok(texts.iter().filter_map(|text| self.readable("job", text, lost, hint)).collect())
    }

    /// Replaces the list of jobs that have not ended.
    pub fn set_jobs(&self, jobs: &[Job]) -> Result<(), WireError> {
        let mut connection = self.connection();
        let change = connection.transaction().map_err(errors::database)?;
        change.execute("DELETE FROM jobs", []).map_err(errors::database)?;
        for (position, job) in jobs.iter().enumerate() {
            change
                .execute(
                    "INSERT INTO jobs (id, position, job) VALUES (?, ?, ?)",
                    params![job.id, position as i64, json(job)?],
                )
                .map_err(errors::database)?;
        }
        change.commit().map_err(errors::database)
    }

    /// A setting; none where it was never set. One that cannot be read is told and counts for none.
    pub fn setting<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, WireError> {
        let text = self.text("SELECT value FROM settings WHERE name = ?", name)?;
        let lost = |error| {
            say!(
                "home-setting-lost",
                "What was set under “{name}” cannot be read and is as at first: {error}",
                name,
                error
            )
        };
        let hint = || say!("home-setting-lost-hint", "Look through the settings, and set them again");
        Ok(text.and_then(|text| self.readable(name, &text, lost, hint)))
    }

    pub fn set_setting(&self, name: &str, value: &impl Serialize) -> Result<(), WireError> {
        self.change("INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)", params![name, json(value)?])
            .map(drop)
    }

    /// What the user has to know of the home.
    pub fn notices(&self) -> &Notices {
        &self.notices
    }

    /// Does what makes room. Where the disk has none even for this, it gets the space that was set aside.
    pub fn make_room(&self, act: impl Fn() -> Result<(), WireError>) -> Result<(), WireError> {
        let done = act();
        let is_full = done.as_ref().is_err_and(|error| error.code == ErrorCode::DiskFull);
        match is_full && fs::remove_file(&self.reserve).is_ok() {
            true => act(),
            false => done,
        }
    }

    /// Sets space aside again, where there is any.
    pub fn set_space_aside(&self) {
        if self.reserve.exists() {
            return;
        }
        let write = || File::create_new(&self.reserve)?.write_all(&vec![0x5a; RESERVE_BYTES]);
        if write().is_err() {
            // A part of it helps no one.
            fs::remove_file(&self.reserve).unwrap_or_else(|error| tracing::debug!("no space to set aside: {error}"));
        }
    }

    /// An item with its tags. Where they cannot be read, it has none.
    fn tagged(&self, kind: ItemKind, (item, tags): (Item, String)) -> Item {
        let Item { id, name, .. } = &item;
        let lost = |error| say!("item-tags-lost", "The tags of “{name}” cannot be read: {error}", name, error);
        let hint = || say!("item-tags-lost-hint", "Set its tags again");
        let tags = self.readable(&format!("tags {} {id}", word(kind)), &tags, lost, hint);
        Item { tags: tags.unwrap_or_default(), ..item }
    }

    /// What a text says; one that cannot be read is told, once.
    fn readable<T: DeserializeOwned>(
        &self,
        about: &str,
        text: &str,
        lost: impl Fn(String) -> Sentence,
        hint: impl Fn() -> Sentence,
    ) -> Option<T> {
        let unreadable = |error: serde_json::Error| {
            self.notices.tell(&format!("{about} {text}"), lost(error.to_string()), hint());
        };
        serde_json::from_str(text).map_err(unreadable).ok()
    }

    fn text(&self, query: &str, id: &str) -> Result<Option<String>, WireError> {
        self.connection().query_row(query, [id], |row| row.get(0)).optional().map_err(errors::database)
    }

    fn change(&self, statement: &str, values: impl rusqlite::Params) -> Result<bool, WireError> {
        self.connection().execute(statement, values).map(|rows| rows > 0).map_err(errors::database)
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        // A panic elsewhere leaves no statement half done: each is one transaction.
        self.connection.lock()
    }
}

/// An item whose tags are not read yet, and these.
fn item(row: &rusqlite::Row<'_>) -> rusqlite::Result<(Item, String)> {
    let item = Item {
        id: row.get(0)?,
        name: row.get(1)?,
        tags: Vec::new(),
        facts: row.get(3)?,
        added_ms: row.get::<_, i64>(4)? as u64,
        deleted_ms: row.get::<_, Option<i64>>(5)?.map(|ms| ms as u64),
    };
    Ok((item, row.get(2)?))
}

/// Something that lies in the database alone and cannot be read.
pub(crate) fn unlisted(kind: ItemKind, id: &str, name: &str) -> Unlisted {
    let item = ItemRef { kind, id: id.into() };
    Unlisted { item, name: name.into(), folder: None, restorable: true }
}

fn newer_hint() -> Sentence {
    say!("home-unreadable-hint", "It is kept as it is. Where a newer Tunesmith wrote it, that one reads it")
}

fn word(kind: ItemKind) -> &'static str {
    match kind {
        ItemKind::Model => "model",
        ItemKind::Dataset => "dataset",
        ItemKind::Run => "run",
        ItemKind::Chat => "chat",
    }
}

fn json(value: &impl Serialize) -> Result<String, WireError> {
    serde_json::to_string(value).map_err(errors::unwritable)
}
