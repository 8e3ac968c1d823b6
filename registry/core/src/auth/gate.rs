//! The gate, and what it is asked.

use crate::oci::RepositoryName;

/// What a caller wants to do with a repository. The words are those of zot's access control.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Pull, list, or learn that something exists.
    Read,
    /// Push what is not there yet.
    Create,
    /// Point an existing tag at something else.
    Update,
    /// Delete.
    Delete,
}

/// Who asks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caller {
    /// The name that was authenticated. `None`: anonymous.
    pub name: Option<String>,
}

/// Why the gate stays shut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// The caller has to say who they are first.
    #[error("authentication required")]
    Unauthenticated,
    /// The caller is known, and may not.
    #[error("access to the repository is denied")]
    Forbidden,
}

/// The proof that the gate let a caller through, for one action on one repository.
#[derive(Debug)]
pub struct Grant<'a> {
    repository: &'a RepositoryName,
    action: Action,
}

impl<'a> Grant<'a> {
    /// The repository that it is for.
    pub const fn repository(&self) -> &'a RepositoryName {
        self.repository
    }

    /// The action that it is for.
    pub const fn action(&self) -> Action {
        self.action
    }
}

/// Decides authorisation for every path that serves or changes content.
///
/// It has no rules yet, and so lets everyone do everything; what matters is that nothing gets by without asking it.
#[derive(Debug, Default)]
pub struct Gate {}

impl Gate {
    /// Lets `caller` do `action` on `repository`, or says why not.
    pub fn admit<'a>(
        &self,
        _caller: &Caller,
        action: Action,
        repository: &'a RepositoryName,
    ) -> Result<Grant<'a>, Denied> {
        Ok(Grant { repository, action })
    }

    /// Whether `caller` may do `action` on every repository there is. It is what an operation asks that can reach content
    /// of any repository, such as a mount that does not say where from.
    pub fn admits_everywhere(&self, _caller: &Caller, _action: Action) -> bool {
        true
    }
}
