//! The application: what the user owns and what is going on. It knows no window and no HTTP; the desktop shell, the
//! server and the command line are adapters around `protocol::Api`, which `Studio` implements.

mod home;
mod open;
mod run_config;
pub mod run_file;
mod socket;
mod studio;

pub use home::default_home;
pub use open::{Opened, open};
pub use run_config::{Finished, RunNews, StopRun, run_config};
pub use socket::SocketWire;
pub use studio::Studio;
