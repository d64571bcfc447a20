//! What every fuzz target does with its bytes: import them as a file of some name, and see that the rows add up.

use std::fs;
use std::ops::ControlFlow;
use std::sync::LazyLock;

use tempfile::TempDir;
use tunesmith_data::{ImportOptions, import, inspect};
use tunesmith_protocol::Format;

/// A folder in memory where the system has one: a file is written for every input.
static FOLDER: LazyLock<TempDir> = LazyLock::new(|| {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("a temporary folder")
});

/// The bytes of a file that begins with `magic`.
pub fn beginning_with(magic: &[u8], bytes: &[u8]) -> Vec<u8> {
    if bytes.starts_with(magic) { bytes.to_vec() } else { [magic, bytes].concat() }
}

/// Imports the bytes. Panics when rows were lost or a problem says nothing.
pub fn survive(name: &str, bytes: &[u8], format: Format) {
    let path = FOLDER.path().join(name);
    fs::write(&path, bytes).expect("a file");
    let (paths, options) = ([path], ImportOptions::of(format));
    let _ = inspect(&paths, &options, 3);
    match import(&paths, &options, &mut |_, _| ControlFlow::Continue(())) {
        Ok(imported) => {
            let dropped = imported.problems.iter().filter(|problem| problem.dropped).count() as u64;
            assert_eq!(imported.summary.rows_read, imported.rows.len() as u64 + dropped);
            assert_eq!(imported.summary.rows_kept, imported.rows.len() as u64);
            assert!(imported.problems.iter().all(|problem| problem.line > 0 && problem.message.contains(' ')));
        }
        Err(error) => assert!(!error.to_string().is_empty() && !error.hint().is_empty()),
    }
}
