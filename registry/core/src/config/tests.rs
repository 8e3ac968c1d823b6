//! Whole configurations: what is read from good ones, and what is said of broken ones.

use std::{path::Path, time::Duration};

use proptest::prelude::*;

use super::*;

fn yaml(text: &str) -> Config {
    Config::parse("test.yaml", text.to_owned())
        .unwrap_or_else(|error| panic!("{error}"))
        .config
}

#[test]
fn every_broken_configuration_is_refused_with_a_message_that_teaches() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/broken/config");
    insta::with_settings!({
        snapshot_path => folder.join("expected"),
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, {
        insta::glob!("../../../../fixtures/broken/config", "*.*", |path| {
            let error = match Config::load(path) {
                Ok(loaded) => panic!("{} was taken: {:?}", path.display(), loaded.config),
                Err(error) => error.to_string(),
            };
            let folder = path.parent().unwrap().to_str().unwrap();
            insta::assert_snapshot!("message", error.replace(folder, "config"));
        });
    });
}

#[test]
fn a_configuration_of_zots_is_read() {
    let text = r#"{
        "distSpecVersion": "1.1.1",
        "storage": {"rootDirectory": "/tmp/zot", "dedupe": "false", "gc": true, "gcDelay": "2h", "gcInterval": "90m"},
        "http": {"address": "0.0.0.0", "port": "8080", "externalUrl": "https://r.example/", "compat": ["docker2s2"]},
        "log": {"level": "debug", "output": "/tmp/log"},
        "extensions": {"metrics": {"enable": "true", "prometheus": {"path": "/m"}}, "scrub": {}, "LINT": {"Enable": false}}
    }"#;
    let config = Config::parse("zot.json", text.to_owned()).unwrap().config;
    assert!(!config.storage.dedupe && config.storage.gc && config.storage.commit);
    assert_eq!(config.storage.gc_interval, Duration::from_mins(90));
    assert_eq!(config.http.port, 8080);
    assert_eq!(config.http.external_url.as_deref(), Some("https://r.example"));
    assert!(config.http.docker_images);
    assert_eq!(config.log.level, Level::Debug);
    assert_eq!(config.extensions.metrics.unwrap().prometheus.path, "/m");
    assert!(config.extensions.scrub.unwrap().enable);
    assert!(!config.extensions.lint.unwrap().enable);
}

