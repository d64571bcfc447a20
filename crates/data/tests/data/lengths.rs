//! What a limit cuts is what a walk over every token finds, and what training makes of the rows.

use std::ops::ControlFlow;

use proptest::prelude::*;
use tunesmith_data::{Cuts, Example, Length, LengthTable, Tokens, epoch_order, prepare, suggested_epochs};
use tunesmith_protocol::TrainSettings;

use crate::support::{chat, folder};

/// A row of runs of tokens that are learned or not; none is a row that the template cannot say.
fn row() -> impl Strategy<Value = Option<Tokens>> {
    let run = (1usize..12, any::<bool>());
    let tokens = prop::collection::vec(run, 0..6).prop_map(|runs| {
        let mut learn: Vec<bool> = runs.iter().flat_map(|(length, learn)| vec![*learn; *length]).collect();
        learn.iter_mut().take(1).for_each(|first| *first = false);
        Tokens { ids: vec![7; learn.len()], learn }
    });
    prop_oneof![9 => tokens.prop_map(Some), 1 => Just(None)]
}

fn rows() -> impl Strategy<Value = Vec<Option<Tokens>>> {
    prop::collection::vec(row(), 0..40)
}

fn table(rows: &[Option<Tokens>]) -> LengthTable {
    let mut table = LengthTable::default();
    rows.iter().for_each(|row| table.push(row.as_ref().map(Length::of)));
    table
}

/// The answers of a row, token by token: where each ends.
fn ends(row: &Tokens) -> Vec<usize> {
    let behind = |index: usize| row.learn[index] && !row.learn.get(index + 1).copied().unwrap_or(false);
    (0..row.ids.len()).filter(|index| behind(*index)).map(|index| index + 1).collect()
}

