//! What is said of lists of rows and of values that span lines.

use tunesmith_sentence::say;

use crate::quoted::quoted;
use crate::record::Problem;

/// The most fields that a remark names.
const MOST_NAMES: usize = 8;

/// A list in an object that is none of rows.
pub(super) fn left_out_list(name: &str) -> Problem {
    let message = say!(
        "row-list-left-out",
        "The list “{name}” is left out: its elements have other columns than the rows before it",
        name
    );
    Problem::new("left_out_list", message)
}

/// What stands around the lists of rows.
pub(super) fn fields_left_out(fields: &[String]) -> Problem {
    let names = quoted(fields.iter(), MOST_NAMES);
    let message = match fields.len() {
        1 => say!("import-field-left-out", "The field {names} around the rows is not read", names),
        _ => say!("import-fields-left-out", "The fields {names} around the rows are not read", names),
    };
    Problem::new(Problem::OF_FILE, message)
}

/// Lists of which one is named for training and one for validation.
pub(super) fn list_not_held_out(first: &str, name: &str) -> Problem {
    let message = say!(
        "row-list-not-held-out",
        "The rows of the lists “{first}” and “{name}” are read as one; keep them in files of these names to hold them out by name",
        first,
        name
    );
    Problem::new("list_not_held_out", message)
}

/// A row after which the file ends too early.
pub(super) fn endless_row() -> Problem {
    let message =
        say!("row-endless", "This row starts here and never ends: a bracket or quote is missing, or the file was cut");
    Problem::new("invalid_json", message)
}

/// A list after which the file ends too early.
pub(super) fn list_not_closed() -> Problem {
    let message = say!(
        "row-list-not-closed",
        "The list is not closed: the file may have been cut, and rows after this line are missing"
    );
    Problem::new("list_not_closed", message)
}
