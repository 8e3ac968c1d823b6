//! Builds the binary of each combination: with cargo, one call each, with every intermediate shared; or by any command.

mod archive;
mod builder;
mod cargo;
mod command;
mod error;
mod image;
mod schedule;
mod verify;

pub use archive::{ArchiveError, pack, unpack};
pub use builder::{Builder, Built};
pub use cargo::package_folder;
pub use error::BuildError;
pub use schedule::{Progress, build_all};
