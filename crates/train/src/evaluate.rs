//! The loss on the validation rows.

use rayon::prelude::*;
use tunesmith_data::Tokens;
use tunesmith_model::SummedLoss;

use crate::TrainError;
use crate::batches::Batch;
use crate::learner::Learner;

/// The summed loss of batches, computed side by side and added in their order.
pub(crate) fn loss(learner: &Learner, batches: &[&[Tokens]]) -> Result<SummedLoss, TrainError> {
    let losses: Vec<_> = batches.par_iter().map(|rows| learner.loss(&Batch::of(*rows))).collect();
    let mut sum = SummedLoss::default();
    for loss in losses {
        let loss = loss?;
        sum.nats += loss.nats;
        sum.learned += loss.learned;
    }
    Ok(sum)
}
