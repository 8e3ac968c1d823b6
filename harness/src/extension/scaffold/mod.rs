//! Writes a new extension with everything that the contract names, and takes one out again.

mod add;
mod files;
mod hook;
mod name;
mod places;
mod remove;

pub use add::add;
pub(super) use files::guest_twins;
pub use hook::Hook;
pub use name::NameError;
pub use remove::remove;

use super::{guidelines::Guidelines, list};

/// Why an extension cannot be added or taken out.
#[derive(Debug, thiserror::Error)]
pub enum ScaffoldError {
    /// The name.
    #[error(transparent)]
    Name(#[from] NameError),
    /// The project is not laid out as the templates need it.
    #[error("extensions are written for the preset `rust` alone")]
    Layout,
    /// A place is not where it is looked for.
    #[error("{what} cannot be found in {path}")]
    Place {
        /// What is missing.
        what: &'static str,
        /// The file.
        path: String,
    },
    /// There is no such extension.
    #[error("there is no extension `{0}`")]
    Unknown(String),
    /// The templates do not fit each other.
    #[error("the template {name} cannot be filled in: {source}")]
    Template {
        /// The template.
        name: &'static str,
        /// Why.
        source: minijinja::Error,
    },
}

impl From<list::Missing> for ScaffoldError {
    fn from(missing: list::Missing) -> Self {
        Self::Place {
            what: missing.what,
            path: missing.path.display().to_string(),
        }
    }
}

/// The layout, which the project has to have.
fn needs_layout(guidelines: &Guidelines) -> Result<(), ScaffoldError> {
    guidelines.layout.map(|_| ()).ok_or(ScaffoldError::Layout)
}
