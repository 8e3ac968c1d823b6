//! The documentation of the configuration, from the table of keys.

use std::fmt::Write as _;

use super::{
    key::{Key, Kind},
    keys::{self, KEYS, NEEDED, REQUIRED},
};

/// `docs/configuration.md`.
pub fn markdown() -> String {
    let mut page = String::from(HEAD);
    for section in KEYS {
        let below = match section.kind {
            Kind::Section => "",
            Kind::Map | Kind::Globs => ".NAME",
            Kind::Sections => "[]",
            _ => continue,
        };
        // Writing to a String cannot fail.
        let _ = write!(page, "\n## `{}{below}`\n\n{}\n", section.path, section.doc);
        table(&mut page, section.path);
    }
    page.push_str(NOT_YET);
    for key in KEYS.iter().filter(|key| key.kind == Kind::NotYet) {
        let _ = writeln!(page, "- `{}`", key.path);
    }
    page.push_str(IGNORED);
    for key in KEYS {
        if let Kind::Ignored(why) = key.kind {
            let _ = writeln!(page, "- `{}`: {why}", key.path);
        }
    }
    page
}

fn table(page: &mut String, section: &str) {
    let keys: Vec<&Key> = keys::within(section)
        .filter(|key| key.is_supported() && !key.kind.has_keys() && key.kind != Kind::CredentialHelper)
        .collect();
    if keys.is_empty() {
        return;
    }
    page.push_str("\n| Key | Takes | Default | |\n|---|---|---|---|\n");
    for key in keys {
        let default = match key.default {
            Some("") => "empty".to_owned(),
            Some(default) => format!("`{default}`"),
            None if REQUIRED.contains(&key.path) || NEEDED.contains(&key.path) => "must be given".to_owned(),
            None => "none".to_owned(),
        };
        let _ = writeln!(
            page,
            "| `{}` | {} | {default} | {} |",
            key.name(),
            takes(key.kind),
            key.doc
        );
    }
}

fn takes(kind: Kind) -> String {
    match kind {
        Kind::Section
        | Kind::Map
        | Kind::Globs
        | Kind::Sections
        | Kind::NotYet
        | Kind::Ignored(_)
        | Kind::CredentialHelper => String::new(),
        Kind::Switch => "`true` or `false`".to_owned(),
        Kind::Version => "a version".to_owned(),
        Kind::File | Kind::MetricsPath => "a path".to_owned(),
        Kind::Address => "an IP address".to_owned(),
        Kind::Port => "a port, as number or text".to_owned(),
        Kind::Url => "an http or https URL".to_owned(),
        Kind::Duration => "a duration".to_owned(),
        Kind::Delay => "a duration, also `0s`".to_owned(),
        Kind::Choice(words) => quoted(words),
        Kind::Choices(words) => format!("a list of {}", quoted(words)),
        Kind::Annotations => "a list of keys".to_owned(),
        Kind::Text | Kind::AnyText => "a text".to_owned(),
        Kind::Texts => "a list of texts".to_owned(),
        Kind::Number(least) => format!("a whole number from {least}"),
        Kind::Size => "a length, such as `4 MiB`".to_owned(),
        Kind::Urls => "a list of http or https URLs".to_owned(),
        Kind::Hosts => "a list of hosts".to_owned(),
        Kind::Glob => "a path with wildcards".to_owned(),
        Kind::Pattern => "a regular expression".to_owned(),
        Kind::Rate => "a number above 0".to_owned(),
    }
}

fn quoted(words: &[&str]) -> String {
    let words: Vec<_> = words.iter().map(|word| format!("`{word}`")).collect();
    words.join(", ")
}

const HEAD: &str = "\
<!-- Generated from registry/core/src/config/keys.rs by `make docs`. -->

# Configuration

`plimsoll-registry serve CONFIG` reads one file, JSON or YAML, with zot's keys. Keys are compared without regard to case.
Durations are written as Go writes them: `30s`, `1h30m`, `1.5h`. What the registry does not understand it refuses, every
problem at once; `plimsoll-registry verify CONFIG` says so without serving, and `plimsoll-registry schema` prints the JSON
Schema of the file for editors.

Without a file the registry listens on 127.0.0.1:5000, keeps its content in `./plimsoll-data`, and has every extension on
that the binary includes.

```yaml
storage:
  rootDirectory: /var/lib/plimsoll
http:
  address: 0.0.0.0
  port: 5000
extensions:
  metrics: {}
  scrub:
    interval: 24h
  lint:
    mandatoryAnnotations: [org.opencontainers.image.licenses]
```

At the top stands also `distSpecVersion`, the version of the distribution specification that the file was written for.
";

const NOT_YET: &str = "
## Keys of zot's that are not supported yet

They are refused, so that nobody relies on what is not there.

";

const IGNORED: &str = "
## Keys of zot's that are ignored

`verify` and `serve` warn of them.

";
