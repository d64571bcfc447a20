//! What the system says of files, in plain words.

use std::io::{self, ErrorKind};

use tunesmith_sentence::system_reason;

#[test]
fn what_goes_wrong_with_a_file_is_said_without_a_code() {
    let kinds = [
        ErrorKind::NotFound,
        ErrorKind::AlreadyExists,
        ErrorKind::NotADirectory,
        ErrorKind::IsADirectory,
        ErrorKind::PermissionDenied,
        ErrorKind::StorageFull,
        ErrorKind::InvalidFilename,
        ErrorKind::ReadOnlyFilesystem,
    ];
    for kind in kinds {
        let reason = system_reason(&kind.into());
        assert!(reason.key.starts_with("io-"), "{kind:?}: {reason}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn the_codes_of_linux_are_said_in_words() {
    let said = |code| system_reason(&io::Error::from_raw_os_error(code)).to_string();
    for code in [1, 2, 5, 13, 17, 18, 20, 21, 23, 24, 27, 28, 30, 36, 39, 40, 116, 122] {
        assert!(!said(code).contains("os error"), "{code}: {}", said(code));
    }
    assert_eq!(said(20), "it, or a part of its path, is a file and not a folder");
    assert_eq!(said(28), "the disk is full");
    // As a library prints it.
    let wrapped = io::Error::other("File exists (os error 17) at path \"/a\"");
    assert_eq!(system_reason(&wrapped).to_string(), "there is something of this name already");
    let own = io::Error::new(ErrorKind::NotFound, "no such sheet");
    assert_eq!(system_reason(&own).to_string(), "no such sheet");
}
