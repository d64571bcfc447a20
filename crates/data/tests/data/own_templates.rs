//! The files that show a shape of rows are imported as that shape, every row of them.

use tunesmith_data::{ImportOptions, template};
use tunesmith_protocol::Format;

use crate::support::read_with;

#[test]
fn each_template_is_imported_without_a_problem() {
    for (format, rows) in [
        (Format::Completion, 3),
        (Format::Instruction, 3),
        (Format::Classification, 3),
        (Format::Chat, 2),
        (Format::Preference, 2),
        (Format::Unpaired, 2),
        (Format::Text, 3),
    ] {
        let file = template(format).expect("a template");
        let imported = read_with(file.name, &file.text, &ImportOptions::default()).expect("an import");
        assert_eq!(imported.problems, [], "{}", file.name);
        assert_eq!((imported.summary.format, imported.rows.len()), (format, rows), "{}", file.name);
        assert!(imported.rows.iter().all(|row| row.extra.is_empty()), "{}: every column is used", file.name);
    }
    assert_eq!(template(Format::Auto), None);
}
