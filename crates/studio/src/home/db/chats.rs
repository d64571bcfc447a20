//! Chats, which lie in the database whole, as JSON.

use rusqlite::{OptionalExtension, params};
use serde::{Deserialize, Serialize};
use tunesmith_protocol::{Chat, ItemKind, Turn, WireError};
use tunesmith_sentence::say;

use super::{Db, json, newer_hint, unlisted};
use crate::errors;

/// A chat gets a row among the items only when it is deleted or brought back: its name lies with the rest of it.
macro_rules! kept_chat {
    () => {
        "NOT EXISTS (SELECT 1 FROM items WHERE items.kind = 'chat' AND items.id = chats.id AND deleted_ms IS NOT NULL)"
    };
}

/// A chat as the database keeps it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct StoredChat {
    #[serde(flatten)]
    pub chat: Chat,
    /// What was said before it was cleared, or before a message was said or answered anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earlier: Option<Vec<Turn>>,
}

impl Db {
    /// All chats that are not in the bin, the newest first. One that cannot be read is told and left out.
    pub fn chats(&self) -> Result<Vec<Chat>, WireError> {
        let connection = self.connection();
        let mut query = connection
            .prepare_cached(concat!(
                "SELECT id, chat, changed_ms FROM chats WHERE ",
                kept_chat!(),
                " ORDER BY changed_ms DESC"
            ))
            .map_err(errors::database)?;
        let rows = query
            .query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, i64>(2)?)))
            .map_err(errors::database)?;
        let texts = rows.collect::<Result<Vec<_>, _>>().map_err(errors::database)?;
        let read = |(id, text, changed_ms): &(String, String, i64)| {
            let lost =
                |error| say!("chat-unreadable", "The chat “{id}” is not shown: it cannot be read: {error}", id, error);
            let about = unlisted(ItemKind::Chat, id, id);
            let unreadable = |error: serde_json::Error| {
                let what = format!("chat {id} {text}");
                self.notices.tell_unlisted(&what, about, lost(error.to_string()), newer_hint());
            };
            let chat: Chat = serde_json::from_str(text).map_err(unreadable).ok()?;
            Some(Chat { changed_ms: *changed_ms as u64, ..chat })
        };
        Ok(texts.iter().filter_map(read).collect())
    }

    pub fn chat(&self, id: &str) -> Result<Chat, WireError> {
        Ok(self.stored_chat(id)?.chat)
    }

    pub fn stored_chat(&self, id: &str) -> Result<StoredChat, WireError> {
        let query = concat!("SELECT chat, changed_ms FROM chats WHERE id = ? AND ", kept_chat!());
        let row = self.connection().query_row(query, [id], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?)));
        let row = row.optional().map_err(errors::database)?;
        let gone = || WireError::not_found(say!("chat-gone", "This chat does not exist any more"));
        let (text, changed_ms) = row.ok_or_else(gone)?;
        let mut stored: StoredChat = serde_json::from_str(&text).map_err(|error| {
            let error = error.to_string();
            WireError::invalid(say!("chat-damaged", "This chat cannot be read: {error}", error), newer_hint())
        })?;
        stored.chat.changed_ms = changed_ms as u64;
        Ok(stored)
    }

    /// Whether there is such a chat, readable or not.
    pub fn has_chat(&self, id: &str) -> Result<bool, WireError> {
        Ok(self.text(concat!("SELECT id FROM chats WHERE id = ? AND ", kept_chat!()), id)?.is_some())
    }

    /// The bytes that chats in the bin take.
    pub fn binned_chat_bytes(&self) -> Result<u64, WireError> {
        let query = concat!("SELECT COALESCE(SUM(LENGTH(CAST(chat AS BLOB))), 0) FROM chats WHERE NOT ", kept_chat!());
        let bytes: i64 = self.connection().query_row(query, [], |row| row.get(0)).map_err(errors::database)?;
        Ok(bytes as u64)
    }

    pub fn set_chat(&self, stored: &StoredChat) -> Result<(), WireError> {
        self.change(
            "INSERT OR REPLACE INTO chats (id, chat, changed_ms) VALUES (?, ?, ?)",
            params![stored.chat.id, json(stored)?, stored.chat.changed_ms as i64],
        )
        .map(drop)
    }

    /// The bytes that a chat takes.
    pub fn chat_bytes(&self, id: &str) -> Result<u64, WireError> {
        let query = "SELECT COALESCE(SUM(LENGTH(CAST(chat AS BLOB))), 0) FROM chats WHERE id = ?";
        let bytes: i64 = self.connection().query_row(query, [id], |row| row.get(0)).map_err(errors::database)?;
        Ok(bytes as u64)
    }

    pub(super) fn forget_chat(&self, id: &str) -> Result<(), WireError> {
        self.change("DELETE FROM chats WHERE id = ?", [id]).map(drop)
    }
}
