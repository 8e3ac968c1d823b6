//! Who may do what: the one gate that every path to content goes through, and how callers say who they are.
//!
//! [`crate::service`] hands out content only to the holder of a [`Grant`], and only [`Gate::admit`] makes one.
//! [`Authenticator`] makes a [`Caller`] of what a request shows.

mod action;
mod advice;
mod api_keys;
mod authenticator;
mod bearer;
mod caller;
mod error;
mod gate;
mod htpasswd;
mod key;
mod rules;
mod scope;

pub use action::Action;
pub use advice::{Advice, advise};
pub(crate) use api_keys::PREFIX as API_KEY_PREFIX;
pub use api_keys::{ApiKey, ApiKeyError, ApiKeys, KeyRequest, NewKey, Owner, Proof};
pub use authenticator::{API_KEYS_PATH, Authenticator, IssuedToken, TOKEN_PATH};
pub use caller::Caller;
pub use error::{AuthError, Rejected};
pub use gate::{Denied, Gate, Grant};
