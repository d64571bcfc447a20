//! Frozen tokens come back as they were, or not at all.

use proptest::prelude::*;
use tunesmith_data::{Tokens, TokensFileError, read_tokens, write_tokens};

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn tokens_come_back_as_they_were(rows in prop::collection::vec(prop::collection::vec((any::<u32>(), any::<bool>()), 0..40), 0..20)) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("training.tokens");
        let rows: Vec<Tokens> = rows.into_iter().map(|row| {
            let (ids, learn) = row.into_iter().unzip();
            Tokens { ids, learn }
        }).collect();
        write_tokens(&path, &rows).expect("written");
        prop_assert_eq!(read_tokens(&path).expect("read"), rows);
        prop_assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 1, "nothing else is left");
    }
}

#[test]
fn a_changed_or_cut_file_is_never_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("training.tokens");
    let rows = vec![Tokens { ids: vec![1, 2, 3], learn: vec![false, true, true] }; 3];
    write_tokens(&path, &rows).expect("written");
    let whole = std::fs::read(&path).expect("bytes");
    for at in 0..whole.len() {
        let mut changed = whole.clone();
        changed[at] ^= 1 << (at % 8);
        std::fs::write(&path, &changed).expect("written");
        assert!(matches!(read_tokens(&path), Err(TokensFileError::Damaged { .. })), "byte {at}");
        std::fs::write(&path, &whole[..at]).expect("written");
        assert!(matches!(read_tokens(&path), Err(TokensFileError::Damaged { .. })), "cut at {at}");
    }
    // Longer than any disk; it takes no room, and would take all memory to read.
    std::fs::write(&path, &whole).expect("written");
    std::fs::File::options().write(true).open(&path).and_then(|file| file.set_len(1 << 40)).expect("longer");
    assert!(matches!(read_tokens(&path), Err(TokensFileError::Damaged { .. })));
    let error = read_tokens(&folder.path().join("none")).expect_err("an error");
    assert!(matches!(error, TokensFileError::Io { .. }), "{error}");
}

#[cfg(unix)]
#[test]
fn a_file_is_written_for_its_owner_and_through_no_link() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = tempfile::tempdir().expect("a folder");
    let (path, victim) = (folder.path().join("training.tokens"), folder.path().join("victim"));
    std::fs::write(&victim, "mine").expect("written");
    symlink(&victim, path.with_extension("part")).expect("a link");
    symlink(&victim, &path).expect("a link");
    write_tokens(&path, &[]).expect("written");
    assert_eq!(std::fs::read_to_string(&victim).expect("text"), "mine");
    assert_eq!(std::fs::symlink_metadata(&path).expect("a file").permissions().mode() & 0o777, 0o600);
    assert_eq!(read_tokens(&path).expect("read"), []);
}
