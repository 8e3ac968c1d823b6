#![cfg(not(feature = "search"))]

//! The search extension, left out.

use plimsoll_registry_core::{
    config::Config,
    extension::{ExtensionCommand, warn_not_included},
    hooks::Hooks,
};

/// Whether this binary includes the extension.
pub(crate) const fn is_included() -> bool {
    false
}

/// Warns where the configuration asks for the extension.
pub(crate) fn enable(config: &Config, _: &mut Hooks) {
    if config.extensions.search.as_ref().is_some_and(|section| section.enable) {
        warn_not_included("search");
    }
}

/// The extension's commands: there are none.
pub(crate) fn commands() -> Vec<ExtensionCommand> {
    Vec::new()
}
