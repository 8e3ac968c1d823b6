#![cfg(feature = "metrics")]

//! The metrics extension, built in.

use plimsoll_extension_metrics::Build;
use plimsoll_registry_core::{config::Config, extension::ExtensionCommand, hooks::Hooks};

/// Whether this binary includes the extension.
pub(crate) const fn is_included() -> bool {
    true
}

/// Sets the extension up as its section says.
pub(crate) fn enable(config: &Config, hooks: &mut Hooks) {
    let included = super::ALL.iter().filter(|extension| extension.included);
    let names: Vec<_> = included.map(|extension| extension.name).collect();
    let build = Build {
        commit: option_env!("PLIMSOLL_COMMIT")
            .filter(|commit| !commit.is_empty())
            .unwrap_or("unknown")
            .to_owned(),
        binary_type: names.join("-"),
    };
    plimsoll_extension_metrics::enable(config, hooks, &build);
}

/// The extension's commands.
pub(crate) fn commands() -> Vec<ExtensionCommand> {
    Vec::new()
}
