//! Sync: mirrors repositories of other registries, on demand or periodically.
//!
//! On demand, a manifest is handed out as soon as it is known, and its blobs are streamed to whoever asks for them while
//! they are written; each is fetched once. The store takes an image in once it has all of it, by the same rules as a
//! push, so that what it lists is whole at every moment.

mod client;
mod content;
mod credentials;
mod error;
mod fetch;
mod flight;
mod image;
mod mirror;
mod on_demand;
mod pending;
mod periodic;
mod receive;
mod referrers;
mod repair;
mod retry;
mod service;
mod signature;
mod tags;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use plimsoll_registry_core::{config::Config, hooks::Hooks};

use client::Patience;
use credentials::CredentialsFile;
use mirror::Mirror;
use service::Service;

/// Mirrors what the configuration names, if it has sync on.
pub fn enable(config: &Config, hooks: &mut Hooks) {
    let section = config.extensions.sync.as_ref();
    let Some(section) = section.filter(|section| section.enable && !section.registries.is_empty()) else {
        tracing::info!("sync config not provided or disabled, so not enabling sync");
        return;
    };
    let credentials = CredentialsFile::read(section.credentials_file.as_deref());
    let mut services = Vec::new();
    for registry in &section.registries {
        match Service::new(registry, &credentials, &config.http, Patience::default()) {
            Ok(service) => services.push(Arc::new(service)),
            Err(reason) => {
                tracing::error!(component = "sync", error = reason, "failed to start sync extension");
                hooks.fail(format!("extensions.sync: {reason}"));
                return;
            }
        }
    }
    tracing::info!(component = "sync", "sync extension is enabled");
    hooks.upstream(move |intake| Arc::new(Mirror::new(services, intake)));
}
