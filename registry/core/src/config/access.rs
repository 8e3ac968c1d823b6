//! The configuration of who may reach the registry, how, and how much.

use std::{path::PathBuf, time::Duration};

use globset::{Glob, GlobBuilder};
use http::Method;

use super::value::Values;

/// `http.tls`.
#[derive(Clone, Debug)]
pub struct Tls {
    /// `cert`.
    pub cert: PathBuf,
    /// `key`.
    pub key: PathBuf,
    /// `cacert`: what clients' certificates are held against.
    pub cacert: Option<PathBuf>,
}

/// `http.auth`.
#[derive(Clone, Debug)]
pub struct Auth {
    /// `failDelay`.
    pub fail_delay: Duration,
    /// `htpasswd.path`.
    pub htpasswd: Option<PathBuf>,
    /// `bearer`.
    pub bearer: Option<Bearer>,
    /// `token`.
    pub token: Option<TokenService>,
    /// `apikey`.
    pub api_keys: bool,
    /// `mtls.identityAttributes`.
    pub identity: Vec<IdentityAttribute>,
}

impl Auth {
    /// Whether callers can show a password, an API key or a token.
    pub const fn asks(&self) -> bool {
        self.htpasswd.is_some() || self.bearer.is_some() || self.token.is_some() || self.api_keys
    }
}

/// `http.auth.bearer`.
#[derive(Clone, Debug)]
pub struct Bearer {
    /// `realm`.
    pub realm: String,
    /// `service`.
    pub service: String,
    /// `cert`.
    pub cert: PathBuf,
    /// `issuer`.
    pub issuer: Option<String>,
    /// `leeway`.
    pub leeway: Duration,
}

/// `http.auth.token`.
#[derive(Clone, Debug)]
pub struct TokenService {
    /// `service`.
    pub service: String,
    /// `expiry`.
    pub expiry: Duration,
}

/// The part of a client's certificate that names the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdentityAttribute {
    /// The subject's common name.
    CommonName,
    /// The first DNS name.
    DnsName,
    /// The first mail address.
    Email,
    /// The first URI.
    Uri,
}

/// `http.accessControl`.
#[derive(Clone, Debug, Default)]
pub struct AccessControl {
    /// `repositories`, in the order of the file.
    pub repositories: Vec<RepositoryRules>,
    /// `adminPolicy`.
    pub admin: Policy,
    /// `groups`: their names and members.
    pub groups: Vec<(String, Vec<String>)>,
    /// `metrics`.
    pub metrics: MetricsRules,
}

/// The rules under one pattern.
#[derive(Clone, Debug)]
pub struct RepositoryRules {
    /// The pattern.
    pub pattern: Glob,
    /// `policies`.
    pub policies: Vec<Policy>,
    /// `defaultPolicy`.
    pub default: Vec<String>,
    /// `anonymousPolicy`.
    pub anonymous: Vec<String>,
}

/// What some may do. Actions are in zot's words.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// `users`.
    pub users: Vec<String>,
    /// `groups`.
    pub groups: Vec<String>,
    /// `actions`.
    pub actions: Vec<String>,
}

/// `http.accessControl.metrics`.
#[derive(Clone, Debug, Default)]
pub struct MetricsRules {
    /// `users`.
    pub users: Vec<String>,
    /// Whether `anonymousPolicy` has `read`.
    pub anonymous: bool,
}

/// `http.ratelimit`: requests a second.
#[derive(Clone, Debug, Default)]
pub struct RateLimit {
    /// `rate`, of any method.
    pub rate: Option<u64>,
    /// `methods`.
    pub methods: Vec<(Method, u64)>,
}

/// `http.limits`.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// `connections`.
    pub connections: usize,
    /// `streams`.
    pub streams: u32,
    /// `header`, in bytes.
    pub header: usize,
    /// `manifest`, in bytes.
    pub manifest: usize,
    /// `blob`, in bytes.
    pub blob: Option<u64>,
    /// `page`, in entries.
    pub page: usize,
    /// `uploads`.
    pub uploads: usize,
    /// `progress`, in bytes.
    pub progress: u64,
}

/// A pattern of repository names: `*` stays within a component, `**` does not.
pub(crate) fn repository_glob(pattern: &str) -> Result<Glob, globset::Error> {
    GlobBuilder::new(pattern).literal_separator(true).build()
}

