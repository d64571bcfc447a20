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
    let error = read_tokens(&folder.path().join("none")).expect_err("an error");
    assert!(matches!(error, TokensFileError::Io { .. }), "{error}");
}
