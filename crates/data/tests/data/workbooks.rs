//! Spreadsheets: rows of the first sheet that has some, as a person sees them, and clear words for those that cannot be read.

use std::ops::ControlFlow;

use tunesmith_data::{Example, ImportError, ImportOptions, Imported, import, inspect};
use tunesmith_protocol::{Format, Mapping};

use crate::support::{chat, dropped, examples, file, fixtures, read, read_with};
use crate::workbook::{Sheet, open_document, workbook};

/// What scripts/reference/workbooks.py wrote.
fn stored(name: &str, mapping: Mapping) -> Result<Imported, ImportError> {
    let path = fixtures().join("workbooks").join(name);
    import(&[path], &ImportOptions { mapping }, &mut |_, _| ControlFlow::Continue(()))
}

fn of_columns(prompt: &str, completion: &str) -> Mapping {
    let columns = [("prompt", prompt), ("completion", completion)];
    let columns = columns.map(|(part, column)| (part.into(), column.into())).into();
    Mapping { format: Format::Completion, columns, ..Mapping::default() }
}

fn extras(imported: &Imported) -> Vec<String> {
    imported.rows.iter().map(|row| serde_json::to_string(&row.extra).expect("JSON")).collect()
}

#[test]
fn workbooks_of_excel_are_read_as_one_sees_them() {
    let imported = stored("questions.xlsx", of_columns("Kundenfrage", "Unsere Antwort")).expect("an import");
    assert_eq!(
        examples(&imported),
        [
            chat(&[("user", "Wo ist mein Paket?"), ("assistant", "Es kommt morgen.\nVersprochen!")]),
            chat(&[("user", "Kann ich “bar” zahlen?"), ("assistant", "Ja – gern.")]),
            chat(&[("user", "Was kostet 0,1 + 0,2?"), ("assistant", "0,3 €")]),
        ]
    );
    assert_eq!(
        extras(&imported),
        [
            r#"{"Nr":1,"am":"2024-01-02","um":"09:30:00","Preis":12.5,"erledigt":true}"#,
            r#"{"Nr":2,"am":"2024-02-29 23:59:59","um":"00:00:01","Preis":3,"erledigt":false}"#,
            r#"{"Nr":3,"am":"1999-12-31","Preis":0.3}"#,
        ]
    );
    let lines: Vec<u64> = imported.rows.iter().map(|row| row.line).collect();
    assert_eq!(lines, [4, 5, 6], "the numbers of the rows in the sheet");
    let remarks: Vec<&str> = imported.summary.remarks.iter().map(|remark| remark.text.as_str()).collect();
    let others = "The sheet “Fragen” is read; not read: “Notizen”, “Leer”, “Geheim”. Another one can be chosen";
    assert_eq!(remarks, [others], "the hidden sheet comes last");
    let titles: Vec<(u64, &str)> = imported.problems.iter().map(|of| (of.line, of.kind.as_str())).collect();
    assert_eq!(titles, [(1, "above_header")]);
}

