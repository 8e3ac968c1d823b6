#![cfg(feature = "search")]

//! The search extension, built in.

use plimsoll_registry_core::{config::Config, extension::ExtensionCommand, hooks::Hooks};

/// Whether this binary includes the extension.
pub(crate) const fn is_included() -> bool {
    true
}

/// Sets the extension up as its section says.
pub(crate) fn enable(config: &Config, hooks: &mut Hooks) {
    plimsoll_extension_search::enable(config, hooks);
}

/// The extension's commands.
pub(crate) fn commands() -> Vec<ExtensionCommand> {
    Vec::new()
}
