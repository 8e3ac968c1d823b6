//! Search: answers GraphQL queries about what the registry holds.
//!
//! [`index`] keeps in memory what was read from [`content`], and follows the changes that the store tells of; [`statistics`]
//! counts pulls; [`search`] says what a query selects; [`schema`] puts it into zot's words, and [`endpoint`] on the wire.

mod content;
mod endpoint;
mod graphiql;
mod index;
mod schema;
mod search;
mod statistics;
#[cfg(test)]
mod tests;

use std::{path::Path, sync::Arc, time::Duration};

use axum::Router;
use http::Method;
use plimsoll_registry_core::{
    config::Config,
    hooks::{DeclaredRoute, Hooks},
    service::Registry,
};

use endpoint::Endpoint;
use index::{Catalogue, Changes};
use statistics::{Statistics, Writer};

/// The database of vulnerabilities is not brought up to date more often, whatever is configured.
const SHORTEST_UPDATE_INTERVAL: Duration = Duration::from_hours(2);

/// Answers queries, if the configuration has search on. Nothing is read before the first one.
pub fn enable(config: &Config, hooks: &mut Hooks) {
    let Some(section) = config.extensions.search.as_ref().filter(|section| section.enable) else {
        return;
    };
    if let Some(interval) = section.cve_update_interval {
        if interval < SHORTEST_UPDATE_INTERVAL {
            tracing::warn!(
                component = "search",
                "cve update interval set to too-short interval < 2h, changing update duration to 2 hours and continuing."
            );
        }
        tracing::warn!(
            component = "search",
            "this registry does not look for vulnerabilities yet: queries for them answer that cve search is disabled"
        );
    }
    let changes = Arc::new(Changes::default());
    let statistics = Arc::new(Statistics::default());
    hooks.observer(Arc::clone(&changes) as _);
    hooks.observer(Arc::clone(&statistics) as _);
    hooks.endpoint(endpoint::PATH);
    let (root, graphiql) = (config.storage.root_directory.clone(), section.graphiql);
    hooks.routes(declared(graphiql), move |registry| {
        routes(&root, graphiql, registry, changes, statistics)
    });
}

/// The routes' paths and methods: the endpoint, and the page if it is wanted.
fn declared(graphiql: bool) -> Vec<DeclaredRoute> {
    let mut declared = vec![DeclaredRoute::reads(endpoint::PATH).and(Method::POST)];
    if graphiql {
        declared.push(DeclaredRoute::reads(graphiql::PATH));
    }
    declared
}

/// The routes, with what they need: the index over a registry that tells `changes` and `statistics` what happens.
fn routes(
    root: &Path,
    graphiql: bool,
    registry: Arc<Registry>,
    changes: Arc<Changes>,
    statistics: Arc<Statistics>,
) -> Router {
    let writer = Writer::start(root, Arc::clone(&statistics));
    let catalogue = Arc::new(Catalogue::new(registry, changes, statistics, writer));
    Endpoint::new(catalogue).router(graphiql)
}

/// The schema in GraphQL's own language, as `docs/extensions/search.graphql` has it.
pub fn schema() -> String {
    schema::sdl()
}
