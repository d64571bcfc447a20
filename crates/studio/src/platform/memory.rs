//! Memory of the computer and of its devices.

use sysinfo::{MemoryRefreshKind, RefreshKind, System};
use tunesmith_model::{ModelError, device};

use super::address_space;

/// Memory in bytes; 0 where the system does not say.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Memory {
    pub total_bytes: u64,
    pub free_bytes: u64,
}

/// The computer's memory, within the limits that this process was given.
pub(crate) fn memory() -> Memory {
    let wanted = RefreshKind::nothing().with_memory(MemoryRefreshKind::nothing().with_ram());
    let Ok(system) = System::new_with_specifics(wanted) else { return Memory::default() };
    let (total, free) = (system.total_memory(), system.available_memory());
    let free = address_space::left_bytes().map_or(free, |left| free.min(left));
    match system.cgroup_limits() {
        Some(limits) if limits.total_memory > 0 => {
            Memory { total_bytes: total.min(limits.total_memory), free_bytes: free.min(limits.free_memory) }
        }
        _ => Memory { total_bytes: total, free_bytes: free },
    }
}

/// Memory that is free on a device: `auto`, `cpu` or `cuda:0`.
///
/// # Errors
/// The GPU that would be used does not answer.
pub(crate) fn free_memory(device: &str) -> Result<u64, ModelError> {
    match device::gpu() {
        Ok(gpu) if device != device::CPU => Ok(gpu.memory()?.1),
        _ => Ok(memory().free_bytes),
    }
}
