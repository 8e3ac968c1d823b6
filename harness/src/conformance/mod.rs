//! Conformance with the OCI distribution specification: its statements, which scenarios name in `spec`.

mod statement;

pub use statement::{Level, Statement, statement_ids, statements};
