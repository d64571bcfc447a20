//! How good answers are.

use tunesmith_data::AnswerScore;

#[test]
fn answers_are_scored_exactly_and_by_their_words() {
    let mut score = AnswerScore::default();
    score.add("Mara Lind | Oslo", " Mara Lind | Oslo\n");
    assert_eq!((score.rows, score.exact_rows, score.f1()), (1, 1, 1.0));
    // Right: salt and the comma. Expected: salt , milk; answered: salt , oil , oil.
    score.add("salt, milk", "Salt, oil, oil");
    // 4 and 2 hits among 4 + 3 expected and 4 + 5 answered: 12 / 16.
    assert_eq!((score.exact_rows, score.hits, score.expected, score.answered), (1, 6, 7, 9));
    assert!((score.f1() - 0.75).abs() < 1e-12);
    assert_eq!(score.exact_share(), 0.5);
}

#[test]
fn a_word_that_is_repeated_counts_once_and_signs_count() {
    let mut score = AnswerScore::default();
    score.add("{\"a\": 1}", "{\"a\": 1} 1 1");
    assert_eq!((score.hits, score.expected, score.answered, score.exact_rows), (7, 7, 9, 0));
    assert_eq!(AnswerScore::default().f1(), 0.0);
}
