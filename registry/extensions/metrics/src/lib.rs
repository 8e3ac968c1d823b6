//! Metrics: what the registry does, for Prometheus, under zot's names.
//!
//! Everything is counted as it happens, from the events that the registry tells its observers. Only the sizes of the
//! repositories are found out at a scrape, and only for those that changed since the last one.

mod endpoint;
mod observer;
mod process;
mod sizes;
mod summary;
mod table;

use std::sync::Arc;

use plimsoll_registry_core::{
    config::Config,
    hooks::{DeclaredRoute, Hooks},
};

use endpoint::Endpoint;
use observer::MetricsObserver;
use sizes::Sizes;
use table::Table;

/// What `zot_info` says of the binary.
#[derive(Clone, Debug)]
pub struct Build {
    /// The commit that it was built from.
    pub commit: String,
    /// The extensions that it includes, joined by `-`.
    pub binary_type: String,
}

/// Counts what happens and serves the numbers, if the configuration has metrics on.
pub fn enable(config: &Config, hooks: &mut Hooks, build: &Build) {
    let Some(section) = config.extensions.metrics.as_ref().filter(|section| section.enable) else {
        return;
    };
    let path = section.prometheus.path.clone();
    let table = Arc::new(Table::new(build));
    let sizes = Arc::new(Sizes::default());
    hooks.observer(Arc::new(MetricsObserver::new(
        path.clone(),
        Arc::clone(&table),
        Arc::clone(&sizes),
    )));
    hooks.metrics_routes([DeclaredRoute::reads(&path)], move |registry| {
        Endpoint::new(table, sizes, registry).router(&path)
    });
}
