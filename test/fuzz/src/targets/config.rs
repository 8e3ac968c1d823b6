//! The configuration.

use plimsoll_registry_core::config::Config;

use crate::target::Target;

const YAML: &str = "distSpecVersion: 1.1.1
storage: { rootDirectory: /r, gc: true, gcDelay: 1h, gcInterval: 24h, commit: true }
http:
  address: 127.0.0.1
  port: '5000'
  realm: plimsoll
  readTimeout: 30s
  auth: { htpasswd: { path: /etc/htpasswd }, failDelay: 5 }
  accessControl:
    repositories: { '**': { policies: [{ users: [a], groups: [g], actions: [read, create] }], defaultPolicy: [read] } }
    groups: { g: { users: [b] } }
    adminPolicy: { users: [root], actions: [read] }
    metrics: { users: [m] }
  ratelimit: { rate: 10, methods: [{ method: GET, rate: 5 }] }
  limits: { manifest: 4194304, page: 100 }
log: { level: info, audit: /var/log/audit }
extensions:
  metrics: { prometheus: { path: /metrics } }
  search: { cve: { updateInterval: 2h } }
  scrub: { interval: 24h }
  lint: { enable: true, mandatoryAnnotations: [a] }
  sync:
    registries: [{ urls: ['https://r.example'], onDemand: true, content: [{ prefix: '**', tags: { regex: '.*', semver: true } }] }]
";
const JSON: &str = r#"{"distSpecVersion":"1.1.1","storage":{"rootDirectory":"/r"},"http":{"address":"0.0.0.0","port":5000,"externalUrl":"https://r.example"},"log":{"level":"debug"},"extensions":{"search":{},"metrics":{"enable":"true"}}}"#;

pub(super) fn targets() -> Vec<Target> {
    vec![
        Target::text("config/yaml", [YAML], |text| parse("config.yaml", text)),
        Target::text("config/json", [JSON], |text| parse("config.json", text)),
        Target::text(
            "config/duration",
            ["1h", "1h30m", "1.5s", "100ms", "0", "24h0m0s"],
            |text| {
                let quoted = serde_json::Value::from(text);
                parse(
                    "config.json",
                    &format!(r#"{{"storage":{{"rootDirectory":"/r","gcInterval":{quoted}}}}}"#),
                );
            },
        ),
        Target::text(
            "config/repository-pattern",
            ["**", "a/*", "{a,b}/**", "[a-z]*/x?", "a"],
            |text| {
                let quoted = serde_json::Value::from(text);
                parse(
                    "config.json",
                    &format!(
                        r#"{{"storage":{{"rootDirectory":"/r"}},"http":{{"accessControl":{{"repositories":{{{quoted}:{{"defaultPolicy":["read"]}}}}}}}}}}"#
                    ),
                );
            },
        ),
    ]
}

/// What is wrong with a configuration can be told.
fn parse(name: &str, text: &str) {
    match Config::parse(name, text.to_owned()) {
        Ok(loaded) => drop(loaded.warnings.to_string()),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}
