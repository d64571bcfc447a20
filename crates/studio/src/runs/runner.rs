//! Where a run is carried out: here, in this process. Other computers will be other runners.

use tunesmith_protocol::WireError;

use super::Finished;
use super::execution::{Order, carry_out};

/// Carries out runs somewhere.
pub(crate) trait Runner: Send + Sync {
    /// Carries out a run and returns when it has ended; its folder tells how, also when this is an error.
    ///
    /// # Errors
    /// Why the run has failed.
    fn run(&self, order: Order<'_>) -> Result<Finished, WireError>;
}

/// Carries out runs in this process.
pub(crate) struct LocalRunner;

impl Runner for LocalRunner {
    fn run(&self, order: Order<'_>) -> Result<Finished, WireError> {
        carry_out(order)
    }
}
