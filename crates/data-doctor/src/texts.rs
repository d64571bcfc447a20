//! Garbled texts: left-over HTML, mojibake, invisible characters, lost characters. A row has a fault if the repair would
//! change it.

use crate::finding::{Finding, FindingKind, RepairKind, Severity, count, verb};
use crate::parts;
use crate::repair::repair;
use crate::seen_rows::SeenRows;
use tunesmith_data::Example;

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
        let html = (
            FindingKind::Html,
            RepairKind::StripHtml,
            self.html,
            "HTML tags or entities left over: the model would learn to write them",
            "Strip them; rows about HTML and code are left as they are",
        );
        let mojibake = (
            FindingKind::Mojibake,
            RepairKind::FixMojibake,
            self.mojibake,
            "letters such as “Ã©” where “é” was meant: a file was read in the wrong encoding",
            "Mend them: what was meant can be told exactly",
        );
        let invisible = (
            FindingKind::ControlCharacters,
            RepairKind::RemoveControlCharacters,
            self.invisible,
            "characters that nobody sees but the model reads",
            "Remove them; emoji and scripts that need joiners keep theirs",
        );
        let lost = (!self.lost.is_empty()).then(|| {
            let sentence = format!(
                "{} {} “�” where a letter was lost when the file was made",
                count(self.lost.len(), "row"),
                verb(self.lost.len(), "has", "have")
            );
            let advice = "Export the data again as UTF-8: what was lost cannot be told from what is left";
            Finding::new(FindingKind::LostCharacters, Severity::Warning, seen.numbers(&self.lost), sentence, advice)
        });
        let found = [mojibake, html, invisible].into_iter().filter(|(_, _, places, _, _)| !places.is_empty());
        found
            .map(|(kind, repair, places, what, advice)| {
                let sentence = format!("{} {} {what}", count(places.len(), "row"), verb(places.len(), "has", "have"));
                Finding::new(kind, Severity::Warning, seen.numbers(&places), sentence, advice).with_repair(repair)
            })
            .chain(lost)
            .collect()
    }
}
