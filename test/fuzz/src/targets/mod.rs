//! What is fuzzed.

mod auth;
mod client;
mod config;
mod harness;
mod http;
mod oci;
mod search;
mod server;
mod storage;
mod sync;

use crate::target::Target;

/// Every target.
pub(crate) fn all() -> Vec<Target> {
    [
        oci::targets(),
        config::targets(),
        auth::targets(),
        http::targets(),
        storage::targets(),
        search::targets(),
        sync::targets(),
        server::targets(),
        harness::targets(),
        client::targets(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
