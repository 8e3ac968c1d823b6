//! What can be configured. Every build parses every extension's section, so that any binary reads any config.

use std::{net::IpAddr, path::PathBuf, time::Duration};

use super::{
    access::{AccessControl, Auth, Limits, RateLimit, Tls},
    guest::Guests,
    sync::SyncSection,
};

/// The whole configuration.
#[derive(Clone, Debug)]
pub struct Config {
    /// `distSpecVersion`.
    pub dist_spec_version: String,
    /// `storage`.
    pub storage: Storage,
    /// `http`.
    pub http: Http,
    /// `log`.
    pub log: Log,
    /// `extensions`.
    pub extensions: Extensions,
    /// The sections in `extensions` that are not of this workspace's extensions.
    pub guests: Guests,
}

/// `storage`.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the configuration")]
pub struct Storage {
    /// `rootDirectory`.
    pub root_directory: PathBuf,
    /// `dedupe`: share equal blobs between repositories by hard link.
    pub dedupe: bool,
    /// `gc`: collect garbage.
    pub gc: bool,
    /// `gcDelay`: how long what nothing names is kept.
    pub gc_delay: Duration,
    /// `gcInterval`: how often garbage is collected.
    pub gc_interval: Duration,
    /// `commit`: wait for the disk before answering 201. On unless switched off.
    pub commit: bool,
    /// `sparse`: accept an image of which layers are not there.
    pub sparse: bool,
    /// `http.limits.uploads`: how many upload sessions may be open in one repository.
    pub uploads: usize,
}

/// `http`.
#[derive(Clone, Debug)]
pub struct Http {
    /// `address`.
    pub address: IpAddr,
    /// `port`; 0 takes any free one.
    pub port: u16,
    /// `externalUrl`: what absolute locations begin with. Without it, they are relative.
    pub external_url: Option<String>,
    /// `readTimeout`: the longest time without progress while a request is read.
    pub read_timeout: Duration,
    /// `writeTimeout`: the longest time without progress while an answer is written.
    pub write_timeout: Duration,
    /// Whether `compat` has `docker2s2`: Docker's manifests, version 2, schema 2, are accepted beside OCI's.
    pub docker_images: bool,
    /// `realm`.
    pub realm: String,
    /// `allowOrigin`.
    pub allow_origin: String,
    /// `tls`.
    pub tls: Option<Tls>,
    /// `auth`.
    pub auth: Auth,
    /// `accessControl`.
    pub access_control: Option<AccessControl>,
    /// `ratelimit`.
    pub rate_limit: RateLimit,
    /// `limits`.
    pub limits: Limits,
}

impl Http {
    /// Whether callers can say who they are.
    pub fn authenticates(&self) -> bool {
        let by_certificate = self.tls.as_ref().is_some_and(|tls| tls.cacert.is_some());
        by_certificate || self.auth.asks()
    }
}

/// `log`.
#[derive(Clone, Debug)]
pub struct Log {
    /// `level`.
    pub level: Level,
    /// `output`: a file. Without it, standard output.
    pub output: Option<PathBuf>,
    /// `audit`: a file. Without it, nothing is audited.
    pub audit: Option<PathBuf>,
}

/// `log.level`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Everything.
    Trace,
    /// What helps to find a fault.
    Debug,
    /// What happens.
    Info,
    /// What should be looked at.
    Warn,
    /// What failed.
    Error,
}

/// `extensions`, in the recommended order. A section that is there switches its extension on unless it says otherwise.
#[derive(Clone, Debug, Default)]
pub struct Extensions {
    /// `extensions.metrics`.
    pub metrics: Option<MetricsSection>,
    /// `extensions.sync`.
    pub sync: Option<SyncSection>,
    /// `extensions.search`.
    pub search: Option<SearchSection>,
    /// `extensions.scrub`.
    pub scrub: Option<ScrubSection>,
    /// `extensions.lint`.
    pub lint: Option<LintSection>,
}

/// `extensions.metrics`.
#[derive(Clone, Debug)]
pub struct MetricsSection {
    /// `enable`.
    pub enable: bool,
    /// `prometheus`.
    pub prometheus: Prometheus,
}

/// `extensions.metrics.prometheus`.
#[derive(Clone, Debug)]
pub struct Prometheus {
    /// `path`: where the metrics are served.
    pub path: String,
}

/// `extensions.search`.
#[derive(Clone, Debug)]
pub struct SearchSection {
    /// `enable`.
    pub enable: bool,
    /// `graphiql`: serve a page to write queries in.
    pub graphiql: bool,
    /// `cve.updateInterval`, where there is a section `cve`.
    pub cve_update_interval: Option<Duration>,
}

/// `extensions.scrub`.
#[derive(Clone, Debug)]
pub struct ScrubSection {
    /// `enable`.
    pub enable: bool,
    /// `interval`: from the beginning of one pass to that of the next.
    pub interval: Duration,
}

/// `extensions.lint`.
#[derive(Clone, Debug)]
pub struct LintSection {
    /// `enable`.
    pub enable: bool,
    /// `mandatoryAnnotations`: keys that every image must have.
    pub mandatory_annotations: Vec<String>,
}
