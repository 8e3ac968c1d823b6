//! Conformance with the OCI distribution specification: its statements, which scenarios name in `spec`, and the official
//! suite.

mod official;
mod statement;

pub use official::{OfficialError, OfficialSuite, REMEDY, SPEC_VERSIONS, SUITE_VERSION};
pub use statement::{Level, Statement, statement_ids, statements};
