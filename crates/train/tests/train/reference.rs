//! Twenty steps of a whole run against transformers and PEFT, and against the papers of the optimisers.

use tempfile::tempdir;

use crate::curve_case::{Case, cases};
use crate::tiny::train;

#[test]
fn every_way_learns_as_with_peft_transformers_and_the_papers() {
    for case in cases() {
        let (losses, norms) = apart(&case, &case);
        assert!(losses < 1e-5, "{}: the losses are {losses:e} apart", case.name());
        assert!(norms < 1e-4, "{}: the lengths of the gradients are {norms:e} apart", case.name());
    }
}

#[test]
fn eight_bits_are_told_from_32() {
    for family in ["llama", "qwen3"] {
        let case = |way: &str| cases().find(|case| case.family == family && case.way == way).unwrap();
        let (losses, _) = apart(&case("adapter, 8-bit adamw"), &case("adapter, listed projections"));
        // Further than the curves above may be from their own.
        assert!(losses > 2e-5, "{family}: {losses:e}");
    }
}

/// How far a run's losses and lengths of gradients are from those expected of it or another.
fn apart(case: &Case, expected: &Case) -> (f64, f64) {
    let folder = tempdir().unwrap();
    let (outcome, told) = train(case.job(folder.path()));
    outcome.unwrap_or_else(|error| panic!("{}: {error}", case.name()));
    expected.apart(&told.steps)
}
