//! How near an answer comes to the expected one, and whether it goes round in circles.

use std::collections::HashMap;

/// How often the end of an answer must come again to be called a repetition.
const TIMES: usize = 3;
/// The shortest repeated end, in characters: “no, no, no” is an answer.
const SHORTEST: usize = 12;

/// The F1 of words that the answer shares with the expected one, from 0 to 1, as SQuAD scores answers (Rajpurkar et al. 2016):
/// lower-cased runs of letters and digits, each as often as it occurs. Two answers without a word are alike.
pub fn word_f1(expected: &str, answer: &str) -> f64 {
    let (expected, answered) = (words(expected), words(answer));
    if expected.is_empty() || answered.is_empty() {
        return f64::from(u8::from(expected.is_empty() && answered.is_empty()));
    }
    let mut left: HashMap<&str, usize> = HashMap::new();
    expected.iter().for_each(|word| *left.entry(word).or_default() += 1);
    let mut hits = 0;
    for word in &answered {
        if let Some(count) = left.get_mut(word.as_str()).filter(|count| **count > 0) {
            *count -= 1;
            hits += 1;
        }
    }
    2.0 * f64::from(hits) / (expected.len() + answered.len()) as f64
}

fn words(text: &str) -> Vec<String> {
    let words = text.split(|character: char| !character.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect()
}

/// Whether an answer ends in the same words again and again, as a model does that finds no end.
pub fn repeats(answer: &str) -> bool {
    let words: Vec<&str> = answer.split_whitespace().collect();
    (1..=words.len() / TIMES).any(|period| {
        let end = &words[words.len() - period..];
        let length = end.iter().map(|word| word.chars().count() + 1).sum::<usize>() * TIMES;
        length > SHORTEST && words.rchunks_exact(period).take(TIMES).all(|part| part == end)
    })
}
