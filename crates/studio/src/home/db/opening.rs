//! Opens the database: brought up to date by the holder of the home, or for a look only.

use std::path::Path;
use std::time::Duration;

use parking_lot::Mutex;
use rusqlite::{Connection, OpenFlags, ffi};
use rusqlite_migration::{M, Migrations};
use tunesmith_protocol::WireError;
use tunesmith_sentence::{Sentence, say};

use super::Db;
use crate::errors;

/// Older versions can damage a write-ahead log that several connections reset at once.
const LEAST_VERSION: i32 = 3_051_003;

/// How long another process may hold the database.
const BUSY: Duration = Duration::from_secs(5);

const STEPS: &[M<'static>] = &[
    M::up(
        "CREATE TABLE items (
        kind TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, tags TEXT NOT NULL DEFAULT '[]', facts TEXT NOT NULL DEFAULT 'null',
        added_ms INTEGER NOT NULL, deleted_ms INTEGER, PRIMARY KEY (kind, id)
     ) STRICT;
     CREATE TABLE run_index (id TEXT PRIMARY KEY, digest TEXT NOT NULL) STRICT;
     CREATE TABLE chats (id TEXT PRIMARY KEY, chat TEXT NOT NULL, changed_ms INTEGER NOT NULL) STRICT;
     CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;",
    ),
    M::up("CREATE TABLE jobs (id TEXT PRIMARY KEY, position INTEGER NOT NULL, job TEXT NOT NULL) STRICT;"),
];
const MIGRATIONS: Migrations<'static> = Migrations::from_slice(STEPS);

impl Db {
    /// Opens the database, which only the holder of the home's lock may do. One that is damaged is put aside and begun
    /// anew: what matters most lies in the folders.
    pub fn open(path: &Path) -> Result<Self, WireError> {
        if rusqlite::version_number() < LEAST_VERSION {
            let version = rusqlite::version();
            let too_old = say!("home-sqlite-too-old", "this build has SQLite {version}, which is too old", version);
            return Err(WireError::internal(too_old));
        }
        let connection = match connect(path) {
            Err(error) if is_damaged(&error) => {
                put_aside(path).map_err(errors::io(path))?;
                connect(path)
            }
            other => other,
        };
        let mut connection = connection.map_err(errors::database)?;
        MIGRATIONS.to_latest(&mut connection).map_err(|error| {
            WireError::invalid(
                say!("home-database-unusable", "{path} cannot be used: {error}", path, error = error.to_string()),
                say!(
                    "home-database-unusable-hint",
                    "It may have been written by a newer Tunesmith; update, or set TUNESMITH_HOME to another folder"
                ),
            )
        })?;
        Ok(Self { connection: Mutex::new(connection) })
    }

    /// Opens the database for a look, as one who does not hold the home's lock may: nothing in it or beside it is
    /// made, brought up to date or put aside. `None` where nobody has filled one yet.
    pub fn peek(path: &Path) -> Result<Option<Self>, WireError> {
        if !path.is_file() {
            return Ok(None);
        }
        let look = || {
            let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
            connection.busy_timeout(BUSY)?;
            let version: u32 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
            Ok((connection, version))
        };
        match look() {
            Ok((_, 0)) => Ok(None),
            Ok((connection, version)) if version as usize == STEPS.len() => {
                Ok(Some(Self { connection: Mutex::new(connection) }))
            }
            Ok(_) => Err(unreadable(say!(
                "home-database-of-another-version",
                "The models of this home cannot be looked up: {path} was written by another version of Tunesmith",
                path
            ))),
            Err(error) if is_damaged(&error) => Err(unreadable(say!(
                "home-database-damaged",
                "The models of this home cannot be looked up: {path} is damaged",
                path
            ))),
            Err(error) => Err(errors::database(error)),
        }
    }
}

fn unreadable(why: Sentence) -> WireError {
    WireError::invalid(
        why,
        say!("home-database-unreadable-hint", "Open Tunesmith once, or name the model by its folder"),
    )
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    check_pages(&connection)?;
    Ok(connection)
}

/// Reads every page: damage on one would show only when someone asks for what lies there.
fn check_pages(connection: &Connection) -> rusqlite::Result<()> {
    let found: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    match found.as_str() {
        "ok" => Ok(()),
        _ => Err(rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_CORRUPT), Some(found))),
    }
}

/// Renames a damaged database and its log, which must not be mixed into a new one.
fn put_aside(path: &Path) -> std::io::Result<()> {
    let aside = path.with_extension("damaged");
    tracing::error!("{} is damaged and was put aside as {}", path.display(), aside.display());
    let beside = |path: &Path, suffix: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        std::path::PathBuf::from(name)
    };
    for suffix in ["-wal", "-shm"] {
        let log = beside(path, suffix);
        if log.exists() {
            std::fs::rename(&log, beside(&aside, suffix))?;
        }
    }
    std::fs::rename(path, &aside)
}

fn is_damaged(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
    matches!(error.sqlite_error_code(), Some(DatabaseCorrupt | NotADatabase))
}
