//! `extensions.sync`: what its keys mean, and which of them cannot stand together.

use std::{path::PathBuf, time::Duration};

use globset::{Glob, GlobBuilder, GlobMatcher};

use super::{
    problem::{Problem, Severity},
    sync_keys::REGISTRIES,
    tree::{Data, Node, Place},
    value::Values,
};

const CONTENT: &str = "extensions.sync.registries.content";

/// `extensions.sync`.
#[derive(Clone, Debug)]
pub struct SyncSection {
    /// `enable`.
    pub enable: bool,
    /// `credentialsFile`: users and passwords by host.
    pub credentials_file: Option<PathBuf>,
    /// `registries`: what is mirrored.
    pub registries: Vec<SyncRegistry>,
}

/// An item of `extensions.sync.registries`.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the configuration")]
pub struct SyncRegistry {
    /// `urls`, at least one, without a slash at the end.
    pub urls: Vec<String>,
    /// `onDemand`.
    pub on_demand: bool,
    /// `pollInterval`; zero is never.
    pub poll_interval: Duration,
    /// `manifestCheckInterval`; zero is always.
    pub manifest_check_interval: Duration,
    /// `content`.
    pub content: Vec<SyncContent>,
    /// `tlsVerify`.
    pub tls_verify: bool,
    /// `certDir`.
    pub cert_dir: Option<PathBuf>,
    /// `maxRetries`.
    pub max_retries: u64,
    /// `retryDelay`.
    pub retry_delay: Option<Duration>,
    /// `maxRetryDelay`.
    pub max_retry_delay: Option<Duration>,
    /// `onlySigned`.
    pub only_signed: bool,
    /// `syncLegacyCosignTags`.
    pub sync_legacy_cosign_tags: bool,
    /// `syncTimeout`.
    pub sync_timeout: Duration,
    /// `reqConcurrent`.
    pub req_concurrent: usize,
    /// `reqPerSec`.
    pub req_per_sec: Option<f64>,
    /// `disableHTTP2`.
    pub disable_http2: bool,
    /// `maxIdleConnsPerHost`.
    pub max_idle_connections: Option<usize>,
    /// `trustedHosts`.
    pub trusted_hosts: Vec<String>,
}

/// An item of `content`.
#[derive(Clone, Debug, Default)]
pub struct SyncContent {
    /// `prefix`, without a slash at the beginning.
    pub prefix: String,
    /// `tags.regex`.
    pub tags_regex: Option<String>,
    /// `tags.excludeRegex`.
    pub tags_exclude_regex: Option<String>,
    /// `tags.semver`.
    pub tags_semver: bool,
    /// `destination`.
    pub destination: String,
    /// `stripPrefix`.
    pub strip_prefix: bool,
}

impl SyncContent {
    /// What `prefix` matches.
    pub fn matcher(&self) -> Result<GlobMatcher, globset::Error> {
        glob(&self.prefix).map(|glob| glob.compile_matcher())
    }
}

/// A path with wildcards. A leading slash counts for nothing.
pub(super) fn glob(text: &str) -> Result<Glob, globset::Error> {
    GlobBuilder::new(text.trim_start_matches('/'))
        .literal_separator(true)
        .build()
}

/// The section's values.
pub(super) fn section(values: &Values) -> SyncSection {
    SyncSection {
        enable: values.switch("extensions.sync.enable"),
        credentials_file: values.file("extensions.sync.credentialsFile"),
        registries: values.sections(REGISTRIES).iter().map(registry).collect(),
    }
}

fn registry(values: &Values) -> SyncRegistry {
    let key = |name: &str| format!("{REGISTRIES}.{name}");
    let number = |name: &str| values.number(&key(name));
    let size = |name: &str| number(name).map(|number| usize::try_from(number).unwrap_or(usize::MAX));
    SyncRegistry {
        urls: values.list(&key("urls")),
        on_demand: values.switch(&key("onDemand")),
        poll_interval: values.duration(&key("pollInterval")).unwrap_or_default(),
        manifest_check_interval: values.duration(&key("manifestCheckInterval")).unwrap_or_default(),
        content: values.sections(CONTENT).iter().map(content).collect(),
        tls_verify: values.switch(&key("tlsVerify")),
        cert_dir: values.file(&key("certDir")),
        max_retries: number("maxRetries").unwrap_or_default(),
        retry_delay: values.duration(&key("retryDelay")),
        max_retry_delay: values.duration(&key("maxRetryDelay")),
        only_signed: values.switch(&key("onlySigned")),
        sync_legacy_cosign_tags: values.switch(&key("syncLegacyCosignTags")),
        sync_timeout: values.duration(&key("syncTimeout")).unwrap_or_default(),
        req_concurrent: size("reqConcurrent").unwrap_or(1),
        req_per_sec: values.rate(&key("reqPerSec")),
        disable_http2: values.switch(&key("disableHTTP2")),
        max_idle_connections: size("maxIdleConnsPerHost"),
        trusted_hosts: values.list(&key("trustedHosts")),
    }
}

