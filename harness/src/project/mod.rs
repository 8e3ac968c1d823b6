//! `plimsoll.toml`: how the system under test is built, which extensions it has, how it is started and configured.

mod decode;
mod expectation;
mod guest;
pub(crate) mod keys;
mod load;
mod model;
mod problem;

pub use expectation::{Expectation, Expectations, Known, load_expectations};
pub use guest::{Guest, GuestSource};
pub use load::{FILE, discover, load, parse};
pub use model::{Build, BuildCommand, CargoBuild, CommandBuild, Elsewhere, InContainer, Output, Project, Recipe};
pub use problem::{ProjectError, ProjectProblem};
