//! The computer: what can train, what is free, and what takes space in the home.

use sysinfo::{Disks, MemoryRefreshKind, RefreshKind, System};
use tunesmith_model::{ModelError, device};
use tunesmith_protocol::{Device, Field, Kind, SystemInfo, Usage, UsagePart, WireError};

use crate::Studio;
use crate::home::{self, Home};

/// Memory that a run on the CPU may use now: what is free, within the limits this process was given.
pub(crate) fn available_memory() -> u64 {
    memory().1
}

/// Memory that is free on a device: `auto`, `cpu` or `cuda:0`.
pub(crate) fn free_memory(device: &str) -> Result<u64, ModelError> {
    match device::gpu() {
        Ok(gpu) if device != device::CPU => Ok(gpu.memory()?.1),
        _ => Ok(available_memory()),
    }
}

/// A form offers no device that this computer does not have.
pub(crate) fn keep_devices_that_are_there(fields: &mut [Field]) {
    for field in fields.iter_mut().filter(|field| field.name == "device") {
        if let (Kind::Choice(devices), Err(_)) = (&mut field.kind, device::gpu()) {
            devices.retain(|id| id != device::CUDA);
        }
    }
}

/// The computer and this installation; `preferred` is the device that the user chose.
pub(crate) fn info(home: &Home, preferred: &str) -> SystemInfo {
    let (memory_bytes, free_bytes) = memory();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let gpu = device::gpu().as_ref().ok().map(|gpu| (gpu, gpu.memory()));
    let (device, device_reason) = match (device::choose(preferred), &gpu) {
        (Ok(chosen), Some((_, Err(error)))) if chosen.id == device::CUDA => (chosen.id.to_owned(), error.to_string()),
        (Ok(chosen), _) => (chosen.id.to_owned(), chosen.reason),
        // It was there when it was chosen.
        (Err(error), _) => (device::CPU.to_owned(), error.to_string()),
    };
    let mut devices =
        vec![Device { id: device::CPU.into(), name: format!("CPU with {cores} cores"), memory_bytes, free_bytes }];
    if let Some((gpu, memory)) = gpu {
        let (memory_bytes, free_bytes) = memory.unwrap_or_default();
        devices.push(Device { id: device::CUDA.into(), name: gpu.name.clone(), memory_bytes, free_bytes });
    }
    SystemInfo {
        version: env!("CARGO_PKG_VERSION").into(),
        home: home.root().to_string_lossy().into_owned(),
        disk_free_bytes: disk_free(home),
        home_bytes: home::size(home.root()),
        cores: cores as u32,
        devices,
        device,
        device_reason,
    }
}

/// What takes space in the home.
pub(crate) fn usage(studio: &Studio) -> Result<Usage, WireError> {
    let home = &studio.home;
    let part = |what: &str, bytes| UsagePart { what: what.into(), bytes };
    let database: u64 = ["tunesmith.db", "tunesmith.db-wal", "tunesmith.db-shm"]
        .iter()
        .map(|name| home::size(&home.root().join(name)))
        .sum();
    let binned_chats = studio.db.binned_chat_bytes()?;
    Ok(Usage {
        parts: vec![
            part("Starter model", home::size(&home.starter())),
            part("Datasets", home::size(&home.datasets())),
            part("Runs", home::size(&home.runs())),
            part("Chats and names", database.saturating_sub(binned_chats)),
            part("Logs", home::size(&home.logs())),
            part("Bin", home::size(&home.bin()) + binned_chats),
        ],
    })
}

/// Memory in all and free now; nothing where the system does not say.
fn memory() -> (u64, u64) {
    let wanted = RefreshKind::nothing().with_memory(MemoryRefreshKind::nothing().with_ram());
    let Ok(system) = System::new_with_specifics(wanted) else { return (0, 0) };
    let (total, free) = (system.total_memory(), system.available_memory());
    match system.cgroup_limits() {
        Some(limits) if limits.total_memory > 0 => (total.min(limits.total_memory), free.min(limits.free_memory)),
        _ => (total, free),
    }
}

/// Free space where the home lies, in bytes; 0 where the system does not say.
pub(crate) fn disk_free(home: &Home) -> u64 {
    let Ok(disks) = Disks::new_with_refreshed_list() else { return 0 };
    let root = home.root().canonicalize().unwrap_or_else(|_| home.root().to_path_buf());
    let holds = disks.iter().filter(|disk| root.starts_with(disk.mount_point()));
    // The deepest mount point is the one that the home lies on.
    holds.max_by_key(|disk| disk.mount_point().as_os_str().len()).map_or(0, sysinfo::Disk::available_space)
}
