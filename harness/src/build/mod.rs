//! Builds the binary of each combination: one cargo call each, with every intermediate shared.

mod builder;
mod cargo;
mod error;
mod schedule;
mod verify;

pub use builder::{Builder, Built};
pub use error::BuildError;
pub use schedule::{Progress, build_all};
