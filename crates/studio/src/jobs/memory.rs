//! The one place that decides whether something fits into memory: what is free, less what others have asked for and do
//! not hold yet.

use std::sync::Arc;

use parking_lot::Mutex;
use tunesmith_protocol::WireError;

use crate::errors::model_error;
use crate::platform::free_memory;

/// Cloning it gives another handle to the same sums.
#[derive(Clone, Default)]
pub(crate) struct MemoryGuard(Arc<Mutex<u64>>);

/// Memory that was asked for and is being filled. Once it is filled the system counts it, and this can go.
pub(crate) struct Reservation {
    guard: MemoryGuard,
    bytes: u64,
}

/// There is not as much.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shortage {
    pub available_bytes: u64,
}

impl MemoryGuard {
    /// Memory that is free on a device and that nobody else is about to fill.
    ///
    /// # Errors
    /// The device does not answer.
    pub fn available(&self, device: &str) -> Result<u64, WireError> {
        Ok(free_memory(device).map_err(model_error)?.saturating_sub(*self.0.lock()))
    }

    /// Sets memory aside, if there is as much.
    ///
    /// # Errors
    /// The device does not answer.
    pub fn reserve(&self, device: &str, bytes: u64) -> Result<Result<Reservation, Shortage>, WireError> {
        let free_bytes = free_memory(device).map_err(model_error)?;
        let mut reserved = self.0.lock();
        let available_bytes = free_bytes.saturating_sub(*reserved);
        if bytes > available_bytes {
            return Ok(Err(Shortage { available_bytes }));
        }
        *reserved += bytes;
        Ok(Ok(Reservation { guard: self.clone(), bytes }))
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        *self.guard.0.lock() -= self.bytes;
    }
}
