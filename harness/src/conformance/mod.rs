//! Conformance with the OCI distribution specification: its statements, which scenarios name in `spec`, and the official
//! suite.

pub mod official;
mod statement;

pub use statement::{Level, Statement, statement_ids, statements};
