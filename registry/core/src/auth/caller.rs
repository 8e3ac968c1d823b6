//! Who asks.

use std::sync::Arc;

use uuid::Uuid;

use super::{
    Action,
    api_keys::{ApiKey, ApiKeyError, Owner, Proof},
    scope::Scope,
};
use crate::oci::RepositoryName;

/// Who asks. A clone costs next to nothing, and an anonymous caller nothing at all.
#[derive(Clone, Debug, Default)]
pub struct Caller(Option<Arc<Identity>>);

#[derive(Debug)]
struct Identity {
    name: Option<String>,
    shown: Shown,
    /// The key that was shown, or for which the token was issued that was.
    key: Option<Arc<ApiKey>>,
}

/// What the caller showed.
#[derive(Debug)]
enum Shown {
    /// What proves who it is.
    Proof(Proof),
    /// A key of somebody's.
    Key,
    /// A token.
    Token(Token),
}

/// What a token says of its bearer's rights.
#[derive(Debug)]
pub(super) struct Token {
    pub(super) scope: Scope,
    /// Whether the rules are asked as well. They are for tokens that were issued here, so that a right which was taken away is
    /// gone at once.
    pub(super) ruled: bool,
    /// The key that was shown for it.
    pub(super) key: Option<Uuid>,
}

impl Caller {
    /// Somebody who proved to be `name`.
    pub(super) fn named(name: impl Into<String>, proof: Proof) -> Self {
        Self::new(Some(name.into()), Shown::Proof(proof), None)
    }

    /// The bearer of a token. No name: it was issued to nobody in particular.
    pub(super) fn bearer(name: Option<String>, token: Token) -> Self {
        Self::new(name, Shown::Token(token), None)
    }

    /// Somebody who showed a key.
    pub(super) fn with_key(key: Arc<ApiKey>) -> Self {
        Self::new(Some(key.owner().name.clone()), Shown::Key, Some(key))
    }

    /// The same, with no more rights than `key` has.
    pub(super) fn limited_to(self, key: Arc<ApiKey>) -> Self {
        let identity = self.0.and_then(Arc::into_inner);
        Self(identity.map(|identity| {
            Arc::new(Identity {
                key: Some(key),
                ..identity
            })
        }))
    }

    fn new(name: Option<String>, shown: Shown, key: Option<Arc<ApiKey>>) -> Self {
        Self(Some(Arc::new(Identity { name, shown, key })))
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
        match &self.0.as_ref()?.shown {
            Shown::Token(token) => Some(token),
            Shown::Proof(_) | Shown::Key => None,
        }
    }

    pub(super) fn key(&self) -> Option<&ApiKey> {
        self.0.as_ref()?.key.as_deref()
    }

    /// Whether the caller's key, if it has one, is for `repository`.
    pub(super) fn key_is_for(&self, repository: &RepositoryName) -> bool {
        self.key().is_none_or(|key| key.is_for(repository))
    }

    /// Whether the caller's key, if it has one, is for all that its owner may do.
    pub(super) fn key_is_unlimited(&self) -> bool {
        self.key().is_none_or(ApiKey::is_unlimited)
    }

    /// The caller as one who has keys. That are those who prove who they are, and neither keys nor tokens, which are made for
    /// less than that.
    pub fn owner(&self) -> Result<Owner, ApiKeyError> {
        let identity = self.0.as_ref().ok_or(ApiKeyError::Unauthenticated)?;
        match (&identity.shown, &identity.name) {
            (Shown::Proof(proof), Some(name)) => Ok(Owner {
                name: name.clone(),
                proof: *proof,
            }),
            (Shown::Key, _) => Err(ApiKeyError::ByKey),
            _ => Err(ApiKeyError::Unauthenticated),
        }
    }

    /// Whether the caller's token, if it has one, allows `action`.
    pub(super) fn scope_allows(&self, action: Action, repository: &RepositoryName) -> bool {
        self.token().is_none_or(|token| token.scope.allows(action, repository))
    }
}