fn naive_cuts(rows: &[Option<Tokens>], limit: usize) -> Cuts {
    let mut cuts = Cuts::default();
    for row in rows {
        let row = row.clone().unwrap_or_default();
        cuts.rows_cut += u64::from(row.ids.len() > limit);
        cuts.answers_cut += ends(&row).iter().filter(|end| **end > limit).count() as u64;
        let learned = row.learn.iter().take(limit).filter(|learn| **learn).count() as u64;
        cuts.learned_kept += learned;
        cuts.rows_left_out += u64::from(learned == 0);
        cuts.tokens_kept += if learned > 0 { row.ids.len().min(limit) as u64 } else { 0 };
    }
    cuts
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_limit_cuts_what_a_walk_over_the_tokens_finds(rows in rows(), limit in 0u32..80) {
        let table = table(&rows);
        prop_assert_eq!(table.summary(limit), naive_cuts(&rows, limit as usize));
        let cut: Vec<usize> = table.rows_with_cut_answers(limit).collect();
        let has_cut = |row: &Option<Tokens>| row.iter().flat_map(ends).any(|end| end > limit as usize);
        prop_assert_eq!(cut, (0..rows.len()).filter(|row| has_cut(&rows[*row])).collect::<Vec<_>>());
        let totals = table.totals();
        let all = naive_cuts(&rows, usize::MAX);
        prop_assert_eq!(totals.learned_tokens, all.learned_kept);
        prop_assert_eq!(totals.tokens, rows.iter().flatten().map(|row| row.ids.len() as u64).sum::<u64>());
        prop_assert_eq!(totals.failed, rows.iter().filter(|row| row.is_none()).count() as u64);
        prop_assert_eq!(totals.answers, rows.iter().flatten().map(|row| ends(row).len() as u64).sum::<u64>());
    }

    #[test]
    fn what_lies_beyond_a_limit_is_counted_for_one_row(row in row(), limit in 0u32..80) {
        let row = row.unwrap_or_default();
        let beyond = Length::of(&row).beyond(limit);
        let rest = row.learn.iter().skip(limit as usize);
        prop_assert_eq!(beyond.tokens as usize, rest.clone().count());
        prop_assert_eq!(beyond.learned as usize, rest.filter(|learn| **learn).count());
        prop_assert_eq!(beyond.answers as usize, ends(&row).iter().filter(|end| **end > limit as usize).count());
        let spans: Vec<usize> = row.learned_spans().map(|span| span.end).collect();
        prop_assert_eq!(spans, ends(&row));
        prop_assert!(row.learned_spans().flatten().all(|index| row.learn[index]));
    }

    #[test]
    fn buckets_cover_every_length_once(rows in rows(), count in 1u32..12, long in prop::option::of(500usize..900)) {
        let mut rows = rows;
        rows.extend(long.map(|length| Some(Tokens { ids: vec![1; length], learn: vec![false; length] })));
        let (table, lengths) = (table(&rows), rows.iter().flatten().map(|row| row.ids.len()).filter(|length| *length > 0));
        let buckets = table.histogram(count);
        prop_assert!(buckets.len() <= count as usize);
        let longest = lengths.clone().max().unwrap_or(0);
        prop_assert!(buckets.last().is_none_or(|last| last.to as usize >= longest));
        let mut next = 1;
        for bucket in &buckets {
            prop_assert!(bucket.from == next && bucket.to >= bucket.from);
            next = bucket.to + 1;
            let within = |number: usize| (bucket.from as usize..=bucket.to as usize).contains(&number);
            let inside = lengths.clone().filter(|length| within(*length));
            prop_assert_eq!(bucket.rows, inside.clone().count() as u64);
            prop_assert_eq!(bucket.tokens, inside.sum::<usize>() as u64);
            let ending = rows.iter().flatten().flat_map(ends).filter(|end| within(*end)).count();
            prop_assert_eq!(bucket.answers_ending, ending as u64);
            // At the edge of a bucket the histogram tells exactly what a limit cuts.
            let later = buckets.iter().filter(|other| other.from > bucket.to);
            prop_assert_eq!(later.map(|other| other.answers_ending).sum::<u64>(), table.summary(bucket.to).answers_cut);
        }
        prop_assert_eq!(buckets.iter().map(|bucket| bucket.learned_tokens).sum::<u64>(), table.totals().learned_tokens);
    }

    #[test]
    fn so_many_percent_of_the_rows_do_not_exceed_a_percentile(rows in rows(), percent in 0.0..=100.0f64) {
        let lengths: Vec<usize> = rows.iter().flatten().map(|row| row.ids.len()).filter(|length| *length > 0).collect();
        let length = table(&rows).percentiles(&[percent])[0] as usize;
        let within = |limit: usize| lengths.iter().filter(|length| **length <= limit).count() as f64;
        let wanted = percent / 100.0 * lengths.len() as f64;
        prop_assert!(within(length) >= wanted);
        prop_assert!(lengths.is_empty() || lengths.contains(&length));
        let shorter = lengths.iter().copied().filter(|other| *other < length).max();
        prop_assert!(shorter.is_none_or(|shorter| within(shorter) < wanted), "it is the least such length");
    }

    #[test]
    fn padding_costs_what_the_longest_row_of_each_batch_makes_it(rows in rows(), limit in 1u32..60, batch in 1u32..9) {
        let cut = |row: &Tokens| row.learn.iter().take(limit as usize).any(|learn| *learn);
        let kept: Vec<usize> =
            rows.iter().flatten().filter(|row| cut(row)).map(|row| row.ids.len().min(limit as usize)).collect();
        let order = epoch_order(0, 0, kept.len());
        let mut padded = 0;
        for batch in order.chunks(batch as usize) {
            let longest = batch.iter().map(|row| kept[*row as usize]).max().unwrap_or(0);
            padded += batch.iter().map(|_| longest).sum::<usize>();
        }
        let packing = table(&rows).packing(limit, batch);
        prop_assert_eq!(packing.padded_tokens, padded as u64);
        prop_assert_eq!(packing.packed_tokens, kept.iter().sum::<usize>() as u64);
        prop_assert!((0.0..1.0).contains(&packing.saved_share));
        let saved = packing.saved_share * padded as f64;
        prop_assert!((saved - (padded as f64 - packing.packed_tokens as f64)).abs() < 1e-6);
    }

    #[test]
    fn a_table_is_read_as_it_was_written_and_only_under_its_key(rows in rows(), key in ".{0,20}", other in ".{0,20}") {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.lengths");
        let table = table(&rows);
        table.write(&path, &key).expect("written");
        prop_assert_eq!(LengthTable::read(&path, &key), Some(table));
        prop_assert!(key == other || LengthTable::read(&path, &other).is_none());
    }
}

