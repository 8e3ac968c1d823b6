//! Runs scenarios, and says what happens as a stream of events.

mod event;
mod job;
mod options;
mod run;

pub use event::*;
pub use job::{Job, jobs};
pub use options::RunOptions;
pub use run::{run_job, run_jobs};