#[test]
fn old_workbooks_and_those_of_open_document_hold_the_same() {
    let new = stored("questions.xlsx", of_columns("Kundenfrage", "Unsere Antwort")).expect("an import");
    let old = stored("questions.xls", of_columns("Kundenfrage", "Unsere Antwort")).expect("an import");
    assert_eq!((examples(&old), extras(&old)), (examples(&new), extras(&new)));
    let open = stored("questions.ods", of_columns("Kundenfrage", "Unsere Antwort")).expect("an import");
    assert_eq!(examples(&open), examples(&new));
    assert!(extras(&open)[1].contains(r#""am":"2024-02-29 23:59:59""#), "{:?}", extras(&open));
}

#[test]
fn a_password_is_named_as_the_reason() {
    let error = stored("password.xlsx", Mapping::default()).expect_err("no password");
    assert!(error.to_string().ends_with("cannot be read: it is protected by a password"), "{error}");
    assert_eq!(error.hint().text, "Open it, save it without a password, and import that");
}

#[test]
fn what_a_workbook_holds_is_named_whatever_its_name() {
    let bytes = workbook(&[("Rows", Sheet::of(&[&["question", "answer"], &["q", "a"]]))]);
    let (_folder, path) = file("rows.bin", &bytes);
    let seen = inspect(&[path], &ImportOptions::default(), 5).expect("a look");
    assert_eq!(seen.files[0].what, "a workbook, Excel");
    assert_eq!((seen.rows.len(), seen.raw[0].line), (1, 2));
    assert_eq!(seen.rows[0].example, chat(&[("user", "q"), ("assistant", "a")]));
}

#[test]
fn formulas_give_what_they_last_gave_and_their_errors_are_told() {
    let row = |cells: &str| format!(r#"<row r="2">{cells}</row>"#);
    let head = r#"<row r="1"><c r="A1" t="str"><v>question</v></c><c r="B1" t="str"><v>answer</v></c><c r="C1" t="str"><v>n</v></c></row>"#;
    let sum = r#"<c r="A2" t="str"><f>"a"&amp;"b"</f><v>ab</v></c><c r="B2"><f>1+1</f><v>2</v></c><c r="C2" t="e"><v>#DIV/0!</v></c>"#;
    let imported = read("a.xlsx", workbook(&[("S", Sheet::raw(&format!("{head}{}", row(sum))))]));
    assert_eq!(examples(&imported), [chat(&[("user", "ab"), ("assistant", "2")])]);
    assert_eq!(imported.problems, [], "nobody uses the column of the error");
    let error = r#"<c r="A2" t="str"><v>q</v></c><c r="B2" t="e"><v>#N/A</v></c>"#;
    let imported = read("a.xlsx", workbook(&[("S", Sheet::raw(&format!("{head}{}", row(error))))]));
    assert_eq!(dropped(&imported), [(2, "missing_column")]);
}

#[test]
fn a_header_is_found_below_a_title_and_columns_without_a_name_have_a_number() {
    let cells: &[&[&str]] =
        &[&[], &["", "All we know"], &[], &["", "question", "answer"], &["", "q", "a", "note"], &["", "q2"]];
    let imported = read("a.xlsx", workbook(&[("S", Sheet::of(cells))]));
    assert_eq!(imported.rows.len(), 1);
    assert_eq!(extras(&imported), [r#"{"column 4":"note"}"#]);
    assert_eq!(dropped(&imported), [(6, "missing_column")]);
    let only_rows: &[&[&str]] = &[&["7", "Where is it?", "It comes."], &["8", "And now?", "Now it is here."]];
    let headless = workbook(&[("S", Sheet::of(only_rows))]);
    let imported = read_with("a.xlsx", headless, &ImportOptions { mapping: of_columns("column 2", "column 3") });
    assert_eq!(imported.expect("an import").rows.len(), 2, "the first line is a row like the others");
}

#[test]
fn the_first_sheet_with_a_row_is_read() {
    let cover: &[&[&str]] = &[&["Our questions"]];
    let rows: &[&[&str]] = &[&["text"], &["one"], &["two"]];
    let book = workbook(&[("Cover", Sheet::of(cover)), ("Rows", Sheet::of(rows)), ("More", Sheet::of(rows))]);
    let texts: Vec<Example> = ["one", "two"].map(|text| Example::Text { text: text.into() }).into();
    assert_eq!(examples(&read("a.xlsx", book)), texts);
    for empty in [Sheet::of(&[]), Sheet::of(&[&["text"]])] {
        let error = read_with("a.xlsx", workbook(&[("S", empty)]), &ImportOptions::default()).expect_err("no row");
        assert!(matches!(error, ImportError::Empty { .. }), "{error}");
    }
}

#[test]
fn any_sheet_can_be_read_and_those_with_rows_are_told() {
    let texts = |rows: &[&str]| Sheet::of(&rows.iter().map(std::slice::from_ref).collect::<Vec<_>>());
    let sheets =
        [("Cover", texts(&["Hello"])), ("A", texts(&["text", "one"])), ("B & C", texts(&["text", "two", "three"]))];
    let (_folder, path) = file("a.xlsx", workbook(&sheets));
    let options = |sheet: Option<&str>| ImportOptions {
        mapping: Mapping { sheet: sheet.map(str::to_owned), ..Mapping::default() },
    };
    let read =
        |sheet: &str| import(std::slice::from_ref(&path), &options(Some(sheet)), &mut |_, _| ControlFlow::Continue(()));
    let second = read("B & C").expect("an import");
    assert_eq!(examples(&second), ["two", "three"].map(|text| Example::Text { text: text.into() }));
    assert_eq!(second.summary.mapping.sheet.as_deref(), Some("B & C"), "to be read again alike");
    let error = read("D").expect_err("no such sheet").to_string();
    assert!(error.contains("no sheet “D”") && error.contains("“Cover”, “A”"), "{error}");

    let seen = inspect(std::slice::from_ref(&path), &options(None), 5).expect("a look");
    let told: Vec<_> = seen.files[0].sheets.iter().map(|sheet| (sheet.name.as_str(), sheet.rows, sheet.more)).collect();
    assert_eq!(told, [("A", 1, false), ("B & C", 2, false)], "a cover has no rows");
    let seen = inspect(&[path], &options(Some("B & C")), 5).expect("a look");
    assert_eq!((seen.rows.len(), seen.mapping.sheet.as_deref()), (2, Some("B & C")));
    let (_folder, plain) = file("a.csv", "text\none\n");
    assert_eq!(inspect(&[plain], &options(None), 5).expect("a look").files[0].sheets, []);
}

#[test]
fn damaged_workbooks_and_other_archives_are_clear_errors() {
    let bytes = workbook(&[("S", Sheet::of(&[&["question", "answer"], &["q", "a"]]))]);
    for cut in [bytes.len() / 3, bytes.len() / 2, bytes.len() - 10] {
        let error = read_with("a.xlsx", &bytes[..cut], &ImportOptions::default()).expect_err("a cut file");
        assert!(!error.hint().is_empty() && error.to_string().contains("read"), "{cut}: {error}");
    }
    for (number, with) in (0..60).zip([0x00, 0xFF, 0x80, 0x7F].into_iter().cycle()) {
        let mut changed = bytes.clone();
        changed[number * 7919 % bytes.len()] ^= with | 1;
        if let Err(error) = read_with("a.xlsx", &changed, &ImportOptions::default()) {
            assert!(!error.to_string().is_empty() && !error.hint().is_empty());
        }
    }
    let backwards = r#"<row r="5"><c r="A5"><v>1</v></c></row><row r="2"><c r="A2"><v>1</v></c></row>"#;
    let error = read_with("a.xlsx", workbook(&[("S", Sheet::raw(backwards))]), &ImportOptions::default());
    assert!(error.expect_err("no order").to_string().contains("not in order"));
    let wide = r#"<row r="1"><c r="ZZZZ1"><v>1</v></c></row>"#;
    let error = read_with("a.xlsx", workbook(&[("S", Sheet::raw(wide))]), &ImportOptions::default());
    assert!(error.is_err(), "no sheet has so many columns");
}

#[test]
fn one_long_text_in_every_cell_is_a_bomb() {
    // 30 kB of text, 20,000 times: each row points at the same string.
    let long = "x".repeat(30_000);
    let rows: String =
        (1..=20_000).map(|row| format!(r#"<row r="{row}"><c r="A{row}" t="s"><v>0</v></c></row>"#)).collect();
    let bytes = workbook(&[("S", Sheet { rows, strings: vec![long] })]);
    assert!(bytes.len() < 1 << 20, "{} bytes", bytes.len());
    let error = read_with("a.xlsx", bytes, &ImportOptions::default()).expect_err("a bomb");
    assert!(matches!(error, ImportError::Bomb { .. }), "{error}");
}

#[test]
fn in_a_folder_workbooks_are_read_and_what_excel_keeps_beside_an_open_one_is_not() {
    let bytes = workbook(&[("S", Sheet::of(&[&["question", "answer"], &["q", "a"]]))]);
    let (folder, _path) = file("rows.xlsx", &bytes);
    std::fs::write(folder.path().join("~$rows.xlsx"), [0; 165]).expect("a file");
    let seen = inspect(&[folder.path().into()], &ImportOptions::default(), 5).expect("a look");
    assert_eq!((seen.files.len(), seen.rows.len()), (1, 1));
    assert_eq!(seen.remarks, ["Left out of the folder: “~$rows.xlsx”"]);
}

#[test]
fn a_small_file_that_says_a_row_a_million_times_is_refused() {
    let cell = |text: &str| {
        format!(r#"<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>"#)
    };
    let row = |times: u64, of: [&str; 2]| {
        let cells = of.map(|text| if text.is_empty() { "<table:table-cell/>".into() } else { cell(text) }).concat();
        format!(r#"<table:table-row table:number-rows-repeated="{times}">{cells}</table:table-row>"#)
    };
    let head = row(1, ["prompt", "completion"]);
    for cells in [["q", "a"], ["q", ""]] {
        let (_folder, path) = file("a.ods", open_document(&(head.clone() + &row(1_000_000_000, cells))));
        let error =
            import(&[path], &ImportOptions::default(), &mut |_, _| ControlFlow::Continue(())).expect_err("a bomb");
        let why = error.to_string();
        assert!(why.contains("its sheet has over 100000 rows in ") && why.contains("the same row"), "{why}");
    }
    let few = read("a.ods", open_document(&(head + &row(3, ["q", "a"]))));
    assert_eq!(few.rows.len(), 3);
}
