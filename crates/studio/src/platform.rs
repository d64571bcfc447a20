//! What differs between operating systems, in one place each: memory, disks, permissions, and what makes files last.

mod disk;
mod heaps;
mod memory;
mod permissions;
mod sync;

pub(crate) use disk::free_disk_bytes;
pub use heaps::share_heaps;
pub(crate) use memory::{Memory, free_memory, memory};
pub(crate) use permissions::{private_file, private_folder};
pub(crate) use sync::sync_folder;
