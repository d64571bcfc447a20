//! Suggests which columns of unknown names are the question and the answer. Nothing is imported by a suggestion: whoever is
//! asked for the columns sees it beside a row, and may choose others.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::record::Object;

/// Parts of a question and its answer, each with what the names of its columns contain in the languages of many users.
const HINTS: [(&str, &[&str]); 4] = [
    (
        "completion",
        &[
            "answer",
            "reply",
            "response",
            "completion",
            "antwort",
            "réponse",
            "reponse",
            "respuesta",
            "resposta",
            "risposta",
            "antwoord",
            "ответ",
            "回答",
            "答案",
        ],
    ),
    (
        "prompt",
        &[
            "question",
            "query",
            "prompt",
            "request",
            "frage",
            "pregunta",
            "pergunta",
            "domanda",
            "vraag",
            "вопрос",
            "質問",
            "问题",
            "問題",
        ],
    ),
    ("system", &["system"]),
    ("input", &["context", "kontext", "contexte", "contexto", "contesto"]),
];

/// The columns that are likely the parts of a question and its answer, by part. A part is left out where nothing speaks for
/// a column, and no column stands for two.
pub(crate) fn suggest(columns: &[String], rows: &[&Object]) -> BTreeMap<String, String> {
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    for (part, hints) in HINTS {
        let hinted = |column: &&String| {
            let name = column.to_lowercase();
            hints.iter().any(|hint| name.contains(hint)) && !found.values().any(|taken| taken == *column)
        };
        if let Some(column) = columns.iter().find(hinted) {
            found.insert(part.to_owned(), column.clone());
        }
    }
    let free = |column: &&String| !found.values().any(|taken| taken == *column) && holds_words(column, rows);
    let texts: Vec<String> = columns.iter().filter(free).cloned().collect();
    let missing: Vec<&str> = ["prompt", "completion"].into_iter().filter(|part| !found.contains_key(*part)).collect();
    // With more columns of text than parts, which of them is meant is for the user to say.
    if texts.len() == missing.len() {
        found.extend(missing.into_iter().map(str::to_owned).zip(texts));
    }
    found
}

/// Whether most values of a column are texts of several words.
fn holds_words(column: &str, rows: &[&Object]) -> bool {
    let filled: Vec<&Value> = rows.iter().filter_map(|row| row.get(column)).filter(|value| is_filled(value)).collect();
    let worded = filled.iter().filter(|value| value.as_str().is_some_and(is_worded)).count();
    worded * 2 > filled.len()
}

fn is_filled(value: &Value) -> bool {
    !value.is_null() && value.as_str().is_none_or(|text| !text.trim().is_empty())
}

/// Several words, or a text in letters that need no spaces between them; not a date, a number or a code.
fn is_worded(text: &str) -> bool {
    let letters = text.chars().filter(|letter| letter.is_alphabetic()).count();
    let words = text.split_whitespace().count();
    letters * 2 > text.chars().filter(|letter| !letter.is_whitespace()).count() && (words > 1 || letters > 24)
}
