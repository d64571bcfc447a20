//! `tunesmith doctor`: what this computer has, and what Tunesmith makes of it.

use std::collections::BTreeMap;
use std::path::Path;

use clap::Args;
use serde_json::json;
use tunesmith_protocol::{Device, ItemKind, Notice, SystemInfo, Unlisted, UsagePart};
use tunesmith_sentence::{Sentence, say};

use crate::home::Home;
use crate::language::translate;
use crate::{Ended, Out, table};

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

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Take the notices off the list: they have been seen
    #[arg(long)]
    seen: bool,
}

pub(crate) fn doctor(arguments: &Arguments, out: &Out) -> anyhow::Result<Ended> {
    let home = Home::open_quietly()?;
    let info = home.api.system_info(())?;
    let usage = home.api.usage(())?;
    let found: BTreeMap<&str, Option<String>> = libraries().map(|(name, _)| (name, find(name))).into();
    // After the lists: what is damaged is found while they are made.
    home.look_through()?;
    let notices = home.api.list_notices(())?;
    out.json(&json!({ "system": info, "libraries": found, "usage": usage.parts, "notices": notices }));
    if !out.is_json() {
        tell(&info, &usage.parts, &found, out);
        tell_notices(&notices, out);
    }
    if arguments.seen {
        notices.into_iter().try_for_each(|notice| home.api.dismiss_notice(notice.id))?;
    }
    Ok(Ended::Done)
}

fn tell(info: &SystemInfo, usage: &[UsagePart], found: &BTreeMap<&str, Option<String>>, out: &Out) {
    let SystemInfo { version, cores, .. } = info;
    out.line(say!(
        "shell-version",
        cores;
        "Tunesmith {version}, 1 core",
        "Tunesmith {version}, {cores} cores",
        version,
        cores
    ));
    out.line(say!("shell-devices", "Devices"));
    info.devices.iter().for_each(|known| indented(&device(known), out));
    let (used, reason) = (&info.device, &info.device_reason);
    indented(&say!("shell-device-used", "in use: {device}. {reason}", device = used, reason), out);
    out.line(say!("shell-libraries", "Libraries"));
    for (name, what) in libraries() {
        let place = found.get(name).cloned().flatten();
        let place = place.map_or_else(|| say!("shell-library-missing", "not found"), Sentence::verbatim);
        indented(&say!("shell-library", "{name} ({what}): {place}", name, what, place), out);
    }
    out.line(say!("shell-disk", "Disk"));
    indented(&room(info.disk_free_bytes), out);
    out.line(say!("shell-home", "Home"));
    indented(&Sentence::verbatim(format!("{}, {}", info.home, table::bytes(info.home_bytes))), out);
    for part in usage {
        indented(&say!("shell-usage", "{what}: {size}", what = &part.what, size = table::bytes(part.bytes)), out);
    }
}

fn tell_notices(notices: &[Notice], out: &Out) {
    if notices.is_empty() {
        return;
    }
    out.line(say!("shell-notices", "Notices, until `tunesmith doctor --seen`"));
    for Notice { message, hint, about, .. } in notices {
        indented(message, out);
        if !hint.is_empty() {
            indented(hint, out);
        }
        if let Some(how) = about.as_ref().and_then(how_to_delete) {
            indented(&how, out);
        }
    }
}

/// The command that deletes what is in no list; none where the shell has none for its kind.
fn how_to_delete(about: &Unlisted) -> Option<Sentence> {
    let id = &about.item.id;
    match about.item.kind {
        ItemKind::Run => Some(say!("shell-notice-delete-run", "Delete it with `tunesmith runs remove {id}`", id)),
        ItemKind::Model => Some(say!("shell-notice-delete-model", "Delete it with `tunesmith models remove {id}`", id)),
        ItemKind::Dataset | ItemKind::Chat => None,
    }
}

/// Libraries that parts of Tunesmith load when they are there.
fn libraries() -> [(&'static str, Sentence); 2] {
    [
        (
            "libwebkit2gtk-4.1.so.0",
            say!("shell-library-window", "the window; without it `tunesmith studio` opens in a browser"),
        ),
        ("libcuda.so.1", say!("shell-library-cuda", "the driver of NVIDIA GPUs")),
    ]
}

/// A line that belongs to the heading above.
fn indented(sentence: &Sentence, out: &Out) {
    out.plain(format!("    {}", translate(sentence)));
}

fn device(device: &Device) -> Sentence {
    say!(
        "shell-device",
        "{id}: {name}, {free} of {all} memory free",
        id = &device.id,
        name = &device.name,
        free = table::bytes(device.free_bytes),
        all = table::bytes(device.memory_bytes)
    )
}

fn room(free_bytes: u64) -> Sentence {
    let free = table::bytes(free_bytes);
    match free_bytes < LITTLE_ROOM_BYTES {
        true => say!("shell-disk-little", "{free} free (little: free some before training)", free),
        false => say!("shell-disk-free", "{free} free", free),
    }
}

fn find(library: &str) -> Option<String> {
    FOLDERS
        .iter()
        .map(|folder| Path::new(folder).join(library))
        .find(|path| path.exists())
        .map(|path| path.display().to_string())
}
