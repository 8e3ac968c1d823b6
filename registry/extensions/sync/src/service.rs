//! One registry of the configuration: its URLs, and what of it is mirrored.

use std::{
    net::{IpAddr, ToSocketAddrs as _, UdpSocket},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use http::HeaderValue;
use plimsoll_registry_core::{
    config::{Http, SyncRegistry},
    oci::RepositoryName,
};
use reqwest::{Url, redirect};
use tokio::time::Instant;

use crate::{
    client::{Authorizer, Certificates, Guard, Limits, Patience, Remote, Transport},
    content::Mapping,
    credentials::CredentialsFile,
    retry::Retry,
};

/// How long a connection may take to stand.
const CONNECTING: Duration = Duration::from_secs(10);
/// For so long nobody waits for a registry that did not answer in time, if there is something else to serve.
const RESTING: Duration = Duration::from_secs(10);
/// Idle connections to a host, unless it is said.
const IDLE: usize = 2;

/// One registry of the configuration.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) config: SyncRegistry,
    pub(crate) mapping: Mapping,
    pub(crate) remotes: Vec<Remote>,
    pub(crate) retry: Retry,
    resting: Mutex<Option<Instant>>,
}

/// A repository at one URL of a registry.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) service: Arc<Service>,
    remote: usize,
    /// Its name there.
    pub(crate) repository: RepositoryName,
}

impl Place {
    pub(crate) fn remote(&self) -> &Remote {
        &self.service.remotes[self.remote]
    }
}

/// Where the content of a repository here may be had, in the order in which it is asked for.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    pub(crate) places: Vec<Place>,
    /// What is said of the way that the wish took.
    pub(crate) via: HeaderValue,
}

impl Source {
    /// The same, with this place first.
    pub(crate) fn preferring(&self, place: &Place) -> Self {
        let same = |other: &&Place| {
            Arc::ptr_eq(&other.service, &place.service)
                && other.remote == place.remote
                && other.repository == place.repository
        };
        let others = self.places.iter().filter(|other| !same(other)).cloned();
        Self {
            places: std::iter::once(place.clone()).chain(others).collect(),
            via: self.via.clone(),
        }
    }
}

impl Service {
    /// Sets a registry up. An error says what of its configuration does not work.
    pub(crate) fn new(
        config: &SyncRegistry,
        credentials: &CredentialsFile,
        own: &Http,
        patience: Patience,
    ) -> Result<Self, String> {
        let urls = urls(config, own)?;
        let guard = Guard::new(&urls, &config.trusted_hosts);
        let http = http_client(config, &guard)?;
        let remote = |url: Url| {
            Remote::new(Transport {
                authorizer: Authorizer::new(url.clone(), http.clone(), guard.clone(), credentials.clone(), patience),
                base: url,
                http: http.clone(),
                guard: guard.clone(),
                limits: Limits::new(config.req_concurrent, config.req_per_sec),
                patience,
            })
        };
        Ok(Self {
            mapping: Mapping::new(&config.content)?,
            remotes: urls.into_iter().map(remote).collect(),
            retry: Retry::new(config),
            config: config.clone(),
            resting: Mutex::default(),
        })
    }

    /// A repository of this registry, by the name that it has there, at each of the URLs.
    pub(crate) fn places(self: &Arc<Self>, repository: &RepositoryName) -> Vec<Place> {
        let place = |remote| Place {
            service: Arc::clone(self),
            remote,
            repository: repository.clone(),
        };
        (0..self.remotes.len()).map(place).collect()
    }

    /// The registry did not answer in time.
    pub(crate) fn rest(&self) {
        *self.lock_resting() = Some(Instant::now() + RESTING);
    }

    /// The registry answers.
    pub(crate) fn wake(&self) {
        *self.lock_resting() = None;
    }

    /// Whether there is no use in waiting for the registry at this moment.
    pub(crate) fn is_resting(&self) -> bool {
        self.lock_resting().is_some_and(|until| Instant::now() < until)
    }

    fn lock_resting(&self) -> std::sync::MutexGuard<'_, Option<Instant>> {
        self.resting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn http_client(config: &SyncRegistry, guard: &Guard) -> Result<reqwest::Client, String> {
    let certificates = match &config.cert_dir {
        Some(folder) => Certificates::read(folder)?,
        None => Certificates::default(),
    };
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("plimsoll-registry/", env!("CARGO_PKG_VERSION")))
        // They are followed one by one, with a look at where they lead.
        .redirect(redirect::Policy::none())
        .dns_resolver(guard.resolver())
        .connect_timeout(CONNECTING)
        .pool_max_idle_per_host(config.max_idle_connections.unwrap_or(IDLE))
        .tls_danger_accept_invalid_certs(!config.tls_verify)
        .tls_certs_merge(certificates.authorities);
    if let Some(identity) = certificates.identity {
        builder = builder.identity(identity);
    }
    if config.disable_http2 {
        builder = builder.http1_only();
    }
    builder
        .build()
        .map_err(|error| format!("the HTTP client cannot be set up: {error}"))
}

