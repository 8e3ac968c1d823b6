//! Prometheus metrics of what the registry does.

use plimsoll_registry_core::{config::Config, hooks::Hooks};

/// Measures.
pub fn enable(_config: &Config, _hooks: &mut Hooks) {}
