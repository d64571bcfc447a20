//! Detects the language of answers: by script, and for Latin letters by stop words. If it is not clear, there is no answer.

mod names;
mod stop_words;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::LazyLock;

use crate::finding::{Finding, FindingKind, RepairKind, Severity};
use crate::seen_rows::SeenRows;
use names::Language;
use stop_words::{ASKED_FOR, LATIN};
use tunesmith_data::word_hash;
use tunesmith_sentence::{Sentence, say};

/// The fewest answers of a known language, and the share of the usual language, for a finding.
const ENOUGH: usize = 20;
const NEARLY_ALL: f64 = 0.9;
/// A language is recognised from so many words, so many different stop words, such a share of stop words, and such a lead
/// over the next language.
const WORDS: usize = 10;
const DIFFERENT: usize = 4;
const SHARE: f64 = 0.2;
const LEAD: f64 = 1.5;
/// A script is recognised from so many of its letters, and such a share of all letters.
const LETTERS: usize = 6;
const OF_SCRIPT: f64 = 0.7;

/// The rows of each language.
#[derive(Default)]
pub(crate) struct Languages(BTreeMap<Language, Vec<u32>>);

impl Languages {
    /// Looks at what the row at `index` is asked and answers. A row that asks for another language is left out.
    pub(crate) fn look(&mut self, index: u32, answer: &str, answered: &[u64], asked: &[u64]) {
        static ASKED: LazyLock<HashSet<u64>> = LazyLock::new(|| ASKED_FOR.iter().map(|text| word_hash(text)).collect());
        if let Some(language) = language(answer, answered)
            && !asked.iter().any(|word| ASKED.contains(word))
        {
            self.0.entry(language).or_default().push(index);
        }
    }

    pub(crate) fn findings(mut self, seen: &SeenRows) -> Option<Finding> {
        let known: usize = self.0.values().map(Vec::len).sum();
        let (&usual, most) = self.0.iter().max_by_key(|(_, rows)| rows.len())?;
        if known < ENOUGH || (most.len() as f64) < known as f64 * NEARLY_ALL || most.len() == known {
            return None;
        }
        self.0.remove(&usual);
        let mut others: Vec<(usize, Language)> =
            self.0.iter().map(|(language, rows)| (rows.len(), *language)).collect();
        others.sort_by_key(|(rows, language)| (std::cmp::Reverse(*rows), *language));
        let counts = others.into_iter().map(|(rows, language)| {
            say!("doctor-language-count", "{language} {rows}", language = language.name(), rows)
        });
        let rows = seen.numbers(&self.0.into_values().flatten().collect::<Vec<u32>>());
        let sentence = say!(
            "doctor-other-language", answers;
            "1 answer is not in {usual} as the rest: {listed}. The model may slip into another language",
            "{answers} answers are not in {usual} as the rest: {listed}. The model may slip into another language",
            answers = rows.len(), usual = usual.name(), listed = Sentence::listed(counts)
        );
        let advice =
            say!("doctor-other-language-advice", "Remove these rows, unless the model is to speak several languages");
        let finding = Finding::new(FindingKind::OtherLanguage, Severity::Warning, rows, sentence, advice);
        Some(finding.with_repair(RepairKind::RemoveRows))
    }
}

// Own code, because libraries are worse at telling when a text is in no clear language. Measured on the sentences of the
// tests (13), on answers of unknown words between English ones (200) and on lists of ingredients (the 300 answers of
// assets/samples/recipes.jsonl, which are in no language): this finds 13 and 200, and is wrong 0 times. whatlang 0.18 finds
// 11 and 56 where it calls itself reliable; otherwise 13 and 191, and takes 245 of the lists for another language than
// English. whichlang 0.1 finds 13 and 196, and takes 71 of the lists for another.
/// The language of a text, given the hashes of its words, too.
fn language(text: &str, words: &[u64]) -> Option<Language> {
    let text = text.trim();
    // Code is full of English words and in no language.
    if text.contains("```") || looks_like_code(text) {
        return None;
    }
    if text.is_ascii() { latin(words) } else { script(text).unwrap_or_else(|| latin(words)) }
}

