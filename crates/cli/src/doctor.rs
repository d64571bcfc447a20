//! `tunesmith doctor`: what this computer has, and what Tunesmith makes of it.

use std::path::Path;

use serde_json::json;
use tunesmith_protocol::SystemInfo;

use crate::home::Home;
use crate::{Ended, Out, table};

/// Libraries that parts of Tunesmith load when they are there.
const LIBRARIES: [(&str, &str); 2] = [
    ("libwebkit2gtk-4.1.so.0", "the window; without it `tunesmith studio` opens in a browser"),
    ("libcuda.so.1", "the driver of NVIDIA GPUs"),
];
const FOLDERS: [&str; 6] = [
    "/usr/lib/x86_64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu",
    "/usr/lib64",
    "/usr/lib",
    "/lib/x86_64-linux-gnu",
    "/usr/lib/wsl/lib",
];
/// Less room than this and a checkpoint may not fit.
const LITTLE_ROOM_BYTES: u64 = 2 << 30;

pub(crate) fn doctor(out: &Out) -> anyhow::Result<Ended> {
    let home = Home::open()?;
    let info = home.api.system_info(())?;
    let usage = home.api.usage(())?;
    let libraries: Vec<(&str, &str, Option<String>)> =
        LIBRARIES.iter().map(|(name, what)| (*name, *what, find(name))).collect();
    let found = libraries.iter().map(|(name, _, path)| (*name, path)).collect::<std::collections::BTreeMap<_, _>>();
    out.json(&json!({ "system": info, "libraries": found, "usage": usage.parts }));
    if !out.is_json() {
        tell(&info, &libraries, out);
        for part in &usage.parts {
            out.line(format!("    {}: {}", part.what, table::bytes(part.bytes)));
        }
    }
    Ok(Ended::Done)
}

fn tell(info: &SystemInfo, libraries: &[(&str, &str, Option<String>)], out: &Out) {
    out.line(format!("Tunesmith {}, {} cores", info.version, info.cores));
    out.line("Devices");
    for device in &info.devices {
        let (free, all) = (table::bytes(device.free_bytes), table::bytes(device.memory_bytes));
        out.line(format!("    {}: {}, {free} of {all} memory free", device.id, device.name));
    }
    out.line(format!("    in use: {}. {}", info.device, info.device_reason));
    out.line("Libraries");
    for (name, what, path) in libraries {
        let state = path.as_deref().unwrap_or("not found");
        out.line(format!("    {name} ({what}): {state}"));
    }
    let little = if info.disk_free_bytes < LITTLE_ROOM_BYTES { " (little: free some before training)" } else { "" };
    out.line(format!("Disk\n    {} free{little}", table::bytes(info.disk_free_bytes)));
    out.line(format!("Home\n    {}, {}", info.home, table::bytes(info.home_bytes)));
}

fn find(library: &str) -> Option<String> {
    FOLDERS
        .iter()
        .map(|folder| Path::new(folder).join(library))
        .find(|path| path.exists())
        .map(|path| path.display().to_string())
}
