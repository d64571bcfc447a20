//! How near an answer comes to the expected one.

use tunesmith_data::{repeats, word_f1};

#[test]
fn words_are_counted_as_squad_counts_them() {
    for (expected, answer, f1) in [
        ("flour, sugar, eggs", "Flour, sugar, eggs", 1.0),
        ("flour, sugar, eggs", "eggs and flour", 2.0 * 2.0 / 6.0),
        ("a a b", "a", 0.5),
        ("a", "a a b", 0.5),
        ("yes", "no", 0.0),
        ("", "…", 1.0),
        ("", "something", 0.0),
        ("something", "", 0.0),
        ("Grüße, 42!", "grüße 42", 1.0),
    ] {
        assert!(
            (word_f1(expected, answer) - f1).abs() < 1e-12,
            "{expected:?} {answer:?}: {}",
            word_f1(expected, answer)
        );
    }
}

#[test]
fn an_answer_that_goes_round_in_circles_is_noticed() {
    for circles in [
        "We are glad to fales for your fales for your fales for your fales",
        "word word word word word",
        "a b c d. a b c d. a b c d.",
        "It begins well, and then the end and then the end and then the end",
    ] {
        assert!(repeats(circles), "{circles}");
    }
    for fine in [
        "",
        "no, no, no",
        "1 1 1",
        "The cat sat on the mat and the dog sat on the rug",
        "a b c d. a b c d. and then something else",
        "flour, sugar, eggs",
    ] {
        assert!(!repeats(fine), "{fine}");
    }
}
