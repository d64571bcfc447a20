//! Workbooks made on the spot, part by part, so that they may also hold what no program would write.

use std::io::{Cursor, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// The rows of a sheet as XML, and the texts that its cells point at.
pub struct Sheet {
    pub rows: String,
    pub strings: Vec<String>,
}

impl Sheet {
    pub fn raw(rows: &str) -> Self {
        Self { rows: rows.into(), strings: Vec::new() }
    }

    /// Texts, one list a row; an empty text is no cell.
    pub fn of(rows: &[&[&str]]) -> Self {
        let cell = |row: usize, (column, text): (usize, &&str)| {
            let name = char::from(b'A' + column as u8);
            let text = text.replace('&', "&amp;").replace('<', "&lt;");
            let is = format!(r#"<c r="{name}{row}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>"#);
            if text.is_empty() { String::new() } else { is }
        };
        let row = |(number, cells): (usize, &&[&str])| {
            let cells: String = cells.iter().enumerate().map(|of| cell(number + 1, of)).collect();
            format!(r#"<row r="{}">{cells}</row>"#, number + 1)
        };
        Self::raw(&rows.iter().enumerate().map(row).collect::<String>())
    }
}

const SPREADSHEET: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const RELATIONS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

/// A workbook of Excel.
pub fn workbook(sheets: &[(&str, Sheet)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let mut part = |name: &str, text: &str| {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        zip.start_file(name, options).expect("a part");
        zip.write_all(text.as_bytes()).expect("memory");
    };
    let package = "http://schemas.openxmlformats.org/package/2006/relationships";
    let relations = |of: &str| format!(r#"<Relationships xmlns="{package}">{of}</Relationships>"#);
    part("_rels/.rels", &relations(&relation("book", "officeDocument", "xl/workbook.xml")));
    let numbered = || sheets.iter().enumerate().map(|(number, sheet)| (number + 1, sheet));
    part("[Content_Types].xml", r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>"#);
    let named: String = numbered()
        .map(|(n, (name, _))| format!(r#"<sheet name="{}" sheetId="{n}" r:id="r{n}"/>"#, name.replace('&', "&amp;")))
        .collect();
    part(
        "xl/workbook.xml",
        &format!(r#"<workbook xmlns="{SPREADSHEET}" xmlns:r="{RELATIONS}"><sheets>{named}</sheets></workbook>"#),
    );
    let linked: String =
        numbered().map(|(n, _)| relation(&format!("r{n}"), "worksheet", &format!("worksheets/sheet{n}.xml"))).collect();
    let strings = relation("strings", "sharedStrings", "sharedStrings.xml");
    part("xl/_rels/workbook.xml.rels", &relations(&(linked + &strings)));
    let texts: String =
        sheets.iter().flat_map(|(_, sheet)| &sheet.strings).map(|text| format!("<si><t>{text}</t></si>")).collect();
    part("xl/sharedStrings.xml", &format!(r#"<sst xmlns="{SPREADSHEET}">{texts}</sst>"#));
    for (number, (_, sheet)) in numbered() {
        let rows = &sheet.rows;
        part(
            &format!("xl/worksheets/sheet{number}.xml"),
            &format!(r#"<worksheet xmlns="{SPREADSHEET}"><sheetData>{rows}</sheetData></worksheet>"#),
        );
    }
    zip.finish().expect("memory").into_inner()
}

fn relation(id: &str, kind: &str, target: &str) -> String {
    format!(r#"<Relationship Id="{id}" Type="{RELATIONS}/{kind}" Target="{target}"/>"#)
}

/// A workbook of OpenDocument, of one sheet with these rows as XML.
pub fn open_document(rows: &str) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let mut part = |name: &str, method: CompressionMethod, text: &str| {
        zip.start_file(name, SimpleFileOptions::default().compression_method(method)).expect("a part");
        zip.write_all(text.as_bytes()).expect("memory");
    };
    part("mimetype", CompressionMethod::Stored, "application/vnd.oasis.opendocument.spreadsheet");
    let spaces = ["office", "table", "text"]
        .map(|name| format!(r#" xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0""#))
        .concat();
    part("META-INF/manifest.xml", CompressionMethod::Deflated, "<manifest/>");
    let table = format!(r#"<table:table table:name="Rows">{rows}</table:table>"#);
    let body = format!("<office:body><office:spreadsheet>{table}</office:spreadsheet></office:body>");
    part(
        "content.xml",
        CompressionMethod::Deflated,
        &format!("<office:document-content{spaces}>{body}</office:document-content>"),
    );
    zip.finish().expect("memory").into_inner()
}