#[test]
fn a_sync_section_of_zots_is_read() {
    let text = r#"
storage: {rootDirectory: /r}
extensions:
  sync:
    credentialsFile: ./credentials.json
    registries:
      - urls: ["https://one.example/", "http://127.0.0.1:5000"]
        OnDemand: true
        manifestCheckInterval: 30s
        maxRetries: 3
        retryDelay: 1s
        maxRetryDelay: 1m
        reqPerSec: 2.5
        content:
          - {prefix: /library/**, destination: /hub, stripPrefix: true}
          - {prefix: "**", tags: {regex: ^v, excludeRegex: rc, semver: "true"}, destination: ""}
      - urls: ["https://two.example"]
        pollInterval: 6h
        tlsVerify: false
        content: [{prefix: a}]
"#;
    let sync = yaml(text).extensions.sync.unwrap();
    assert!(sync.enable && sync.credentials_file.is_some());
    let [one, two] = &sync.registries[..] else {
        panic!("{sync:?}")
    };
    assert_eq!(one.urls, ["https://one.example", "http://127.0.0.1:5000"]);
    assert!(one.on_demand && one.tls_verify && one.sync_legacy_cosign_tags && !one.only_signed);
    assert_eq!(one.manifest_check_interval, Duration::from_secs(30));
    assert_eq!(
        (one.max_retries, one.max_retry_delay),
        (3, Some(Duration::from_mins(1)))
    );
    assert_eq!((one.req_concurrent, one.req_per_sec), (3, Some(2.5)));
    assert_eq!(one.sync_timeout, Duration::from_hours(3));
    let [hub, rest] = &one.content[..] else {
        panic!("{one:?}")
    };
    assert_eq!((hub.prefix.as_str(), hub.destination.as_str()), ("library/**", "/hub"));
    assert!(hub.strip_prefix && !rest.strip_prefix && rest.tags_semver && !hub.tags_semver);
    assert_eq!(rest.tags_exclude_regex.as_deref(), Some("rc"));
    assert!(!two.on_demand && !two.tls_verify);
    assert_eq!(two.poll_interval, Duration::from_hours(6));
}

#[test]
fn what_is_not_said_has_its_default() {
    let config = yaml("storage: {rootDirectory: /r}\nextensions: {lint: {mandatoryAnnotations: [a, b]}}\n");
    assert!(config.storage.dedupe && config.storage.gc && config.storage.commit);
    assert_eq!(config.storage.gc_delay, Duration::from_hours(1));
    assert_eq!(
        (config.http.address.to_string().as_str(), config.http.port),
        ("127.0.0.1", 5000)
    );
    assert!(config.extensions.metrics.is_none() && config.extensions.scrub.is_none());
    let lint = config.extensions.lint.unwrap();
    assert!(lint.enable, "a section that is there switches its extension on");
    assert_eq!(lint.mandatory_annotations, ["a", "b"]);
}

#[test]
fn without_a_file_the_extensions_that_are_built_in_are_on() {
    let config = Config::without_file(&["scrub"]);
    assert!(config.extensions.scrub.is_some_and(|scrub| scrub.enable));
    assert!(config.extensions.metrics.is_none());
    assert_eq!(config.storage.root_directory, Path::new("./plimsoll-data"));
}

#[test]
fn keys_that_mean_nothing_here_are_warned_about_and_ignored() {
    let text = "storage: {rootDirectory: /r}\nextensions:\n  mgmt: {enable: true}\n  apikey: {}\n  \
                sync: {downloadDir: /staging}\n";
    let loaded = Config::parse("test.yaml", text.to_owned()).unwrap();
    let keys: Vec<_> = loaded
        .warnings
        .problems
        .iter()
        .map(|problem| problem.key.as_str())
        .collect();
    assert_eq!(
        keys,
        ["extensions.mgmt", "extensions.apikey", "extensions.sync.downloadDir"]
    );
    let told = loaded.warnings.to_string();
    assert!(told.contains("written where it will lie"), "{told}");
}

#[test]
fn api_keys_want_somebody_who_can_make_them() {
    let with = |http: &str| {
        let text = format!("storage: {{rootDirectory: /r}}\nhttp: {{{http}}}\n");
        Config::parse("test.yaml", text).map(|loaded| loaded.config.http.auth.api_keys)
    };
    let tls = "tls: {cert: c.pem, key: k.pem, cacert: a.pem}";
    assert!(with("auth: {apikey: true, htpasswd: {path: users}}").unwrap());
    assert!(with(&format!("auth: {{apikey: true}}, {tls}")).unwrap());
    assert!(!with("auth: {apikey: false}").unwrap());
    let error = with("auth: {apikey: true}").unwrap_err().to_string();
    assert!(error.contains("there is nobody who could make a key"), "{error}");
    let bearer = "bearer: {realm: \"https://a.example\", service: s, cert: c.pem}";
    assert!(with(&format!("auth: {{apikey: true, {bearer}}}")).is_err());
}

#[test]
fn a_file_that_cannot_be_read_says_so() {
    let error = Config::load(Path::new("/nowhere/config.yaml")).unwrap_err().to_string();
    assert!(error.starts_with("/nowhere/config.yaml: "), "{error}");
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused_with_places_inside_it(text in "[a-z{}\\[\\]:,\"'#&*!|> \t\n-]{0,80}", json: bool) {
        let name = if json { "c.json" } else { "c.yaml" };
        if let Err(ConfigError::Invalid(report)) = Config::parse(name, text.clone()) {
            prop_assert!(report.is_fatal());
            for problem in &report.problems {
                prop_assert!(problem.place.line <= text.lines().count() + 1, "{report}");
            }
        }
    }

    #[test]
    fn json_and_yaml_say_the_same(port: u16, seconds in 1_u32..1_000_000, dedupe: bool, root in "/[a-z0-9/ \u{e9}]{1,20}") {
        let json = format!(
            r#"{{"storage":{{"rootDirectory":{root:?},"dedupe":{dedupe},"gcDelay":"{seconds}s"}},"http":{{"port":{port}}}}}"#
        );
        let text = format!("storage:\n  rootDirectory: {root:?}\n  DEDUPE: \"{dedupe}\"\n  gcdelay: {seconds}s\nhttp:\n  port: '{port}'\n");
        let json = Config::parse("c.json", json).unwrap().config;
        let yaml = yaml(&text);
        prop_assert_eq!(format!("{json:?}"), format!("{yaml:?}"));
        prop_assert_eq!(json.http.port, port);
        prop_assert_eq!(json.storage.gc_delay, Duration::from_secs(u64::from(seconds)));
        prop_assert_eq!(json.storage.dedupe, dedupe);
    }
}
