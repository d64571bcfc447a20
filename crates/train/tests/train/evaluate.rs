//! The loss of a model over rows that nothing is trained on.

use std::ops::ControlFlow;

use candle_core::Device;
use tempfile::tempdir;
use tunesmith_data::Tokens;
use tunesmith_model::{Adapter, Decoder, SummedLoss, WeightFormat};
use tunesmith_train::{TrainError, evaluate};

use crate::tiny::{model, rows};

fn decoder() -> Decoder {
    let folder = tempdir().unwrap();
    model(folder.path());
    Decoder::load(folder.path(), WeightFormat::F32, &Device::Cpu, &mut |_| ControlFlow::Continue(())).unwrap()
}

#[test]
fn the_loss_of_many_rows_is_the_sum_of_the_losses_of_each() {
    let (decoder, none, rows) = (decoder(), Adapter::none(), rows(300));
    let loss = |rows: &[Tokens]| evaluate(&decoder, &none, rows, &mut |_| ControlFlow::Continue(())).unwrap();
    let together = loss(&rows);
    let mut alone = SummedLoss::default();
    rows.chunks(1).for_each(|row| alone += loss(row));
    assert_eq!(together.learned, alone.learned);
    assert!((together.nats / alone.nats - 1.0).abs() < 1e-6, "{together:?} {alone:?}");
    assert_eq!(together, loss(&rows), "threads change nothing");
    assert_eq!(loss(&[]), SummedLoss::default());
}

#[test]
fn every_row_is_told_of_and_a_break_ends_it() {
    let (decoder, rows) = (decoder(), rows(300));
    let mut told = vec![];
    evaluate(&decoder, &Adapter::none(), &rows, &mut |done| {
        told.push(done);
        ControlFlow::Continue(())
    })
    .unwrap();
    assert!(told.is_sorted() && told.len() > 3, "{told:?}");
    assert_eq!(told.last(), Some(&300));

    let stopped = evaluate(&decoder, &Adapter::none(), &rows, &mut |_| ControlFlow::Break(()));
    assert!(matches!(stopped, Err(TrainError::Aborted)));
}
