//! The extension author's tools: the guidelines that extensions are written by, checked, mended and taught.
//!
//! [`check`](check()) holds a project's tree against the guidelines that its `plimsoll.toml` names. It reads text and
//! nothing else: nothing is built, and the tree may be that of a registry in another language.

mod check;
mod finding;
pub mod guest;
mod guidelines;
mod language;
mod list;
mod mend;
mod output;
mod rule;
mod scaffold;
mod text;
mod tree;
pub mod validate;

pub use check::check;
pub use finding::{Edit, Finding, Fix};
pub use guidelines::{Guidelines, Layout, Preset};
pub use language::Language;
pub use mend::mend;
pub use output::{Format, write};
pub use rule::Rule;
pub use scaffold::{Hook, NameError, ScaffoldError, add, remove};
pub use tree::{Change, Tree, TreeError};
