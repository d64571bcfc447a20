//! How long a run will take: what it computes, times how fast this machine was measured to be. Measuring is left to `speed`.

mod clock;
mod key;
mod speed;
mod stand_in;

use std::time::Duration;

use crate::TrainPlan;

pub use key::SpeedKey;
pub use speed::Speed;

/// What disks read and write in a second at least, about, with the hashes of what goes by. They are not measured: that
/// would take longer than the rest, and with an adapter files are the smallest part.
const READ_BYTES: f64 = 5e8;
const WRITTEN_BYTES: f64 = 2e8;

/// How long a run takes on a machine that does nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Estimate {
    /// Its steps.
    pub training: Duration,
    /// Measuring the validation rows.
    pub evaluation: Duration,
    /// Reading the model, and writing checkpoints and the result.
    pub files: Duration,
    /// It may end early, when the validation loss gets no better.
    pub at_most: bool,
}

impl Estimate {
    /// All of it.
    pub fn total(&self) -> Duration {
        self.training + self.evaluation + self.files
    }
}

impl TrainPlan {
    /// How long it takes at this speed, from its first step to its last.
    pub fn estimate(&self, speed: &Speed) -> Estimate {
        let (work, files) = (self.work(), self.file_bytes());
        let training = work.training_tokens * speed.training_token
            + work.micro_batches * speed.micro_batch
            + f64::from(work.steps) * speed.update;
        Estimate {
            training: seconds(training),
            evaluation: seconds(work.evaluation_tokens * speed.evaluation_token),
            files: seconds(files.model as f64 / READ_BYTES + files.written() as f64 / WRITTEN_BYTES),
            at_most: self.job().settings.early_stopping_patience.is_some(),
        }
    }
}

fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX / 4)
}
