//! The application: what the user owns and what is going on. It knows no window and no HTTP; the desktop shell, the
//! server and the command line are adapters around `protocol::Api`, which `Studio` implements.

mod carry;
mod charts;
mod chat;
mod clock;
mod control;
mod datasets;
mod db;
mod digest;
mod explain;
mod files;
mod follow;
mod frozen;
mod heaps;
mod holder;
mod home;
mod items;
mod journal;
mod loaded;
mod logs;
mod models;
mod open;
mod prepare;
mod preview;
mod run_config;
pub mod run_file;
mod runs;
pub mod samples;
mod socket;
mod studio;
mod system;
mod tasks;

pub use datasets::facts::{Counting, DataFacts, data_facts};
pub use heaps::share_heaps;
pub use holder::{Holder, holder};
pub use home::default_home;
pub use loaded::{Adapter, LoadedModel, Measured, Said, model_folder};
pub use models::{open_renderer, render_with};
#[doc(hidden)]
pub use open::open_with;
pub use open::{Opened, open};
pub use run_config::{Finished, RunNews, StopRun, run_config};
pub use socket::SocketWire;
pub use studio::{Studio, Trainer};
