//! The user's preferences, kept in the database.

use std::sync::Arc;

use tunesmith_protocol::{Preferences, WireError};

use super::db::Db;

const NAME: &str = "preferences";

/// Reads and writes the preferences.
#[derive(Clone)]
pub(crate) struct PreferencesStore(Arc<Db>);

impl PreferencesStore {
    pub fn new(db: Arc<Db>) -> Self {
        Self(db)
    }

    pub fn get(&self) -> Result<Preferences, WireError> {
        Ok(self.0.setting(NAME)?.unwrap_or_default())
    }

    pub fn set(&self, preferences: &Preferences) -> Result<(), WireError> {
        self.0.set_setting(NAME, preferences)
    }
}
