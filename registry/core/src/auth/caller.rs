//! Who asks.

use std::sync::Arc;

use super::{Action, scope::Scope};
use crate::oci::RepositoryName;

/// Who asks. A clone costs next to nothing, and an anonymous caller nothing at all.
#[derive(Clone, Debug, Default)]
pub struct Caller(Option<Arc<Identity>>);

#[derive(Debug)]
struct Identity {
    name: Option<String>,
    token: Option<Token>,
}

/// What a token says of its bearer's rights.
#[derive(Debug)]
pub(super) struct Token {
    pub(super) scope: Scope,
    /// Whether the rules are asked as well. They are for tokens that were issued here, so that a right which was taken away is
    /// gone at once.
    pub(super) ruled: bool,
}

impl Caller {
    /// Somebody who proved to be `name`.
    pub(super) fn named(name: impl Into<String>) -> Self {
        Self(Some(Arc::new(Identity {
            name: Some(name.into()),
            token: None,
        })))
    }

    /// The bearer of a token. No name: it was issued to nobody in particular.
    pub(super) fn bearer(name: Option<String>, scope: Scope, ruled: bool) -> Self {
        let token = Some(Token { scope, ruled });
        Self(Some(Arc::new(Identity { name, token })))
    }

    /// The name that was authenticated. `None`: anonymous.
    pub fn name(&self) -> Option<&str> {
        self.0.as_ref()?.name.as_deref()
    }

    /// Whether nothing at all is known of the caller: neither a name nor a token.
    pub const fn is_unknown(&self) -> bool {
        self.0.is_none()
    }

    /// Whether the caller showed a token.
    pub fn is_bearer(&self) -> bool {
        self.token().is_some()
    }

    pub(super) fn token(&self) -> Option<&Token> {
        self.0.as_ref()?.token.as_ref()
    }

    /// Whether the caller's token, if it has one, allows `action`.
    pub(super) fn scope_allows(&self, action: Action, repository: &RepositoryName) -> bool {
        self.token().is_none_or(|token| token.scope.allows(action, repository))
    }
}
