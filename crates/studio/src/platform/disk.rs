//! Free space on disks.

use std::path::Path;

use sysinfo::Disks;

/// Free space where a folder lies, in bytes; 0 where the system does not say.
pub(crate) fn free_disk_bytes(folder: &Path) -> u64 {
    let Ok(disks) = Disks::new_with_refreshed_list() else { return 0 };
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_path_buf());
    let holds = disks.iter().filter(|disk| folder.starts_with(disk.mount_point()));
    // The deepest mount point is the one that the folder lies on.
    holds.max_by_key(|disk| disk.mount_point().as_os_str().len()).map_or(0, sysinfo::Disk::available_space)
}
