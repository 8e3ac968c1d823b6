//! Scrub: verifies that what is stored is what was pushed.
//!
//! A pass visits every repository: each manifest of its index with everything that the manifest names, and then every
//! blob that no manifest names. It holds no lock, reads at a bounded rate, and hashes off the threads that serve requests.

mod command;
mod content;
mod pace;
mod repository;
mod result;
mod task;
#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use plimsoll_registry_core::{config::Config, hooks::Hooks};

pub use command::command;

/// Passes do not follow each other more closely.
const SHORTEST_INTERVAL: Duration = Duration::from_hours(2);

/// Scrubs at once and then each interval, if the configuration has scrub on.
pub fn enable(config: &Config, hooks: &mut Hooks) {
    let Some(section) = config.extensions.scrub.as_ref().filter(|section| section.enable) else {
        tracing::info!("scrub config not provided, skipping scrub");
        return;
    };
    if section.interval < SHORTEST_INTERVAL {
        tracing::warn!(
            "scrub interval set to too-short interval < 2h, changing scrub duration to 2 hours and continuing."
        );
    }
    let interval = section.interval.max(SHORTEST_INTERVAL);
    hooks.task(Arc::new(task::ScrubTask::new(&config.storage.root_directory, interval)));
}
