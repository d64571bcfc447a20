//! Whether a file name says that its rows are held out. The words are those by which the Hugging Face Hub recognises
//! splits: <https://huggingface.co/docs/hub/datasets-file-names-and-splits>.

const LEARNED: [&str; 2] = ["train", "training"];
const HELD_OUT: [&str; 8] = ["validation", "valid", "val", "dev", "test", "testing", "eval", "evaluation"];

/// What stands in place of a file's name where a row was typed in.
pub const TYPED_IN: &str = "typed in";

/// Whether a file's name says that its rows are for measuring, not for learning; where it says nothing, the name of the
/// folder it lies in counts.
pub fn is_named_for_holding_out(file: &str) -> bool {
    let mut parts = file.rsplit(['/', '\\']);
    let mut next = || parts.next().and_then(says_held_out);
    next().or_else(next).unwrap_or(false)
}

/// Whether a name is that of held-out rows; none where it does not say.
fn says_held_out(name: &str) -> Option<bool> {
    let parts = name.split(|letter: char| !letter.is_alphabetic());
    let any = |words: &[&str]| parts.clone().any(|part| words.iter().any(|word| part.eq_ignore_ascii_case(word)));
    match (any(&LEARNED), any(&HELD_OUT)) {
        (true, _) => Some(false),
        (false, true) => Some(true),
        (false, false) => None,
    }
}
