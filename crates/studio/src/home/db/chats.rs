//! Chats, which lie in the database whole, as JSON.

use rusqlite::params;
use tunesmith_protocol::{Chat, ItemKind, WireError};
use tunesmith_sentence::say;

use super::{Db, json, newer_hint, unlisted};
use crate::errors;

/// A chat gets a row among the items only when it is deleted or brought back: its name lies with the rest of it.
macro_rules! kept_chat {
    () => {
        "NOT EXISTS (SELECT 1 FROM items WHERE items.kind = 'chat' AND items.id = chats.id AND deleted_ms IS NOT NULL)"
    };
}

impl Db {
    /// All chats that are not in the bin, the newest first. One that cannot be read is told and left out.
    pub fn chats(&self) -> Result<Vec<Chat>, WireError> {
        let connection = self.connection();
        let mut query = connection
            .prepare_cached(concat!("SELECT id, chat FROM chats WHERE ", kept_chat!(), " ORDER BY changed_ms DESC"))
            .map_err(errors::database)?;
        let rows = query
            .query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))
            .map_err(errors::database)?;
        let texts = rows.collect::<Result<Vec<_>, _>>().map_err(errors::database)?;
        let read = |(id, text): &(String, String)| {
            let lost =
                |error| say!("chat-unreadable", "The chat “{id}” is not shown: it cannot be read: {error}", id, error);
            let about = unlisted(ItemKind::Chat, id, id);
            let unreadable = |error: serde_json::Error| {
                let what = format!("chat {id} {text}");
                self.notices.tell_unlisted(&what, about, lost(error.to_string()), newer_hint());
            };
            serde_json::from_str(text).map_err(unreadable).ok()
        };
        Ok(texts.iter().filter_map(read).collect())
    }

    pub fn chat(&self, id: &str) -> Result<Chat, WireError> {
        let text = self.text(concat!("SELECT chat FROM chats WHERE id = ? AND ", kept_chat!()), id)?;
        let text = text.ok_or_else(|| WireError::not_found(say!("chat-gone", "This chat does not exist any more")))?;
        serde_json::from_str(&text).map_err(|error| {
            let error = error.to_string();
            WireError::invalid(say!("chat-damaged", "This chat cannot be read: {error}", error), newer_hint())
        })
    }

    /// Whether there is such a chat, readable or not.
    pub fn has_chat(&self, id: &str) -> Result<bool, WireError> {
        Ok(self.text(concat!("SELECT id FROM chats WHERE id = ? AND ", kept_chat!()), id)?.is_some())
    }

    /// The bytes that a chat takes.
    pub fn chat_bytes(&self, id: &str) -> Result<u64, WireError> {
        let query = "SELECT COALESCE(SUM(LENGTH(CAST(chat AS BLOB))), 0) FROM chats WHERE id = ?";
        let bytes: i64 = self.connection().query_row(query, [id], |row| row.get(0)).map_err(errors::database)?;
        Ok(bytes as u64)
    }

    /// The bytes that chats in the bin take.
    pub fn binned_chat_bytes(&self) -> Result<u64, WireError> {
        let query = concat!("SELECT COALESCE(SUM(LENGTH(CAST(chat AS BLOB))), 0) FROM chats WHERE NOT ", kept_chat!());
        let bytes: i64 = self.connection().query_row(query, [], |row| row.get(0)).map_err(errors::database)?;
        Ok(bytes as u64)
    }

    pub fn set_chat(&self, chat: &Chat, changed_ms: u64) -> Result<(), WireError> {
        self.change(
            "INSERT OR REPLACE INTO chats (id, chat, changed_ms) VALUES (?, ?, ?)",
            params![chat.id, json(chat)?, changed_ms as i64],
        )
        .map(drop)
    }

    pub(super) fn forget_chat(&self, id: &str) -> Result<(), WireError> {
        self.change("DELETE FROM chats WHERE id = ?", [id]).map(drop)
    }
}
