//! What differs between operating systems, in one place each: memory, disks, permissions, open files, and what makes files last.

mod address_space;
mod disk;
mod file_size;
mod heaps;
mod memory;
mod open_files;
mod permissions;
mod sync;

pub use address_space::check_address_space;
pub(crate) use disk::free_disk_bytes;
pub use file_size::survive_large_files;
pub use heaps::share_heaps;
pub(crate) use memory::{Memory, free_memory, memory};
pub use open_files::{check_open_files, raise_open_files};
pub(crate) use permissions::{close_to_others, is_open_to_others, make_private_folder, write_privately};
pub(crate) use sync::sync_folder;