fn looks_like_code(text: &str) -> bool {
    let sign = |byte: &u8| {
        matches!(byte, b'{' | b'}' | b'=' | b'<' | b'>' | b';' | b'_' | b'|' | b'$' | b'\\' | b'[' | b']' | b'(')
    };
    text.bytes().filter(sign).count() * 25 > text.len()
}

/// The language of a text in a script that few languages write; none if it is in Latin letters.
fn script(text: &str) -> Option<Option<Language>> {
    let (mut letters, mut counts) = (0, [0; 7]);
    for character in text.chars().filter(|character| character.is_alphabetic()) {
        letters += 1;
        let place = match character {
            '\u{400}'..='\u{52f}' => 0,
            '\u{600}'..='\u{6ff}' | '\u{750}'..='\u{77f}' => 1,
            '\u{900}'..='\u{97f}' => 2,
            '\u{3041}'..='\u{30ff}' => 3,
            '\u{3400}'..='\u{9fff}' => 4,
            '\u{ac00}'..='\u{d7af}' | '\u{1100}'..='\u{11ff}' => 5,
            'a'..='z' | 'A'..='Z' | '\u{c0}'..='\u{24f}' => 6,
            _ => continue,
        };
        counts[place] += 1;
    }
    let [cyrillic, arabic, devanagari, kana, han, hangul, latin] = counts;
    let most = |count: usize| count >= LETTERS && count as f64 >= f64::from(letters) * OF_SCRIPT;
    let language = match () {
        () if most(cyrillic) => cyrillic_language(text),
        () if most(arabic) => arabic_language(text),
        () if most(devanagari) => Some(Language::Hindi),
        () if most(hangul) => Some(Language::Korean),
        () if most(kana + han) && kana * 10 >= han => Some(Language::Japanese),
        () if most(kana + han) && kana == 0 => Some(Language::Chinese),
        () if latin as f64 >= f64::from(letters) * OF_SCRIPT => return None,
        () => None,
    };
    Some(language)
}

/// Other languages in these letters are not told apart.
fn cyrillic_language(text: &str) -> Option<Language> {
    (!text.contains(['і', 'ї', 'є', 'ґ', 'ў', 'ј', 'ђ', 'ћ', 'ќ', 'ѓ'])).then_some(Language::Russian)
}

fn arabic_language(text: &str) -> Option<Language> {
    (!text.contains(['پ', 'چ', 'ژ', 'گ', 'ٹ', 'ڈ', 'ے'])).then_some(Language::Arabic)
}

/// The language with the most stop words in a text.
fn latin(words: &[u64]) -> Option<Language> {
    static LANGUAGES_OF: LazyLock<HashMap<u64, u8>> = LazyLock::new(|| {
        let mut languages = HashMap::new();
        for (place, (_, list)) in LATIN.iter().enumerate() {
            list.split_whitespace().for_each(|text| *languages.entry(word_hash(text)).or_insert(0) |= 1 << place);
        }
        languages
    });
    if words.len() < WORDS {
        return None;
    }
    let mut counts = [0usize; LATIN.len()];
    let mut different: [HashSet<u64>; LATIN.len()] = Default::default();
    // The beginning of a long answer is enough.
    let words = &words[..words.len().min(400)];
    for word in words {
        let Some(languages) = LANGUAGES_OF.get(word) else { continue };
        for place in (0..LATIN.len()).filter(|place| languages >> place & 1 == 1) {
            counts[place] += 1;
            different[place].insert(*word);
        }
    }
    let best = (0..LATIN.len()).max_by_key(|place| counts[*place])?;
    let second = (0..LATIN.len()).filter(|place| *place != best).map(|place| counts[place]).max()?;
    let sure = different[best].len() >= DIFFERENT
        && counts[best] as f64 >= words.len() as f64 * SHARE
        && counts[best] as f64 >= second as f64 * LEAD;
    sure.then_some(LATIN[best].0)
}
