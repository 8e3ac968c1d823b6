//! The log: one JSON object a line, with zot's keys.
//!
//! A line is formatted where it is said and written by a thread of its own, so that a slow disk or a reader that has
//! stopped reading holds no request up.

mod audit;
mod layer;
mod writer;

pub use audit::{AuditLog, Audited};
pub use writer::{LogGuard, start};
