//! The log: one file that starts anew when it grows too large, with the last one kept. Nothing secret gets into it.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use parking_lot::Mutex;
use tracing_subscriber::fmt::MakeWriter;
use tunesmith_data::own_file;
use tunesmith_protocol::{LogText, WireError};
use tunesmith_sentence::say;

use super::{Home, aside};
use crate::errors;

const LARGEST: u64 = 4 << 20;
const SHOWN: u64 = 64 << 10;

/// Sends what this process logs into the home's file, unless it logs elsewhere already.
pub(crate) fn start(home: &Home) {
    put_aside(home);
    let log = Log { path: home.log(), file: Mutex::new(None) };
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_max_level(tracing::Level::INFO).with_writer(log);
    if subscriber.try_init().is_err() {
        tracing::debug!("this process logs elsewhere");
    }
}

/// Makes way for the log where something else lies in its place: a pipe would hold up every line, and a link may lead to a file
/// of somebody else.
fn put_aside(home: &Home) {
    let path = home.log();
    let Err(error) = own_file::check_place(&path) else { return };
    let aside = aside(&path);
    let (why, moved) = (errors::io_at(&path, &error), fs::rename(&path, &aside));
    home.notices().tell(
        &format!("log {}", aside.display()),
        say!("home-log-not-ours", "The log of this home is begun anew: {why}", why = why.message),
        match moved {
            Ok(()) => say!("home-log-not-ours-hint", "What lay there is called {aside} now", aside = &aside),
            Err(_) => why.hint,
        },
    );
}

/// The end of the log.
pub(crate) fn read(path: &Path) -> Result<LogText, WireError> {
    let end = || -> io::Result<String> {
        let mut file = own_file::open(path)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(SHOWN)))?;
        let mut bytes = Vec::new();
        file.take(SHOWN).read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    let text = match end() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        other => other.map_err(errors::io(path))?,
    };
    // The first line shown is a whole one.
    let text = match text.len() as u64 >= SHOWN {
        true => text.split_once('\n').map(|(_, rest)| rest.to_owned()).unwrap_or_default(),
        false => text,
    };
    Ok(LogText { path: path.to_string_lossy().into_owned(), text })
}

struct Log {
    path: PathBuf,
    file: Mutex<Option<File>>,
}

/// One line on its way into the log.
struct LogLine<'a>(&'a Log);

impl<'a> MakeWriter<'a> for Log {
    type Writer = LogLine<'a>;

    fn make_writer(&'a self) -> LogLine<'a> {
        LogLine(self)
    }
}

impl Write for LogLine<'_> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut file = self.0.file.lock();
        if file.as_ref().is_none_or(|file| file.metadata().map_or(0, |facts| facts.len()) > LARGEST) {
            *file = Some(self.0.open()?);
        }
        if let Some(file) = file.as_mut() {
            file.write_all(redact(&String::from_utf8_lossy(line)).as_bytes())?;
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn open(&self) -> io::Result<File> {
        if fs::metadata(&self.path).map_or(0, |facts| facts.len()) > LARGEST {
            fs::rename(&self.path, self.path.with_extension("old.log"))?;
        }
        own_file::append(&self.path)
    }
}

/// Hides what looks like a key or a token.
fn redact(line: &str) -> String {
    let secret = |word: &str| {
        let word = word.trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
        ["hf_", "sk-"].iter().any(|prefix| word.starts_with(prefix) && word.len() > 12)
            || ["token=", "key=", "Bearer"].iter().any(|name| word.contains(name))
    };
    let words: Vec<&str> = line.split(' ').map(|word| if secret(word) { "[hidden]" } else { word }).collect();
    let newline =
        if line.ends_with('\n') && !words.last().is_some_and(|word| word.ends_with('\n')) { "\n" } else { "" };
    words.join(" ") + newline
}
