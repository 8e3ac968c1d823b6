//! How often things were pulled, and when and by whom they were pushed.
//!
//! The numbers are kept in memory and written to a file every few seconds: what is counted between two writings is lost
//! when the process is killed, and no pull waits for a disk.

mod file;
mod table;
mod writer;

pub(crate) use table::{ManifestStatistics, Statistics};
pub(crate) use writer::Writer;
