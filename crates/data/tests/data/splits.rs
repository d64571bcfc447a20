//! Rows are held out by a rule, and equal rows stay together.

use std::collections::{HashMap, HashSet};

use proptest::prelude::*;
use tunesmith_data::{Example, ImportedRow, RowKey, RowKeys, SplitError, epoch_order, row_key, split};
use tunesmith_protocol::Validation;

use crate::support::{chat, say};

fn rows(texts: impl IntoIterator<Item = String>) -> Vec<ImportedRow> {
    let row = |(line, text)| ImportedRow {
        file: "a".into(),
        line,
        example: Example::Text { text },
        extra: Default::default(),
    };
    (1..).zip(texts).map(row).collect()
}

fn different(count: usize) -> Vec<ImportedRow> {
    rows((0..count).map(|number| format!("row {number}")))
}

fn held_out(count: usize, rule: Validation) -> usize {
    split(&different(count), &rule, 42).expect("a split").validation.len()
}

#[test]
fn auto_holds_out_five_percent_at_least_twenty_of_two_hundred_and_none_under_twenty() {
    let counts = [0, 1, 19, 20, 60, 199, 200, 400, 401, 10_000].map(|count| held_out(count, Validation::Auto));
    assert_eq!(counts, [0, 0, 0, 1, 3, 10, 20, 20, 20, 500]);
}

#[test]
fn a_share_leaves_at_least_one_row_on_each_side() {
    let counts = [(10, 0.0), (10, 0.2), (10, 0.001), (10, 0.999), (1, 0.5), (0, 0.5), (2, 0.5)]
        .map(|(count, share)| held_out(count, Validation::Share(share)));
    assert_eq!(counts, [0, 2, 1, 9, 0, 0, 1]);
    for wrong in [-0.1, 1.0, f64::NAN, f64::INFINITY] {
        assert!(split(&different(10), &Validation::Share(wrong), 1).is_err());
    }
    assert!(split(&different(10), &Validation::File("v.jsonl".into()), 1).is_err());
}