/// The URLs, without this registry's own where there are several.
fn urls(config: &SyncRegistry, own: &Http) -> Result<Vec<Url>, String> {
    let mut urls = Vec::new();
    for text in &config.urls {
        let url: Url = text.parse().map_err(|error| format!("{text} is not a URL: {error}"))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(format!(
                "the URL of {} has a user or a password; write them into credentialsFile",
                url.host_str().unwrap_or_default()
            ));
        }
        if config.urls.len() > 1 && is_own(&url, own) {
            tracing::info!(component = "sync", url = text, "removing local registry url");
        } else {
            urls.push(url);
        }
    }
    if urls.is_empty() {
        return Err("no valid registry urls left after filtering local ones".to_owned());
    }
    Ok(urls)
}

/// Whether a URL is this registry's own: its port, at an address of this machine.
fn is_own(url: &Url, own: &Http) -> bool {
    if url.port_or_known_default() != Some(own.port) {
        return false;
    }
    let host = url.host_str().unwrap_or_default();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let addresses: Vec<IpAddr> = match host.parse() {
        Ok(address) => vec![address],
        Err(_) => (host, 0)
            .to_socket_addrs()
            .map_or_else(|_| Vec::new(), |found| found.map(|address| address.ip()).collect()),
    };
    let listens_everywhere = own.address.is_unspecified();
    addresses.into_iter().any(|address| {
        // Only an address of this machine can be bound.
        let is_local = || UdpSocket::bind((address, 0)).is_ok();
        address == own.address || (listens_everywhere && is_local())
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn config(urls: &[&str]) -> SyncRegistry {
        SyncRegistry {
            urls: urls.iter().map(|url| (*url).to_owned()).collect(),
            on_demand: true,
            poll_interval: Duration::ZERO,
            manifest_check_interval: Duration::ZERO,
            content: Vec::new(),
            tls_verify: true,
            cert_dir: None,
            max_retries: 0,
            retry_delay: None,
            max_retry_delay: None,
            only_signed: false,
            sync_legacy_cosign_tags: true,
            sync_timeout: Duration::from_mins(1),
            req_concurrent: 3,
            req_per_sec: None,
            disable_http2: false,
            max_idle_connections: None,
            trusted_hosts: Vec::new(),
        }
    }

    fn left(address: &str, urls_given: &[&str]) -> Result<Vec<String>, String> {
        let mut http = plimsoll_registry_core::config::Config::default().http;
        http.address = address.parse().unwrap();
        http.port = 5000;
        let urls = urls(&config(urls_given), &http)?;
        Ok(urls
            .iter()
            .map(|url| url.as_str().trim_end_matches('/').to_owned())
            .collect())
    }

    #[test]
    fn the_own_address_is_left_out_of_several() {
        let both = ["http://127.0.0.1:5000", "http://192.0.2.1:5000"];
        assert_eq!(left("127.0.0.1", &both).unwrap(), ["http://192.0.2.1:5000"]);
        assert_eq!(left("0.0.0.0", &both).unwrap(), ["http://192.0.2.1:5000"]);
        let named = ["http://localhost:5000", "http://127.0.0.1:5001"];
        assert_eq!(left("127.0.0.1", &named).unwrap(), ["http://127.0.0.1:5001"]);
        assert_eq!(left("192.0.2.7", &both).unwrap().len(), 2);
    }

    #[test]
    fn a_single_url_stays_and_nothing_but_the_own_is_refused() {
        assert_eq!(left("127.0.0.1", &["http://127.0.0.1:5000"]).unwrap().len(), 1);
        let error = left("127.0.0.1", &["http://127.0.0.1:5000", "http://localhost:5000"]).unwrap_err();
        assert_eq!(error, "no valid registry urls left after filtering local ones");
    }

    #[test]
    fn a_password_does_not_belong_into_a_url() {
        let error = left("127.0.0.1", &["https://user:secret@registry.example.com"]).unwrap_err();
        assert!(
            !error.contains("secret") && error.contains("credentialsFile"),
            "{error}"
        );
    }
}
