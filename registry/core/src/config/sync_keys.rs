//! The keys of one registry that is mirrored: an item of `extensions.sync.registries`.

use super::key::{Key, Kind, bare, key, not_yet};

/// The list itself.
pub(super) const REGISTRIES: &str = "extensions.sync.registries";

macro_rules! registry {
    ($name:literal) => {
        concat!("extensions.sync.registries.", $name)
    };
}

/// The keys of its items, and of the items' own lists.
pub(super) const KEYS: &[Key] = &[
    bare(
        registry!("urls"),
        Kind::Urls,
        "The registry's URLs, tried in order: the first is the main one, the others stand in for it. Where there are \
         several, the registry's own address is recognised and left out, so that members of a cluster can share one file.",
    ),
    key(
        registry!("onDemand"),
        Kind::Switch,
        "false",
        "Fetch what clients ask for and what is not here, and look there for newer images of the tags that they ask for.",
    ),
    key(
        registry!("pollInterval"),
        Kind::Delay,
        "0s",
        "Copy everything that `content` names again and again, this long after the beginning of one round the next. `0s`: \
         never.",
    ),
    key(
        registry!("manifestCheckInterval"),
        Kind::Delay,
        "0s",
        "With `onDemand`: how long a tag that was looked for is served without looking again. `0s`: always look.",
    ),
    bare(
        registry!("content"),
        Kind::Sections,
        "Which repositories are mirrored, and under which names: the first item that fits counts. Without it, on demand, \
         all of them under their own names; periodically none.",
    ),
    bare(
        registry!("content.prefix"),
        Kind::Glob,
        "The repositories, as a path with `*` for any text without a slash and `**` for any text. A leading slash counts \
         for nothing.",
    ),
    bare(
        registry!("content.tags"),
        Kind::Section,
        "Which tags are copied periodically. On demand, every tag is.",
    ),
    bare(
        registry!("content.tags.regex"),
        Kind::Pattern,
        "A tag has to match this regular expression somewhere.",
    ),
    bare(
        registry!("content.tags.excludeRegex"),
        Kind::Pattern,
        "A tag must not match this regular expression anywhere.",
    ),
    key(
        registry!("content.tags.semver"),
        Kind::Switch,
        "false",
        "A tag has to be a semantic version, with or without a `v` before it.",
    ),
    key(
        registry!("content.destination"),
        Kind::AnyText,
        "",
        "Put the repositories below this path.",
    ),
    key(
        registry!("content.stripPrefix"),
        Kind::Switch,
        "false",
        "Take the part of `prefix` that has no wildcard off the repositories' names. It matters only with a `destination`.",
    ),
    key(
        registry!("tlsVerify"),
        Kind::Switch,
        "true",
        "Whether the certificate has to be right. An `http` URL has none.",
    ),
    bare(
        registry!("certDir"),
        Kind::File,
        "A folder with certificates: `*.crt` are authorities that are trusted beside the system's own, `*.cert` and `*.key` \
         are the client's.",
    ),
    bare(
        registry!("maxRetries"),
        Kind::Number(0),
        "How often something is tried again that failed for a passing reason, after `retryDelay`. Above 0, an image that \
         could not be copied on demand is tried again in the background, too.",
    ),
    bare(
        registry!("retryDelay"),
        Kind::Duration,
        "How long to wait before something is tried again.",
    ),
    bare(
        registry!("maxRetryDelay"),
        Kind::Duration,
        "Double the wait each time, up to this. Without it, the wait stays the same.",
    ),
    key(
        registry!("onlySigned"),
        Kind::Switch,
        "false",
        "Leave out images that have no signature of cosign's or notation's.",
    ),
    key(
        registry!("syncLegacyCosignTags"),
        Kind::Switch,
        "true",
        "Copy the tags by which cosign keeps signatures and the like beside an image, such as `sha256-….sig`.",
    ),
    key(
        registry!("preserveDigest"),
        Kind::Switch,
        "false",
        "Insist on images as they are. It needs `docker2s2` in `http.compat`, with which every image is stored as it is; \
         without that, Docker's manifests are refused.",
    ),
    key(
        registry!("syncTimeout"),
        Kind::Duration,
        "3h",
        "The longest time that the copy of one image may take.",
    ),
    key(
        registry!("reqConcurrent"),
        Kind::Number(1),
        "3",
        "How many blobs are fetched from a host at a time, and how many other requests may be under way.",
    ),
    bare(
        registry!("reqPerSec"),
        Kind::Rate,
        "How many requests a host is sent each second at most.",
    ),
    key(registry!("disableHTTP2"), Kind::Switch, "false", "Speak HTTP/1.1 only."),
    bare(
        registry!("maxIdleConnsPerHost"),
        Kind::Number(1),
        "How many idle connections to a host are kept. Without it, 2.",
    ),
    key(
        registry!("trustedHosts"),
        Kind::Hosts,
        "[]",
        "Hosts (`host` or `host:port`) at private addresses to which the registry may redirect or where its tokens may be \
         had, and to which credentials may be shown for a token. What is not listed here is followed to public addresses \
         alone. zot has no such key.",
    ),
    bare(
        registry!("credentialHelper"),
        Kind::CredentialHelper,
        "Not supported; zot's `ecr`, `gcp` and `oauth2`.",
    ),
    not_yet(registry!("oauth2CredentialHelper")),
];
