//! The loss on the validation rows.

use tunesmith_model::SummedLoss;

use crate::TrainError;
use crate::batches::Piece;
use crate::learner::Learner;
use crate::workers::Workers;

/// The summed loss of pieces, computed side by side and added in their order. `after` is called as each is done.
pub(crate) fn loss<E: From<TrainError>>(
    learner: &Learner,
    pieces: &[Piece],
    workers: &Workers,
    after: impl FnMut() -> Result<(), E>,
) -> Result<SummedLoss, E> {
    let mut sum = SummedLoss::default();
    for loss in workers.each(pieces, |piece| learner.loss(piece), after)? {
        let loss = loss?;
        sum.nats += loss.nats;
        sum.learned += loss.learned;
    }
    Ok(sum)
}
