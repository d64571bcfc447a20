//! Spreadsheets are read by a process that nothing else depends on, and templates are written to be filled in.

use std::io::{Cursor, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use tunesmith_data::{ImportOptions, Imported, import};
use tunesmith_protocol::{Format, Mapping};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::shell::Shell;

const PROGRAM: &str = env!("CARGO_BIN_EXE_tunesmith");

/// What scripts/reference/workbooks.py wrote.
fn questions() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/tests/fixtures/workbooks/questions.xlsx")
}

fn read() -> Imported {
    let columns = [("prompt", "Kundenfrage"), ("completion", "Unsere Antwort")];
    let columns = columns.map(|(part, column)| (part.into(), column.into())).into();
    let options = ImportOptions { mapping: Mapping { format: Format::Completion, columns, ..Mapping::default() } };
    import(&[questions()], &options, &mut |done, total| {
        assert!(done <= total);
        ControlFlow::Continue(())
    })
    .unwrap()
}

#[test]
fn a_worker_reads_the_rows_of_a_workbook_that_this_process_reads() {
    let here = read();
    tunesmith_data::read_tables_with(PROGRAM.into());
    let there = read();
    assert_eq!(here, there);
    assert_eq!(there.rows.len(), 3);
    let missing =
        std::process::Command::new(PROGRAM).args(["--worker", "workbook", "/nowhere/a.xlsx"]).output().unwrap();
    assert!(String::from_utf8_lossy(&missing.stdout).starts_with('e'), "what is wrong is a line");
}

/// A workbook whose only text is some hundred megabytes long, in a file of less than one.
fn heavy(path: &Path) {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options =
        SimpleFileOptions::default().compression_method(CompressionMethod::Deflated).compression_level(Some(1));
    let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let sheet = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let package = "http://schemas.openxmlformats.org/package/2006/relationships";
    let one = |kind: &str, target: &str| {
        format!(
            r#"<Relationships xmlns="{package}"><Relationship Id="r1" Type="{office}/{kind}" Target="{target}"/></Relationships>"#
        )
    };
    let strings =
        format!(r#"<Relationship Id="r2" Type="{office}/sharedStrings" Target="sharedStrings.xml"/></Relationships>"#);
    for (name, text) in [
        ("_rels/.rels", one("officeDocument", "xl/workbook.xml")),
        (
            "xl/workbook.xml",
            format!(
                r#"<workbook xmlns="{sheet}" xmlns:r="{office}"><sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>"#
            ),
        ),
        ("xl/_rels/workbook.xml.rels", one("worksheet", "worksheets/sheet1.xml").replace("</Relationships>", &strings)),
        (
            "xl/worksheets/sheet1.xml",
            format!(
                r#"<worksheet xmlns="{sheet}"><sheetData><row r="1"><c r="A1" t="s"><v>0</v></c></row></sheetData></worksheet>"#
            ),
        ),
    ] {
        zip.start_file(name, options).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.start_file("xl/sharedStrings.xml", options).unwrap();
    zip.write_all(format!(r#"<sst xmlns="{sheet}"><si><t>"#).as_bytes()).unwrap();
    let piece = "x".repeat(1 << 20);
    (0..300).for_each(|_| zip.write_all(piece.as_bytes()).unwrap());
    zip.write_all(b"</t></si></sst>").unwrap();
    std::fs::write(path, zip.finish().unwrap().into_inner()).unwrap();
}

#[test]
#[cfg(target_os = "linux")]
fn a_workbook_that_needs_too_much_memory_ends_its_worker_and_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("heavy.xlsx");
    heavy(&path);
    assert!(std::fs::metadata(&path).unwrap().len() < 4 << 20);
    tunesmith_data::read_tables_with(PROGRAM.into());
    let error = import(&[path], &ImportOptions::default(), &mut |_, _| ControlFlow::Continue(())).unwrap_err();
    assert!(error.to_string().contains("too large for a workbook"), "{error}");
    assert_eq!(error.hint().text, "Save its sheet as CSV UTF-8, and import that");
}

#[test]
fn the_shell_looks_into_workbooks() {
    let shell = Shell::new();
    let file = questions();
    let file = file.to_str().unwrap();
    let columns = ["--column", "prompt=Kundenfrage", "--column", "completion=Unsere Antwort"];
    let report = &shell.run(&[&["data", "inspect", file, "--json"][..], &columns].concat()).lines()[0];
    assert_eq!((&report["format"], &report["rows_kept"]), (&"completion".into(), &3.into()));
}

#[test]
fn a_sheet_is_named_and_read_by_a_worker() {
    let shell = Shell::new();
    let file = questions();
    let file = file.to_str().unwrap();
    let wrong = shell.run(&["data", "inspect", file, "--sheet", "Antworten"]);
    assert_eq!(wrong.code, 1);
    assert!(
        wrong.stderr.contains("no sheet “Antworten”; its sheets are “Notizen”, “Fragen”, “Leer”"),
        "{}",
        wrong.stderr
    );
    let columns =
        ["--column", "prompt=Kundenfrage", "--column", "completion=Unsere Antwort", "--sheet", "Fragen", "--json"];
    let report = &shell.run(&[&["data", "inspect", file][..], &columns].concat()).lines()[0];
    assert_eq!((&report["rows_kept"], &report["mapping"]["sheet"]), (&3.into(), &"Fragen".into()));
}

#[test]
fn a_template_is_written_and_never_over_a_file() {
    let shell = Shell::new();
    let ran = shell.run(&["data", "template", "preference", "mine.jsonl"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("Wrote mine.jsonl"), "{}", ran.stdout);
    let report = &shell.run(&["data", "inspect", "mine.jsonl", "--json"]).lines()[0];
    assert_eq!((&report["format"], &report["rows_dropped"]), (&"preference".into(), &0.into()));
    let again = shell.run(&["data", "template", "chat", "mine.jsonl"]);
    assert_eq!(again.code, 1);
    assert!(again.stderr.contains("mine.jsonl exists already"), "{}", again.stderr);
    assert_eq!(shell.run(&["data", "template", "auto", "x"]).code, 2, "no shape");
    assert_eq!(shell.run(&["data", "template", "chat", "no/such/folder.jsonl"]).code, 1);
}
