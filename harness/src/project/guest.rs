//! Extensions whose crates are not in the project.

use std::path::PathBuf;

/// An extension out of the project's tree: built into its thin crate, and held to everything, as if it were in there.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Guest {
    /// Its name. Its package is called `plimsoll-extension-` and this.
    pub name: String,
    /// Where its package is.
    pub source: GuestSource,
}

/// Where a package is that is not in the project.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum GuestSource {
    /// In this folder, which is absolute.
    Path(PathBuf),
    /// In a git repository.
    Git {
        /// Its URL.
        url: String,
        /// `rev`, `tag` or `branch`, and which. The default branch unless said.
        at: Option<(&'static str, String)>,
    },
}
