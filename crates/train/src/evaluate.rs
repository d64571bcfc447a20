//! The loss of a model over rows of tokens: a run measures its validation rows here, and the studio any rows.

use std::ops::ControlFlow;

use tunesmith_data::Tokens;
use tunesmith_model::{AdaptedDecoder, Adapter, Decoder, SummedLoss};

use crate::TrainError;
use crate::batches::{MicroBatch, micro_batches};
use crate::workers::Workers;

/// The summed loss over the learned tokens of `rows`, computed on all cores in micro-batches of about 512 tokens.
/// `progress` hears how many rows are done; its `Break` cancels.
///
/// # Errors
/// [`TrainError::Aborted`] when it was cancelled; [`TrainError::Model`] when rows or adapter do not fit the model.
pub fn evaluate(
    decoder: &Decoder,
    adapter: &Adapter,
    rows: &[Tokens],
    progress: &mut dyn FnMut(u64) -> ControlFlow<()>,
) -> Result<SummedLoss, TrainError> {
    let (model, batches) = (decoder.with_adapter(adapter)?, micro_batches(rows, usize::MAX));
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    // A GPU computes one micro-batch at a time with all it has, and so do all cores where there are only a few.
    let side_by_side = if decoder.device().is_cpu() && batches.len() >= threads { threads } else { 1 };
    let mut rows_done = 0;
    loss(&model, &batches, &Workers::new(threads, side_by_side)?, |batch| {
        rows_done += batch.rows();
        if progress(rows_done).is_break() { Err(TrainError::Aborted) } else { Ok(()) }
    })
}

/// The summed loss of micro-batches, computed side by side and added in their order, so that it is the same for any
/// number of threads. `after` is called as each is done; once it fails no further one is begun.
pub(crate) fn loss<E: From<TrainError>>(
    model: &AdaptedDecoder,
    batches: &[MicroBatch],
    workers: &Workers,
    mut after: impl FnMut(&MicroBatch) -> Result<(), E>,
) -> Result<SummedLoss, E> {
    let losses = workers.each(batches, |batch| model.loss(&batch.sequences()), |index| after(&batches[index]))?;
    let mut sum = SummedLoss::default();
    for loss in losses {
        sum += loss.map_err(TrainError::from)?;
    }
    Ok(sum)
}
