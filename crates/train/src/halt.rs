//! Why a run leaves its loop early: the caller asks for it, or it cannot go on.

use std::ops::ControlFlow;

use crate::{Progress, StopRequest, TrainError};

/// Why the loop ended before its end.
pub(crate) enum Halt {
    /// The caller wants the result so far.
    Save,
    /// It cannot go on.
    Error(TrainError),
}

impl<E: Into<TrainError>> From<E> for Halt {
    fn from(error: E) -> Self {
        Self::Error(error.into())
    }
}

/// Reports progress, and takes the answer.
pub(crate) fn tell(
    report: &mut dyn FnMut(Progress) -> ControlFlow<StopRequest>,
    progress: Progress,
) -> Result<(), Halt> {
    match report(progress) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(StopRequest::Save) => Err(Halt::Save),
        ControlFlow::Break(StopRequest::Abort) => Err(TrainError::Aborted.into()),
    }
}
