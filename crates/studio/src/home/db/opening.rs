//! Opens the database: brought up to date by the holder of the home, or for a look only.

use std::path::Path;
use std::time::Duration;

use parking_lot::Mutex;
use rusqlite::{Connection, OpenFlags, ffi};
use rusqlite_migration::{M, Migrations};
use tunesmith_data::own_file;
use tunesmith_protocol::{ErrorCode, WireError};
use tunesmith_sentence::{Sentence, say};

use super::Db;
use crate::errors;
use crate::home::{Home, Notices};
use crate::platform::free_disk_bytes;

/// Older versions can damage a write-ahead log that several connections reset at once.
const LEAST_VERSION: i32 = 3_051_003;

/// With less space than this the files beside the database cannot be made.
const LEAST_FREE: u64 = 64 << 10;

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
    pub fn open(home: &Home) -> Result<Self, WireError> {
        match Self::open_in(home) {
            // Who cannot open the home cannot delete anything in it either.
            Err(error) if error.code == ErrorCode::DiskFull && std::fs::remove_file(home.reserve()).is_ok() => {
                Self::open_in(home)
            }
            Ok(db) => {
                db.set_space_aside();
                Ok(db)
            }
            other => other,
        }
    }

    fn open_in(home: &Home) -> Result<Self, WireError> {
        let (path, notices) = (&home.database(), home.notices());
        if rusqlite::version_number() < LEAST_VERSION {
            let version = rusqlite::version();
            let too_old = say!("home-sqlite-too-old", "this build has SQLite {version}, which is too old", version);
            return Err(WireError::internal(too_old));
        }
        own_file::check_place(path).map_err(errors::io(path))?;
        tell_if_lost(home);
        let connection = match connect(path) {
            Err(error) if is_damaged(&error) => {
                put_aside(path, &notices).map_err(errors::io(path))?;
                connect(path)
            }
            other => other,
        };
        let mut connection = connection.map_err(|error| unopened(path, error))?;
        MIGRATIONS.to_latest(&mut connection).map_err(|error| match error {
            rusqlite_migration::Error::RusqliteError { err, .. } => unopened(path, err),
            other => unusable(path, &other),
        })?;
        Ok(Self { connection: Mutex::new(connection), notices, reserve: home.reserve() })
    }

    /// Opens the database for a look, as one who does not hold the home's lock may: nothing in it or beside it is
    /// made, brought up to date or put aside. `None` where nobody has filled one yet.
    pub fn peek(home: &Home) -> Result<Option<Self>, WireError> {
        let path = &home.database();
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
                let (notices, reserve) = (home.notices(), home.reserve());
                Ok(Some(Self { connection: Mutex::new(connection), notices, reserve }))
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

/// SQLite makes a new database of none and of an empty file alike. In a home that had one, that is a loss. Space is set aside
/// in each home whose database was once opened.
fn tell_if_lost(home: &Home) {
    let path = &home.database();
    let is_empty = std::fs::metadata(path).map_or(true, |facts| facts.len() == 0);
    if is_empty && home.reserve().exists() {
        home.notices().tell_of(
            path,
            say!(
                "home-database-lost",
                "{path} was empty or gone, and a new database was begun: chats, preferences, added models, and the names \
                 and tags you gave are lost",
                path
            ),
            say!(
                "home-database-lost-hint",
                "Datasets and fine-tunes are still there. Close Tunesmith and bring {path} back from a backup, if there is one",
                path
            ),
        );
    }
}

/// The database cannot be opened or brought up to date.
fn unopened(path: &Path, error: rusqlite::Error) -> WireError {
    use rusqlite::ErrorCode::{CannotOpen, SystemIoFailure};
    // Of the files beside the database SQLite only says that they cannot be made or grow.
    let failed = matches!(error.sqlite_error_code(), Some(CannotOpen | SystemIoFailure));
    match failed && path.parent().is_some_and(|folder| free_disk_bytes(folder) < LEAST_FREE) {
        true => errors::io_at(path, &std::io::ErrorKind::StorageFull.into()),
        false => errors::database(error),
    }
}

/// The database is of another shape than this version knows.
fn unusable(path: &Path, error: &rusqlite_migration::Error) -> WireError {
    WireError::invalid(
        say!("home-database-unusable", "{path} cannot be used: {error}", path, error = error.to_string()),
        say!(
            "home-database-unusable-hint",
            "It may have been written by a newer Tunesmith; update, or set TUNESMITH_HOME to another folder"
        ),
    )
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

/// Renames a damaged database and its log, which must not be mixed into a new one, and says so. One that was put aside
/// before stays.
fn put_aside(path: &Path, notices: &Notices) -> std::io::Result<()> {
    let aside = path.with_extension("damaged");
    let numbered = |number: u32| path.with_extension(format!("damaged-{number}"));
    let aside = std::iter::once(aside).chain((2..).map(numbered)).find(|aside| !aside.exists());
    let aside = aside.unwrap_or_else(|| path.with_extension("damaged"));
    notices.tell_of(
        path,
        say!(
            "home-database-begun-anew",
            "The database of this home was damaged, and a new one was begun: chats, preferences, added models, and the names \
             and tags you gave are lost"
        ),
        say!(
            "home-database-begun-anew-hint",
            "Datasets and fine-tunes are still there. The damaged database is kept as {aside}",
            aside = &aside
        ),
    );
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
