//! Extensions whose crates are not in the project: the thin crate that has them too, and what they are held to.

mod check;
mod error;
mod scenarios;
mod tree;
mod workspace;

pub use check::check;
pub use error::GuestError;
pub use scenarios::scenario_folders;
pub use workspace::Workspace;
