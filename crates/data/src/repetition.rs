//! Whether an answer goes round in circles.

/// How often the end of an answer must come again to be called a repetition.
const TIMES: usize = 3;
/// The shortest repeated end, in characters: “no, no, no” is an answer.
const SHORTEST: usize = 12;

/// Whether an answer ends in the same words again and again, as a model does that finds no end.
pub fn repeats(answer: &str) -> bool {
    let words: Vec<&str> = answer.split_whitespace().collect();
    (1..=words.len() / TIMES).any(|period| {
        let end = &words[words.len() - period..];
        let length = end.iter().map(|word| word.chars().count() + 1).sum::<usize>() * TIMES;
        length > SHORTEST && words.rchunks_exact(period).take(TIMES).all(|part| part == end)
    })
}