pub(super) fn tls(values: &Values) -> Option<Tls> {
    Some(Tls {
        cert: values.file("http.tls.cert")?,
        key: values.file("http.tls.key")?,
        cacert: values.file("http.tls.cacert"),
    })
}

pub(super) fn auth(values: &Values) -> Auth {
    let text = |path| values.text(path).unwrap_or_default().to_owned();
    let bearer = values.file("http.auth.bearer.cert").map(|cert| Bearer {
        realm: text("http.auth.bearer.realm"),
        service: text("http.auth.bearer.service"),
        cert,
        issuer: values.text("http.auth.bearer.issuer").map(str::to_owned),
        leeway: values.duration("http.auth.bearer.leeway").unwrap_or_default(),
    });
    let token = values.has_section("http.auth.token").then(|| TokenService {
        service: text("http.auth.token.service"),
        expiry: values.duration("http.auth.token.expiry").unwrap_or_default(),
    });
    let attributes = values.list("http.auth.mtls.identityAttributes");
    Auth {
        fail_delay: Duration::from_secs(values.number("http.auth.failDelay").unwrap_or_default()),
        htpasswd: values.file("http.auth.htpasswd.path"),
        bearer,
        token,
        api_keys: values.switch("http.auth.apikey"),
        identity: attributes.iter().map(|name| attribute(name)).collect(),
    }
}

fn attribute(name: &str) -> IdentityAttribute {
    match name {
        "DNSName" => IdentityAttribute::DnsName,
        "Email" => IdentityAttribute::Email,
        "URI" => IdentityAttribute::Uri,
        _ => IdentityAttribute::CommonName,
    }
}

pub(super) fn access_control(values: &Values) -> Option<AccessControl> {
    let patterns = values.map("http.accessControl.repositories").iter();
    let repositories = patterns.filter_map(|(pattern, rules)| {
        let path = "http.accessControl.repositories";
        let policies = rules.sections(&format!("{path}.policies")).iter();
        Some(RepositoryRules {
            // One that means nothing was told of when the file was checked.
            pattern: repository_glob(pattern).ok()?,
            policies: policies
                .map(|values| policy(values, &format!("{path}.policies")))
                .collect(),
            default: rules.list(&format!("{path}.defaultPolicy")),
            anonymous: rules.list(&format!("{path}.anonymousPolicy")),
        })
    });
    let groups = values.map("http.accessControl.groups").iter();
    values.has_section("http.accessControl").then(|| AccessControl {
        repositories: repositories.collect(),
        admin: policy(values, "http.accessControl.adminPolicy"),
        groups: groups
            .map(|(name, group)| (name.clone(), group.list("http.accessControl.groups.users")))
            .collect(),
        metrics: MetricsRules {
            users: values.list("http.accessControl.metrics.users"),
            anonymous: !values.list("http.accessControl.metrics.anonymousPolicy").is_empty(),
        },
    })
}

fn policy(values: &Values, path: &str) -> Policy {
    Policy {
        users: values.list(&format!("{path}.users")),
        groups: values.list(&format!("{path}.groups")),
        actions: values.list(&format!("{path}.actions")),
    }
}

pub(super) fn rate_limit(values: &Values) -> RateLimit {
    let methods = values.sections("http.ratelimit.methods").iter().filter_map(|limit| {
        let method = limit.text("http.ratelimit.methods.method")?.parse().ok()?;
        Some((method, limit.number("http.ratelimit.methods.rate")?))
    });
    RateLimit {
        rate: values.number("http.ratelimit.rate").filter(|rate| *rate > 0),
        methods: methods.filter(|(_, rate)| *rate > 0).collect(),
    }
}

pub(super) fn limits(values: &Values) -> Limits {
    let number = |path| values.number(path).unwrap_or_default();
    let length = |path| usize::try_from(number(path)).unwrap_or(usize::MAX);
    Limits {
        connections: length("http.limits.connections"),
        streams: u32::try_from(number("http.limits.streams")).unwrap_or(u32::MAX),
        header: length("http.limits.header").max(8 << 10),
        manifest: length("http.limits.manifest"),
        blob: Some(number("http.limits.blob")).filter(|limit| *limit > 0),
        page: length("http.limits.page"),
        uploads: length("http.limits.uploads"),
        progress: number("http.limits.progress"),
    }
}