#[test]
fn a_damaged_table_is_counted_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.lengths");
    let row = Tokens { ids: vec![1; 9], learn: (0..9).map(|index| index > 4).collect() };
    table(&[Some(row.clone()), None, Some(row)]).write(&path, "key").expect("written");
    let whole = std::fs::read(&path).expect("bytes");
    for at in 0..whole.len() {
        let mut changed = whole.clone();
        changed[at] ^= 0x10;
        std::fs::write(&path, &changed).expect("written");
        assert_eq!(LengthTable::read(&path, "key"), None, "byte {at}");
        std::fs::write(&path, &whole[..at]).expect("written");
        assert_eq!(LengthTable::read(&path, "key"), None, "cut at {at}");
    }
    assert_eq!(LengthTable::read(&folder.path().join("none"), "key"), None);
}

#[test]
fn a_summary_tells_what_preparation_comes_to() {
    let renderer = folder("chatml", 256).open();
    let rows: Vec<Example> = (0..60)
        .map(|row: usize| chat(&[("user", &"q".repeat(row)), ("assistant", &"a".repeat(40 - row / 2)), ("user", "x")]))
        .collect();
    let mut table = LengthTable::default();
    let settings = |max_length| TrainSettings { max_length, ..TrainSettings::default() };
    for row in &rows {
        table.push(Some(Length::of(&renderer.tokens(row, TrainSettings::default().learn_from).expect("tokens"))));
    }
    for limit in [30, 60, 90, 500] {
        let prepared =
            prepare(&rows, &renderer, &settings(limit), &mut |_, _| ControlFlow::Continue(())).expect("rows");
        let cuts = table.summary(limit);
        assert_eq!((cuts.tokens_kept, cuts.learned_kept), (prepared.tokens, prepared.learned_tokens), "{limit}");
        assert_eq!((cuts.rows_cut, cuts.rows_left_out), (prepared.too_long, prepared.dropped), "{limit}");
        assert_eq!(table.packing(limit, 4).packed_tokens, prepared.tokens, "{limit}");
    }
}

#[test]
fn an_answer_without_its_end_token_is_cut() {
    let row = Tokens { ids: vec![1; 10], learn: (0..10).map(|index| index >= 5).collect() };
    let length = Length::of(&row);
    assert_eq!(length.beyond(10).answers, 0);
    assert_eq!((length.beyond(9).answers, length.beyond(9).learned), (1, 1));
}

#[test]
fn one_very_long_row_does_not_squeeze_the_others_into_one_bar() {
    let row = |length: usize| Some(Tokens { ids: vec![1; length], learn: vec![false; length] });
    let rows: Vec<_> = (0..200).map(|number| row(50 + number)).chain([row(100_000)]).collect();
    let buckets = table(&rows).histogram(20);
    assert!(buckets.iter().filter(|bucket| bucket.rows > 0).count() > 10, "{buckets:?}");
    let last = buckets.last().expect("buckets");
    assert_eq!((last.to, last.rows), (100_000, 1));
    assert!(last.from > 20_000, "what a limit of 20,000 tokens cuts of that row is known: {last:?}");
}

#[test]
fn epochs_are_those_that_openai_suggests() {
    let cases = [(0, 25), (1, 25), (4, 25), (5, 20), (10, 10), (33, 3), (34, 3), (50, 3), (8333, 3), (8334, 2)];
    for (rows, epochs) in cases.into_iter().chain([(12_500, 2), (12_501, 1), (25_000, 1), (1_000_000, 1)]) {
        assert_eq!(suggested_epochs(rows), epochs, "{rows} rows");
    }
}

#[test]
fn a_bill_counts_every_token_up_to_the_limit_in_every_epoch() {
    let row = |length: usize| Some(Tokens { ids: vec![1; length], learn: vec![false; length] });
    let table = table(&[row(300), None, row(1000), row(5000)]);
    assert_eq!(table.billed_tokens(1000, 3), 3 * 2300);
    assert!((table.price(1000, 3, 25.0) - 0.1725).abs() < 1e-12, "6900 tokens at 25 a million");
}
