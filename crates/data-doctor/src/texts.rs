//! Garbled texts: left-over HTML, mojibake, invisible characters, lost characters. A row has a fault if the repair would
//! change it.

use crate::finding::{Finding, FindingKind, RepairKind, Severity};
use crate::parts;
use crate::repair::repair;
use crate::seen_rows::SeenRows;
use tunesmith_data::Example;
use tunesmith_sentence::{Sentence, say};

/// The rows with each fault.
#[derive(Default)]
pub(crate) struct Texts {
    html: Vec<u32>,
    mojibake: Vec<u32>,
    invisible: Vec<u32>,
    lost: Vec<u32>,
}

impl Texts {
    pub(crate) fn look(&mut self, index: u32, example: &Example) {
        // Most texts are plain ASCII, in which only tags and entities can be wrong.
        let (mut plain, mut marked) = (true, false);
        parts::for_each_text(example, &mut |text| {
            plain &= text.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\t' | b'\n' | b'\r'));
            marked |= text.contains(['<', '&']);
        });
        if !plain && parts::texts(example).any(|text| text.contains('\u{fffd}')) {
            self.lost.push(index);
        }
        let look = |may: bool, kind, rows: &mut Vec<u32>| {
            if may && repair(kind, example).is_some() {
                rows.push(index);
            }
        };
        look(marked, RepairKind::StripHtml, &mut self.html);
        look(!plain, RepairKind::FixMojibake, &mut self.mojibake);
        look(!plain, RepairKind::RemoveControlCharacters, &mut self.invisible);
    }

    pub(crate) fn findings(self, seen: &SeenRows) -> Vec<Finding> {
        let found = [
            (FindingKind::Mojibake, Some(RepairKind::FixMojibake), self.mojibake),
            (FindingKind::Html, Some(RepairKind::StripHtml), self.html),
            (FindingKind::ControlCharacters, Some(RepairKind::RemoveControlCharacters), self.invisible),
            (FindingKind::LostCharacters, None, self.lost),
        ];
        let found = found.into_iter().filter(|(_, _, places)| !places.is_empty());
        found
            .map(|(kind, repair, places)| {
                let (sentence, advice) = (sentence(kind, places.len()), advice(kind));
                let finding = Finding::new(kind, Severity::Warning, seen.numbers(&places), sentence, advice);
                match repair {
                    Some(repair) => finding.with_repair(repair),
                    None => finding,
                }
            })
            .collect()
    }
}

/// What was found in so many rows.
fn sentence(kind: FindingKind, rows: usize) -> Sentence {
    match kind {
        FindingKind::Html => say!(
            "doctor-html", rows;
            "1 row has HTML tags or entities left over: the model would learn to write them",
            "{rows} rows have HTML tags or entities left over: the model would learn to write them",
            rows
        ),
        FindingKind::Mojibake => say!(
            "doctor-mojibake", rows;
            "1 row has letters such as “Ã©” where “é” was meant: a file was read in the wrong encoding",
            "{rows} rows have letters such as “Ã©” where “é” was meant: a file was read in the wrong encoding",
            rows
        ),
        FindingKind::ControlCharacters => say!(
            "doctor-invisible", rows;
            "1 row has characters that nobody sees but the model reads",
            "{rows} rows have characters that nobody sees but the model reads",
            rows
        ),
        _ => say!(
            "doctor-lost-characters", rows;
            "1 row has “�” where a letter was lost when the file was made",
            "{rows} rows have “�” where a letter was lost when the file was made",
            rows
        ),
    }
}

/// What to do.
fn advice(kind: FindingKind) -> Sentence {
    match kind {
        FindingKind::Html => {
            say!("doctor-html-advice", "Strip them; rows about HTML and code are left as they are")
        }
        FindingKind::Mojibake => say!("doctor-mojibake-advice", "Mend them: what was meant can be told exactly"),
        FindingKind::ControlCharacters => {
            say!("doctor-invisible-advice", "Remove them; emoji and scripts that need joiners keep theirs")
        }
        _ => say!(
            "doctor-lost-characters-advice",
            "Export the data again as UTF-8: what was lost cannot be told from what is left"
        ),
    }
}
