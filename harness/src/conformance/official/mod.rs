//! The official conformance suite of the distribution specification: installed where Go is there, run against a build, and
//! its results put beside ours.

mod install;
mod results;
mod run;

pub use install::{OfficialError, Suite, VERSION};
pub use run::SPECS;