fn content(values: &Values) -> SyncContent {
    let key = |name: &str| format!("{CONTENT}.{name}");
    let text = |name: &str| values.text(&key(name)).map(str::to_owned);
    SyncContent {
        prefix: text("prefix").unwrap_or_default().trim_start_matches('/').to_owned(),
        tags_regex: text("tags.regex"),
        tags_exclude_regex: text("tags.excludeRegex"),
        tags_semver: values.switch(&key("tags.semver")),
        destination: text("destination").unwrap_or_default(),
        strip_prefix: values.switch(&key("stripPrefix")),
    }
}

/// What cannot stand together in one item of the list at `path`, which is `shown` so.
pub(super) fn contradictions(path: &str, shown: &str, item: &Node, values: &Values) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut error = |name: &str, found: &str, help: &str| {
        let place = value_of(item, name).map_or(item.place, |node| node.place);
        problems.push(problem(place, format!("{shown}.{name}"), found, help));
    };
    let key = |name: &str| format!("{path}.{name}");
    if path == REGISTRIES {
        let (delay, longest) = (
            values.duration(&key("retryDelay")),
            values.duration(&key("maxRetryDelay")),
        );
        if value_of(item, "urls").is_some_and(|node| matches!(&node.data, Data::List(items) if items.is_empty())) {
            error(
                "urls",
                "no URL is given",
                "write a list of URLs, such as [\"https://registry.example.com\"]",
            );
        }
        if values.number(&key("maxRetries")).is_some() && delay.is_none() {
            error(
                "maxRetries",
                "maxRetries needs a retryDelay",
                "write a `retryDelay`, such as \"1s\"",
            );
        }
        if longest.is_some_and(|longest| delay.is_none_or(|delay| longest < delay)) {
            error(
                "maxRetryDelay",
                "maxRetryDelay is less than retryDelay",
                "write a longer one, or none",
            );
        }
        let interval = values.duration(&key("manifestCheckInterval")).unwrap_or_default();
        if !interval.is_zero() && !values.switch(&key("onDemand")) {
            error(
                "manifestCheckInterval",
                "manifestCheckInterval is of use on demand alone",
                "write `onDemand: true`, or take it out",
            );
        }
    } else if path == CONTENT {
        let prefix = values.text(&key("prefix")).unwrap_or_default();
        if values.switch(&key("stripPrefix"))
            && values.text(&key("destination")) == Some("/")
            && !prefix.contains(['*', '?', '[', '{'])
        {
            error(
                "stripPrefix",
                "nothing of the name would be left",
                "take it out, or write a `destination` other than \"/\"",
            );
        }
    }
    problems
}

/// What cannot stand together with other sections.
pub(super) fn incompatible(root: &Node, values: &Values) -> Vec<Problem> {
    let docker = values.list("http.compat").iter().any(|word| word == "docker2s2");
    let list = ["extensions", "sync", "registries"]
        .into_iter()
        .try_fold(root, value_of);
    let Some(Data::List(items)) = list.map(|node| &node.data).filter(|_| !docker) else {
        return Vec::new();
    };
    let registries = items.iter().zip(values.sections(REGISTRIES)).enumerate();
    registries
        .filter(|(_, (_, values))| values.switch(&format!("{REGISTRIES}.preserveDigest")))
        .filter_map(|(number, (item, _))| Some((number, value_of(item, "preserveDigest")?)))
        .map(|(number, node)| {
            problem(
                node.place,
                format!("{REGISTRIES}[{number}].preserveDigest"),
                "images as they are include Docker's, which this registry refuses",
                "write `compat: [docker2s2]` in the section `http`, or take it out",
            )
        })
        .collect()
}

fn value_of<'a>(node: &'a Node, name: &str) -> Option<&'a Node> {
    let Data::Mapping(entries) = &node.data else {
        return None;
    };
    let found = entries.iter().find(|(key, _)| key.text.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value)
}

fn problem(place: Place, key: String, found: &str, help: &str) -> Problem {
    Problem {
        severity: Severity::Error,
        place,
        key,
        found: found.to_owned(),
        help: help.to_owned(),
    }
}
