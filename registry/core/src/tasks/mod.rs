//! What the registry does in the background: tasks that are run on each repository, again and again.

mod garbage;
mod scheduler;

pub use garbage::GarbageTask;
pub use scheduler::Scheduler;
