//! Conformance and black-box test harness for container registries and their extensions.
//!
//! Builds a registry's binary for each combination of its extensions and runs scenarios against each. It meets a registry
//! only over HTTP, the command line, the config file and the disk.
//!
//! Dependencies point one way: `cli` → `runner` → {`target`, `peer`, `assertion`} → [`scenario`]; `report` reads only the runner's
//! events; [`combination`] and `build` know nothing of scenarios.

pub mod assertion;
pub mod bench;
pub mod build;
pub mod cli;
pub mod client;
pub mod combination;
pub mod conformance;
pub mod durability;
pub mod exit;
pub mod extension;
pub mod kill;
pub mod mutation;
pub mod peer;
pub mod powercut;
pub mod project;
pub mod report;
pub mod runner;
pub mod scenario;
pub mod target;
pub mod template;

mod figures;
mod layout;
mod output;
mod page;
mod schema;
mod statistics;
mod suggestion;
mod text;
