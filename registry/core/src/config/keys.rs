//! The table of keys: the one place that says what can be configured.

use super::{
    access_keys::ACCESS,
    key::{Key, Kind, bare, key, not_yet},
    sync_keys,
};

/// The keys of a section, in the order of the documentation.
pub(super) fn within(section: &str) -> impl Iterator<Item = &'static Key> {
    KEYS.iter().filter(move |key| key.section() == section)
}

/// The keys that must be given.
pub(super) const REQUIRED: [&str; 1] = ["storage.rootDirectory"];

/// The keys that must be given where their section is.
pub(super) const NEEDED: [&str; 10] = [
    "http.auth.htpasswd.path",
    "http.auth.bearer.realm",
    "http.auth.bearer.service",
    "http.auth.bearer.cert",
    "http.tls.cert",
    "http.tls.key",
    "http.ratelimit.methods.method",
    "http.ratelimit.methods.rate",
    "extensions.sync.registries.urls",
    "extensions.sync.registries.content.prefix",
];

/// Every key of zot's, and the few that this registry adds.
pub(super) const KEYS: &[Key] = &joined([CORE, ACCESS, REST, sync_keys::KEYS]);

/// The tables, one after the other.
const fn joined<const PARTS: usize>(tables: [&[Key]; PARTS]) -> [Key; COUNT] {
    let mut all = [CORE[0]; COUNT];
    let (mut part, mut next) = (0, 0);
    while part < PARTS {
        let mut index = 0;
        while index < tables[part].len() {
            all[next] = tables[part][index];
            (index, next) = (index + 1, next + 1);
        }
        part += 1;
    }
    all
}

const COUNT: usize = CORE.len() + ACCESS.len() + REST.len() + sync_keys::KEYS.len();

/// The keys of storage and of HTTP, but for those of [`ACCESS`].
const CORE: &[Key] = &[
    key(
        "distSpecVersion",
        Kind::Version,
        "1.1.1",
        "The version of the distribution specification that the file was written for. Another version than the default is \
         warned about and served all the same.",
    ),
    bare("storage", Kind::Section, "Where content lies, and how it is kept."),
    bare(
        "storage.rootDirectory",
        Kind::File,
        "The directory that holds the repositories, each of them an OCI image layout. It is made if it is not there. \
         Without a configuration file it is `./plimsoll-data`.",
    ),
    key(
        "storage.dedupe",
        Kind::Switch,
        "true",
        "Store equal blobs once, shared between repositories by hard links.",
    ),
    key("storage.gc", Kind::Switch, "true", "Collect garbage while serving."),
    key(
        "storage.gcDelay",
        Kind::Delay,
        "1h",
        "How long content that no manifest names is kept.",
    ),
    key(
        "storage.gcInterval",
        Kind::Duration,
        "1h",
        "How often garbage is collected.",
    ),
    key(
        "storage.commit",
        Kind::Switch,
        "true",
        "Answer a push only after its content has reached the disk. zot's default is false; here a push that was \
         acknowledged survives a power cut unless this is switched off.",
    ),
    key(
        "storage.sparse",
        Kind::Switch,
        "false",
        "Accept an image whose layers are not all in the repository, as partial mirrors have them. Otherwise such a push is \
         refused, so that whatever has a tag can be pulled. zot has no such key.",
    ),
    not_yet("storage.gcTimeWindow"),
    not_yet("storage.maxRepos"),
    not_yet("storage.remoteCache"),
    not_yet("storage.redirectBlobURL"),
    not_yet("storage.fastRestart"),
    not_yet("storage.retention"),
    not_yet("storage.storageDriver"),
    not_yet("storage.cacheDriver"),
    not_yet("storage.subPaths"),
    bare("http", Kind::Section, "How the registry is reached."),
    key(
        "http.address",
        Kind::Address,
        "127.0.0.1",
        "The IP address to listen on.",
    ),
    key(
        "http.port",
        Kind::Port,
        "5000",
        "The port to listen on. 0 takes any free one, which the first line of the log announces.",
    ),
    bare(
        "http.externalUrl",
        Kind::Url,
        "What the locations in answers begin with, where clients reach the registry through a proxy. Without it, locations \
         are relative.",
    ),
    key(
        "http.readTimeout",
        Kind::Duration,
        "60s",
        "The longest time without progress while a request is read.",
    ),
    key(
        "http.writeTimeout",
        Kind::Duration,
        "60s",
        "The longest time without progress while an answer is written.",
    ),
    key(
        "http.compat",
        Kind::Choices(&["docker2s2"]),
        "[docker2s2]",
        "What to accept beside OCI content: `docker2s2` takes Docker's manifests and manifest lists, version 2, schema 2. \
         On here unless the list is given without it, because the specification is agnostic of media types and `docker \
         push` sends these; zot's default is the empty list.",
    ),
];

