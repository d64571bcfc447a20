//! The one place that decides whether something fits into memory: what is free, less what others have asked for and do
//! not hold yet.

use std::sync::Arc;

use parking_lot::Mutex;
use tunesmith_model::device;
use tunesmith_protocol::WireError;

use crate::errors::model_error;
use crate::platform::free_memory;

/// Memory that was asked for and is not filled yet, in bytes: of the computer, and of the GPU.
#[derive(Default)]
struct Reserved {
    computer: u64,
    gpu: u64,
}

/// Cloning it gives another handle to the same sums.
#[derive(Clone, Default)]
pub(crate) struct MemoryGuard(Arc<Mutex<Reserved>>);

/// Memory that was asked for and is being filled. What is filled the system counts, so it shrinks meanwhile.
pub(crate) struct Reservation {
    guard: MemoryGuard,
    on_gpu: bool,
    asked_bytes: u64,
    left_bytes: u64,
}

/// There is not as much.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shortage {
    pub available_bytes: u64,
}

impl Reserved {
    fn of(&mut self, on_gpu: bool) -> &mut u64 {
        if on_gpu { &mut self.gpu } else { &mut self.computer }
    }
}

impl MemoryGuard {
    /// Memory that is free on a device and that nobody else is about to fill.
    ///
    /// # Errors
    /// The device does not answer.
    pub fn available(&self, device: &str) -> Result<u64, WireError> {
        let free_bytes = free_memory(device).map_err(model_error)?;
        Ok(free_bytes.saturating_sub(*self.0.lock().of(is_gpu(device))))
    }

    /// Sets memory aside, if there is as much.
    ///
    /// # Errors
    /// The device does not answer.
    pub fn reserve(&self, device: &str, bytes: u64) -> Result<Result<Reservation, Shortage>, WireError> {
        let free_bytes = free_memory(device).map_err(model_error)?;
        let on_gpu = is_gpu(device);
        let mut all = self.0.lock();
        let reserved = all.of(on_gpu);
        let available_bytes = free_bytes.saturating_sub(*reserved);
        if bytes > available_bytes {
            return Ok(Err(Shortage { available_bytes }));
        }
        *reserved += bytes;
        drop(all);
        Ok(Ok(Reservation { guard: self.clone(), on_gpu, asked_bytes: bytes, left_bytes: bytes }))
    }
}

impl Reservation {
    /// This share of it is filled, from 0 to 1.
    pub fn is_filled(&mut self, share: f64) {
        let left = (self.asked_bytes as f64 * (1.0 - share.clamp(0.0, 1.0))) as u64;
        if left < self.left_bytes {
            *self.guard.0.lock().of(self.on_gpu) -= self.left_bytes - left;
            self.left_bytes = left;
        }
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        *self.guard.0.lock().of(self.on_gpu) -= self.left_bytes;
    }
}

/// Whether a device, or what `auto` stands for, is the GPU.
fn is_gpu(device: &str) -> bool {
    device != device::CPU && device::gpu().is_ok()
}