#[test]
fn the_seed_decides_and_nothing_else() {
    let (rows, rule) = (different(300), Validation::Auto);
    let one = split(&rows, &rule, 7).expect("a split");
    assert_eq!(one, split(&rows, &rule, 7).expect("a split"));
    assert_ne!(one, split(&rows, &rule, 8).expect("a split"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_row_is_on_one_side_and_equal_rows_on_the_same(
        texts in prop::collection::vec(0u8..60, 0..300), share in 0.0..0.99f64, seed: u64,
    ) {
        let rows = rows(texts.iter().map(|text| text.to_string()));
        let parts = split(&rows, &Validation::Share(share), seed).expect("a split");
        let mut all: Vec<usize> = parts.training.iter().chain(&parts.validation).copied().collect();
        all.sort_unstable();
        prop_assert_eq!(all, (0..rows.len()).collect::<Vec<_>>());
        let side = |part: &[usize]| part.iter().map(|row| texts[*row]).collect::<HashSet<u8>>();
        prop_assert!(side(&parts.training).is_disjoint(&side(&parts.validation)));
        prop_assert!(parts.validation.len() as f64 <= (rows.len() as f64 * share).round().max(1.0));
    }

    #[test]
    fn rows_that_are_alike_are_on_one_side(
        texts in prop::collection::vec(0u8..60, 1..200), share in 0.01..0.99f64, seed: u64,
        alike in prop::collection::vec(prop::collection::vec(0u32..220, 0..5), 0..20),
    ) {
        let keys: Vec<RowKey> = texts.iter().map(|text| key(&format!("row {text}"))).collect();
        let held_out = split_keys(&keys, &alike, &Validation::Share(share), seed).expect("a split");
        prop_assert_eq!(&held_out, &split_keys(&keys, &alike, &Validation::Share(share), seed).expect("a split"));
        for group in &alike {
            let mut sides = group.iter().filter_map(|row| held_out.get(*row as usize));
            prop_assert!(sides.next().is_none_or(|first| sides.all(|side| side == first)), "{:?}", group);
        }
        for (one, held) in texts.iter().zip(&held_out) {
            prop_assert!(texts.iter().zip(&held_out).all(|(other, side)| one != other || held == side));
        }
        let count = held_out.iter().filter(|held_out| **held_out).count();
        prop_assert!(count < texts.len() && count as f64 <= (texts.len() as f64 * share).round().max(1.0));
    }

    #[test]
    fn added_rows_move_at_most_as_many_others(
        before in 20usize..400, added in 1usize..40, share in 0.01..0.9f64, seed: u64,
    ) {
        let mut keys: Vec<RowKey> = (0..before + added).map(|row| key(&format!("row {row}"))).collect();
        let rule = Validation::Share(share);
        let old = split_keys(&keys[..before], &[], &rule, seed).expect("a split");
        // Wherever they are put.
        keys.rotate_right(added);
        let new = split_keys(&keys, &[], &rule, seed).expect("a split");
        let moved = old.iter().zip(&new[added..]).filter(|(old, new)| old != new).count();
        prop_assert!(moved <= added, "{} of {} changed sides", moved, before);
    }

    #[test]
    fn each_class_is_held_out_in_proportion(
        sizes in prop::collection::vec(1usize..120, 2..12), share in 0.01..0.9f64, seed: u64,
    ) {
        let keys: Vec<RowKey> = sizes.iter().enumerate().flat_map(|(class, size)| {
            (0..*size).map(move |row| RowKey::of(&chat(&[("user", &format!("{class} {row}")), ("assistant", &format!("class {class}"))])))
        }).collect();
        prop_assume!(keys.len() >= 50.max(5 * sizes.len()));
        let held_out = split_keys(&keys, &[], &Validation::Share(share), seed).expect("a split");
        let mut counts: HashMap<Option<u32>, (usize, usize)> = HashMap::new();
        for (key, held_out) in keys.iter().zip(held_out) {
            let count = counts.entry(key.class).or_default();
            *count = (count.0 + 1, count.1 + usize::from(held_out));
        }
        let wanted = (keys.len() as f64 * share).round().max(1.0);
        for (rows, held_out) in counts.into_values() {
            let exact = wanted * rows as f64 / keys.len() as f64;
            prop_assert!((held_out as f64 - exact).abs() <= 1.0, "{} of {}, exactly {}", held_out, rows, exact);
            prop_assert!(rows < 5 || held_out >= 1, "{} rows, {} held out", rows, held_out);
            prop_assert!(held_out < rows, "one is learned from");
        }
    }

    #[test]
    fn an_epoch_visits_every_row_once(seed: u64, epoch: u64, rows in 0usize..500) {
        let mut order = epoch_order(seed, epoch, rows);
        prop_assert_eq!(&order, &epoch_order(seed, epoch, rows));
        order.sort_unstable();
        prop_assert_eq!(order, (0..rows as u32).collect::<Vec<_>>());
    }
}

fn split_keys(keys: &[RowKey], alike: &[Vec<u32>], rule: &Validation, seed: u64) -> Result<Vec<bool>, SplitError> {
    tunesmith_data::split_keys(&RowKeys::of(seed, keys), alike, rule)
}

fn key(text: &str) -> RowKey {
    RowKey::of(&Example::Text { text: text.into() })
}

#[test]
fn a_rare_class_is_measured_too() {
    let row = |class: &str, row: usize| RowKey::of(&chat(&[("user", &format!("{class} {row}")), ("assistant", class)]));
    let keys: Vec<RowKey> =
        (0..195).map(|number| row("ham", number)).chain((0..5).map(|number| row("spam", number))).collect();
    for seed in 0..20 {
        let held_out = split_keys(&keys, &[], &Validation::Share(0.05), seed).expect("a split");
        assert_eq!(held_out[195..].iter().filter(|held_out| **held_out).count(), 1, "seed {seed}");
        assert_eq!(held_out.iter().filter(|held_out| **held_out).count(), 10, "seed {seed}");
    }
}

#[test]
fn a_class_is_one_short_answer_in_any_case() {
    let class = |turns: &[(&str, &str)]| RowKey::of(&chat(turns)).class;
    let spam = class(&[("user", "a"), ("assistant", "Spam")]);
    assert!(spam.is_some());
    assert_eq!(spam, class(&[("system", "s"), ("user", "b"), ("assistant", " spam\n")]));
    assert_ne!(spam, class(&[("user", "a"), ("assistant", "ham")]));
    assert_eq!(None, class(&[("user", "a"), ("assistant", "an answer of more than five words")]));
    assert_eq!(None, class(&[("user", "a"), ("assistant", "spam"), ("user", "b"), ("assistant", "spam")]));
    assert_eq!(None, key("spam").class);
}

#[test]
fn rows_that_ask_and_answer_the_same_have_one_digest() {
    let digest = |example: &Example| RowKey::of(example).digest;
    let mut messages = say(&[("user", "q"), ("assistant", "a")]);
    let plain = digest(&Example::chat(messages.clone()));
    messages[1].weight = Some(0.0);
    let mut reasoned = say(&[("user", "q"), ("assistant", "a")]);
    reasoned[1].reasoning_content = Some("It is the first letter.".into());
    let judged =
        |label| Example::Unpaired { prompt: say(&[("user", "q")]), completion: say(&[("assistant", "a")]), label };
    let same = [
        Example::chat(messages),
        // However it was found, an answer that is learned here must not be measured there.
        Example::chat(reasoned),
        judged(true),
        judged(false),
        Example::Classification { text: "q".into(), label: "a".into() },
        chat(&[("user", " Q?\n"), ("assistant", "“A”.")]),
    ];
    same.iter().for_each(|example| assert_eq!(digest(example), plain, "{example:?}"));
    let keys: HashSet<[u8; 16]> = same.iter().map(row_key).collect();
    assert_eq!(keys.len(), same.len(), "they mean something else each");
    let others = [
        chat(&[("user", "q"), ("assistant", "b")]),
        chat(&[("user", "qa"), ("assistant", "")]),
        chat(&[("user", "q"), ("user", "a")]),
        chat(&[("user", "q")]),
        Example::Text { text: "q".into() },
        Example::Chat { messages: say(&[("user", "q"), ("assistant", "a")]), tools: vec![serde_json::json!({})] },
    ];
    let digests: HashSet<[u8; 16]> = others.iter().map(digest).chain([plain]).collect();
    assert_eq!(digests.len(), others.len() + 1);
}

#[test]
fn epochs_and_seeds_have_orders_of_their_own() {
    let orders = [(1, 0), (1, 1), (2, 0), (2, 1)].map(|(seed, epoch)| epoch_order(seed, epoch, 100));
    assert_eq!(orders.iter().collect::<HashSet<_>>().len(), 4);
    // Frozen: a run resumed by a later version must go on in the same order.
    assert_eq!(epoch_order(42, 0, 10), FROZEN);
}

const FROZEN: [u32; 10] = [8, 2, 7, 0, 4, 6, 9, 3, 1, 5];

#[test]
fn files_named_for_validation_and_test_are_held_out() {
    let rows = |files: &[&str]| -> Vec<ImportedRow> {
        let row = |(line, file): (u64, &&str)| {
            let example = Example::Text { text: format!("row {line}") };
            ImportedRow { file: file.to_string(), line, example, extra: Default::default() }
        };
        (1..).zip(files).map(row).collect()
    };
    let held_out = |files: &[&str]| split(&rows(files), &Validation::Auto, 42).expect("a split").validation;
    assert_eq!(held_out(&["train.jsonl", "validation.jsonl", "test.jsonl"]), [1, 2]);
    assert_eq!(held_out(&["train-00000-of-00001.parquet", "test-00000-of-00001.parquet"]), [1]);
    assert_eq!(held_out(&["Fragen.csv", "Fragen_DEV.csv"]), [1], "a file that is not named is learned");
    assert_eq!(held_out(&["/home/test/train/a.csv", "/home/test/val/a.csv"]), [1], "only the nearest folder counts");
    assert_eq!(held_out(&["train_test.csv", "eval.csv"]), [1], "what is named for both is learned");
    let none: [usize; 0] = [];
    assert_eq!(held_out(&["test.csv", "dev.csv"]), none, "something has to be learned");
    assert_eq!(held_out(&["test.csv", "typed in"]), none, "one row typed in does not make a file");
    assert_eq!(held_out(&["latest.csv", "contest.csv", "training.csv"]), none, "words are whole");
    let share = split(&rows(&["train.csv", "test.csv"]), &Validation::Share(0.0), 42).expect("a split");
    assert_eq!(share.validation, none, "who names a share has it");
}