/// The keys of the log and of the extensions.
const REST: &[Key] = &[
    bare("log", Kind::Section, "The log: one JSON object a line."),
    key(
        "log.level",
        Kind::Choice(&["trace", "debug", "info", "warn", "error"]),
        "info",
        "The least important kind of line that is written.",
    ),
    bare(
        "log.output",
        Kind::File,
        "The file that lines are added to. Without it they go to standard output.",
    ),
    bare(
        "log.audit",
        Kind::File,
        "The file to which every change and every denial is added, one JSON object a line.",
    ),
    bare(
        "extensions",
        Kind::Section,
        "The extensions. Every binary reads every extension's section; one that asks for an extension which the binary does \
         not include is warned about, and the registry runs without it.",
    ),
    bare(
        "extensions.metrics",
        Kind::Section,
        "Prometheus metrics of what the registry does.",
    ),
    key(
        "extensions.metrics.enable",
        Kind::Switch,
        "true",
        "Whether the extension is on. A section that is there switches it on.",
    ),
    bare("extensions.metrics.prometheus", Kind::Section, "The metrics endpoint."),
    key(
        "extensions.metrics.prometheus.path",
        Kind::MetricsPath,
        "/metrics",
        "Where the metrics are served. Neither `/` nor anything that is `/v2` or below it.",
    ),
    bare(
        "extensions.sync",
        Kind::Section,
        "Mirrors repositories of other registries, on demand or periodically.",
    ),
    key(
        "extensions.sync.enable",
        Kind::Switch,
        "true",
        "Whether the extension is on. A section that is there switches it on.",
    ),
    bare(
        "extensions.sync.credentialsFile",
        Kind::File,
        "A JSON file of users and passwords: `{\"registry.example.com\": {\"username\": …, \"password\": …}}`, by host or \
         `host:port`. One that cannot be read is complained about, and everyone is asked without credentials.",
    ),
    bare(
        "extensions.sync.downloadDir",
        Kind::Ignored("what is fetched is written where it will lie, and never copied from elsewhere"),
        "",
    ),
    bare(
        "extensions.sync.registries",
        Kind::Sections,
        "The registries that are mirrored. On demand they are tried in order.",
    ),
    bare(
        "extensions.search",
        Kind::Section,
        "Answers GraphQL queries about what the registry holds.",
    ),
    key(
        "extensions.search.enable",
        Kind::Switch,
        "true",
        "Whether the extension is on. A section that is there switches it on.",
    ),
    key(
        "extensions.search.graphiql",
        Kind::Switch,
        "false",
        "Serve a page to write queries in, at `/v2/_zot/ext/search/graphiql`. It loads its scripts from unpkg.com. zot has no \
         such key.",
    ),
    bare(
        "extensions.search.cve",
        Kind::Section,
        "The search for vulnerabilities, which this registry does not have yet: the keys are read and checked, and nothing \
         comes of them but a warning.",
    ),
    key(
        "extensions.search.cve.updateInterval",
        Kind::Duration,
        "2h",
        "How often the database of vulnerabilities is brought up to date. Less than 2h is raised to 2h, with a warning.",
    ),
    bare(
        "extensions.search.cve.trivy",
        Kind::Section,
        "The scanner for vulnerabilities.",
    ),
    key(
        "extensions.search.cve.trivy.dbRepository",
        Kind::Text,
        "ghcr.io/aquasecurity/trivy-db",
        "Where the database of vulnerabilities comes from.",
    ),
    key(
        "extensions.search.cve.trivy.javaDBRepository",
        Kind::Text,
        "ghcr.io/aquasecurity/trivy-java-db",
        "Where the database of Java archives comes from.",
    ),
    key(
        "extensions.search.cve.trivy.vulnSeveritySources",
        Kind::Texts,
        "[auto]",
        "Whose word on how bad a vulnerability is counts, the first that has one.",
    ),
    bare(
        "extensions.search.cve.trivy.sbom",
        Kind::Section,
        "Lists of what is in each image, which are stored as referrers.",
    ),
    key(
        "extensions.search.cve.trivy.sbom.enable",
        Kind::Switch,
        "false",
        "Whether the lists are made.",
    ),
    key(
        "extensions.search.cve.trivy.sbom.format",
        Kind::Choice(&["spdx-json", "cyclonedx"]),
        "spdx-json",
        "The format of the lists.",
    ),
    bare(
        "extensions.scrub",
        Kind::Section,
        "Verifies in the background that what is stored is what was pushed.",
    ),
    key(
        "extensions.scrub.enable",
        Kind::Switch,
        "true",
        "Whether the extension is on. A section that is there switches it on.",
    ),
    key(
        "extensions.scrub.interval",
        Kind::Duration,
        "24h",
        "How long after the beginning of one pass the next begins. Less than 2h is raised to 2h, with a warning. The first \
         pass begins with the registry.",
    ),
    bare(
        "extensions.lint",
        Kind::Section,
        "Refuses images that lack mandatory annotations.",
    ),
    key(
        "extensions.lint.enable",
        Kind::Switch,
        "true",
        "Whether the extension is on. A section that is there switches it on.",
    ),
    key(
        "extensions.lint.mandatoryAnnotations",
        Kind::Annotations,
        "[]",
        "The keys that every image must have, among its manifest's annotations or its config's labels.",
    ),
    not_yet("extensions.ui"),
    bare(
        "extensions.mgmt",
        Kind::Ignored("zot has given it up, and enables what it stood for together with search"),
        "",
    ),
    bare(
        "extensions.apikey",
        Kind::Ignored("zot has given it up for `http.auth.apikey`"),
        "",
    ),
    not_yet("extensions.trust"),
    not_yet("extensions.events"),
    not_yet("scheduler"),
    not_yet("cluster"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_stands_in_a_section_of_the_table() {
        for key in KEYS {
            let section = key.section();
            let stands = |other: &Key| other.path == section && other.kind.has_keys();
            assert!(section.is_empty() || KEYS.iter().any(stands), "{}", key.path);
        }
    }

    #[test]
    fn what_can_be_configured_is_documented() {
        for key in KEYS.iter().filter(|key| key.is_supported()) {
            assert!(key.doc.ends_with('.'), "{}", key.path);
        }
    }

    #[test]
    fn no_path_stands_twice_even_in_other_letters() {
        let mut paths: Vec<_> = KEYS.iter().map(|key| key.path.to_ascii_lowercase()).collect();
        paths.sort();
        paths.dedup();
        assert_eq!(paths.len(), KEYS.len());
    }
}
