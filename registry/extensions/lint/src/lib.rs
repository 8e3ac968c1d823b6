//! Lint: refuses images that lack mandatory annotations.
//!
//! Every image manifest that is pushed must have each of the configured keys, among its annotations or among the labels
//! of its config. Signatures are exempt, as are indexes and Docker's manifests.

mod policy;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use plimsoll_registry_core::{config::Config, hooks::Hooks};
use policy::MandatoryAnnotations;

/// Asks about every push, if the configuration has lint on and names a key.
pub fn enable(config: &Config, hooks: &mut Hooks) {
    let Some(section) = config.extensions.lint.as_ref().filter(|section| section.enable) else {
        return;
    };
    if section.mandatory_annotations.is_empty() {
        tracing::info!(
            component = "linter",
            "no mandatory annotations are configured, every image passes"
        );
        return;
    }
    hooks.push_policy(Arc::new(MandatoryAnnotations::new(
        section.mandatory_annotations.clone(),
    )));
}
