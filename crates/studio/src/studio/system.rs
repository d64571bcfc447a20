//! The computer and this installation: what can train, what is free, and what takes space in the home.

use tunesmith_model::device;
use tunesmith_protocol::{Device, Field, Kind, SystemInfo, Usage, UsagePart, WireError};
use tunesmith_sentence::{Sentence, say};

use crate::home::db::Db;
use crate::home::{self, Home};
use crate::platform::{Memory, free_disk_bytes, memory};

/// A form offers no device that this computer does not have.
pub(super) fn keep_devices_that_are_there(fields: &mut [Field]) {
    for field in fields.iter_mut().filter(|field| field.name == "device") {
        if let (Kind::Choice(devices), Err(_)) = (&mut field.kind, device::gpu()) {
            devices.retain(|id| id != device::CUDA);
        }
    }
}

/// The computer and this installation; `preferred` is the device that the user chose.
pub(super) fn info(home: &Home, preferred: &str) -> SystemInfo {
    let Memory { total_bytes: memory_bytes, free_bytes } = memory();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let gpu = device::gpu().as_ref().ok().map(|gpu| (gpu, gpu.memory()));
    let (device, device_reason) = match (device::choose(preferred), &gpu) {
        (Ok(chosen), Some((_, Err(error)))) if chosen.id == device::CUDA => (chosen.id.to_owned(), error.sentence()),
        (Ok(chosen), _) => (chosen.id.to_owned(), chosen.reason),
        // It was there when it was chosen.
        (Err(error), _) => (device::CPU.to_owned(), error.sentence()),
    };
    let mut devices = vec![Device {
        id: device::CPU.into(),
        name: say!("device-cpu", cores; "CPU with 1 core", "CPU with {cores} cores", cores),
        memory_bytes,
        free_bytes,
    }];
    if let Some((gpu, memory)) = gpu {
        let (memory_bytes, free_bytes) = memory.unwrap_or_default();
        devices.push(Device { id: device::CUDA.into(), name: Sentence::verbatim(&gpu.name), memory_bytes, free_bytes });
    }
    SystemInfo {
        version: env!("CARGO_PKG_VERSION").into(),
        home: home.root().to_string_lossy().into_owned(),
        user_home: tunesmith_protocol::user_home().map(str::to_owned),
        disk_free_bytes: free_disk_bytes(home.root()),
        home_bytes: home::size(home.root()),
        cores: cores as u32,
        devices,
        device,
        device_reason,
    }
}

/// What takes space in the home.
pub(super) fn usage(home: &Home, db: &Db) -> Result<Usage, WireError> {
    let part = |what, bytes| UsagePart { what, bytes };
    let database: u64 = ["tunesmith.db", "tunesmith.db-wal", "tunesmith.db-shm"]
        .iter()
        .map(|name| home::size(&home.root().join(name)))
        .sum();
    let binned_chats = db.binned_chat_bytes()?;
    Ok(Usage {
        parts: vec![
            part(say!("usage-starter", "Starter model"), home::size(&home.starter())),
            part(say!("usage-datasets", "Datasets"), home::size(&home.datasets())),
            part(say!("usage-runs", "Fine-tunes"), home::size(&home.runs())),
            part(say!("usage-chats", "Chats and names"), database.saturating_sub(binned_chats)),
            part(say!("usage-logs", "Logs"), home::size(&home.logs())),
            part(say!("usage-bin", "Bin"), home::size(&home.bin()) + binned_chats),
        ],
    })
}
