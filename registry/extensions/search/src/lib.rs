//! Search: answers GraphQL queries about what the registry holds.

use plimsoll_registry_core::{config::Config, hooks::Hooks};

/// Sets the extension up, if the configuration has it on.
pub fn enable(_config: &Config, _hooks: &mut Hooks) {}
