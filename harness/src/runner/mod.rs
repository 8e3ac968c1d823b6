//! Runs scenarios, and says what happens as a stream of events.

mod comparison;
mod context;
mod event;
mod evidence;
mod failure;
mod image;
mod interrupt;
mod job;
mod journal;
mod judge;
mod known;
mod linear;
mod options;
mod redact;
mod run;
mod script;
mod secrets;
mod site;
mod start;
mod step;
mod stop;
mod trail;
mod transcript;
#[cfg(test)]
mod truth;

pub use comparison::{Build, Comparison, Place, compare};
pub use event::*;
pub(crate) use interrupt::asked_to_end;
pub use interrupt::cancel_when_interrupted;
pub use job::{Job, jobs};
pub use judge::Bar;
pub use known::KnownFailure;
pub use options::RunOptions;
pub(crate) use run::run_alone;
pub use run::{run_job, run_jobs};
