//! From choices to a plan: what a run would do, what stands in its way, and the run file that says the same in text. Which
//! model and which rows are meant is settled before; what is done with the plan is left to `runs`.

mod estimate;
mod idle_settings;
mod preview;
pub mod run_file;
mod template_check;
mod tokens;
mod unused;

pub(crate) use estimate::SpeedCache;
pub use estimate::{disk_told, run_time, time_told};
pub(crate) use preview::{Choices, disk_need, draft, preview, warnings, warnings_of_plan};
pub use template_check::not_shown;
pub(crate) use template_check::{row_name, told};
pub(crate) use tokens::{Preparing, RowSource, SplitTokens, TokenCache, prepare_split, within_context};
pub(crate) use unused::bad_answers;
