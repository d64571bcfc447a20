//! Answers that go round in circles.

use tunesmith_data::repeats;

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
