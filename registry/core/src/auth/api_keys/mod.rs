//! API keys: passwords that the registry makes for programs, in place of those of the people who run them.
//!
//! A key is shown once, to who makes it. What is kept of it is a hash, in a file of its own below the root, so that a change
//! touches one file and a damaged file is one key's.

mod key;
mod keys;
mod record;
mod scopes;
mod secret;
#[cfg(test)]
mod tests;

pub use key::{ApiKey, Owner, Proof};
pub use keys::{ApiKeyError, ApiKeys, KeyRequest, NewKey};
pub(crate) use secret::PREFIX;
