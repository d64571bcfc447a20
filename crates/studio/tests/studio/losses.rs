//! The validation losses of a run: what it began with, and what is kept.

use tunesmith_protocol::RunRecord;
use tunesmith_studio::Losses;

fn eval(step: u32, loss: f64) -> RunRecord {
    RunRecord::Eval { step, loss, perplexity: loss.exp() }
}

fn losses(records: &[RunRecord]) -> Losses {
    let mut losses = Losses::default();
    records.iter().for_each(|record| losses.add(record));
    losses
}

#[test]
fn a_result_that_is_worse_than_its_start_has_the_loss_of_its_own_step() {
    let run = losses(&[eval(0, 7.445), eval(20, 221.0), eval(40, 95.0), eval(60, 30.0)]);
    assert_eq!((run.at_start(), run.kept(Some(60))), (Some(7.445), Some((60, 30.0))));
    assert_eq!(run.kept(None), Some((60, 30.0)), "while it goes, the least after a step");
    assert_eq!(losses(&[eval(0, 7.445)]).kept(None), None, "the start is no result");
}

#[test]
fn what_was_measured_after_the_step_that_a_run_went_back_to_no_longer_holds() {
    let run = losses(&[eval(0, 3.0), eval(2, 2.0), eval(4, 1.0), RunRecord::Rewind { step: 2 }, eval(4, 1.5)]);
    assert_eq!((run.at_start(), run.kept(None)), (Some(3.0), Some((4, 1.5))));
    assert_eq!(run.kept(Some(2)), Some((2, 2.0)), "what the run says it has kept");
}
