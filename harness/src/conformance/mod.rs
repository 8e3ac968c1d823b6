//! Conformance with the OCI distribution specification: its statements, which scenarios name in `spec`, and the official
//! suite.

mod area;
mod level;
mod official;
mod register;
mod statement;
mod version;

pub use area::{AREAS, Area};
pub use level::{Binding, Level};
pub use official::{OfficialError, OfficialSuite, REMEDY, SPEC_VERSIONS, SUITE_VERSION};
pub use register::{RegisterError, statement, statement_ids, statements};
pub use statement::{Seen, State, Statement};
pub use version::Version;
