//! Values: what a key's text means, and what to write where it means nothing.

use std::{collections::BTreeMap, net::IpAddr, path::PathBuf, time::Duration};

use super::{
    duration,
    key::{self, Kind},
    keys::KEYS,
    sync,
    tree::{Data, Node},
};

/// A value, understood.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Switch(bool),
    Text(String),
    Address(IpAddr),
    Port(u16),
    Duration(Duration),
    List(Vec<String>),
    Number(u64),
    /// Sections with their names, in the order of the file.
    Map(Vec<(String, Values)>),
    Rate(f64),
    /// Sections in their order.
    Sections(Vec<Values>),
}

/// Why a value is not understood: what was found, and what to write.
#[derive(Debug)]
pub(super) struct Misfit {
    pub(super) found: String,
    pub(super) help: String,
}

impl Misfit {
    fn new(found: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            found: found.into(),
            help: help.into(),
        }
    }
}

/// What `kind` takes, as advice.
pub(super) fn advice(kind: Kind) -> String {
    match kind {
        Kind::Section => "write a mapping of keys, `{}` for one with every default".to_owned(),
        Kind::Map => "write a mapping of names to mappings".to_owned(),
        Kind::Globs => "write a mapping of patterns such as \"team/**\" to mappings".to_owned(),
        Kind::Sections => "write a list of mappings".to_owned(),
        Kind::Switch => "write `true` or `false`".to_owned(),
        Kind::Version => "write the version in quotes, such as \"1.1.1\"".to_owned(),
        Kind::File => "write a path, such as \"/var/lib/plimsoll\"".to_owned(),
        Kind::Address => "write an IP address, such as \"127.0.0.1\", or \"0.0.0.0\" for every interface".to_owned(),
        Kind::Port => "write a port from 0 to 65535, such as \"5000\"; 0 takes any free one".to_owned(),
        Kind::Url => "write what clients reach, such as \"https://registry.example.com\"".to_owned(),
        Kind::Duration => "write a number and a unit, such as \"30s\" or \"1h30m\"".to_owned(),
        Kind::Delay => "write a number and a unit, such as \"30s\" or \"1h30m\", or \"0s\"".to_owned(),
        Kind::Choice(words) => format!("write one of {}", words.join(", ")),
        Kind::Choices(words) => format!(
            "write a list of some of {}, such as [\"{}\"]",
            words.join(", "),
            words[0]
        ),
        Kind::Annotations => "write a list of keys, such as [\"org.opencontainers.image.licenses\"]".to_owned(),
        Kind::Text | Kind::AnyText => "write a text".to_owned(),
        Kind::Texts => "write a list of texts, such as [\"one\", \"two\"]".to_owned(),
        Kind::Number(least) => format!("write a whole number, not less than {least}"),
        Kind::Size => "write a number of bytes, or one with a unit, such as \"4 MiB\"".to_owned(),
        Kind::MetricsPath => "write a path such as \"/metrics\"".to_owned(),
        Kind::Urls => "write a list of URLs, such as [\"https://registry.example.com\"]".to_owned(),
        Kind::Hosts => "write a list of hosts, such as [\"registry.example.com:5000\"]".to_owned(),
        Kind::Glob => "write a path, such as \"library/**\"".to_owned(),
        Kind::Pattern => "write a regular expression, such as \"^v[0-9]+$\"".to_owned(),
        Kind::Rate => "write a number above 0".to_owned(),
        Kind::CredentialHelper => "take it out, and write user and password into `credentialsFile`".to_owned(),
        Kind::NotYet | Kind::Ignored(_) => "take it out".to_owned(),
    }
}

/// Understands `node` as a value of `kind`.
pub(super) fn read(kind: Kind, node: &Node) -> Result<Value, Misfit> {
    match (&node.data, kind) {
        (Data::List(items), kind) if kind.is_collection() && !kind.has_keys() => list(kind, items),
        (Data::Scalar { text, .. }, Kind::AnyText) if !node.is_nothing() => Ok(Value::Text(text.clone())),
        (Data::Scalar { text, .. }, kind) if !kind.is_collection() => {
            if node.is_nothing() {
                return Err(Misfit::new("found nothing", advice(kind)));
            }
            let texts_only = matches!(
                kind,
                Kind::File | Kind::Version | Kind::Url | Kind::MetricsPath | Kind::Glob
            );
            if texts_only && node.is_number_or_switch() {
                return Err(Misfit::new(format!("found {node} where a text belongs"), advice(kind)));
            }
            scalar(kind, text).map_err(|reason| Misfit::new(format!("found {node}, which {reason}"), advice(kind)))
        }
        _ => Err(Misfit::new(format!("found {node}"), advice(kind))),
    }
}

fn list(kind: Kind, items: &[Node]) -> Result<Value, Misfit> {
    let mut texts = Vec::new();
    let mut wrong = Vec::new();
    for item in items {
        match &item.data {
            Data::Scalar { text, .. } if item.is_nothing() || !is_listed(kind, text) => wrong.push(item.to_string()),
            Data::Scalar { text, .. } => texts.push(match kind {
                Kind::Urls => text.trim_end_matches('/').to_owned(),
                _ => text.clone(),
            }),
            _ => wrong.push(item.to_string()),
        }
    }
    if wrong.is_empty() {
        Ok(Value::List(texts))
    } else {
        Err(Misfit::new(
            format!("found in the list: {}", wrong.join(", ")),
            advice(kind),
        ))
    }
}

fn is_listed(kind: Kind, text: &str) -> bool {
    match kind {
        Kind::Choices(words) => words.contains(&text),
        Kind::Urls => url(text).is_ok(),
        Kind::Hosts => text
            .parse::<http::uri::Authority>()
            .is_ok_and(|host| host.as_str() == text && !text.contains('@')),
        _ => !text.trim().is_empty(),
    }
}

/// The value of a text. An error completes the sentence "which …".
fn scalar(kind: Kind, text: &str) -> Result<Value, String> {
    if text.is_empty() {
        return Err("is empty".to_owned());
    }
    match kind {
        Kind::Switch => match text.to_ascii_lowercase().as_str() {
            "true" => Ok(Value::Switch(true)),
            "false" => Ok(Value::Switch(false)),
            _ => Err("is neither true nor false".to_owned()),
        },
        Kind::Address => match text.parse() {
            Ok(address) => Ok(Value::Address(address)),
            Err(_) if text == "localhost" => Err("is a name, not an IP address".to_owned()),
            Err(_) => Err("is not an IP address".to_owned()),
        },
        Kind::Port => match text.parse() {
            Ok(port) if text.bytes().all(|byte| byte.is_ascii_digit()) => Ok(Value::Port(port)),
            _ => Err("is not a port".to_owned()),
        },
        Kind::Duration | Kind::Delay => match duration::parse(text) {
            Ok(Duration::ZERO) if kind == Kind::Duration => Err("is no time at all".to_owned()),
            Ok(duration) => Ok(Value::Duration(duration)),
            Err(error) => Err(error.to_string()),
        },
        Kind::Url => url(text).map(Value::Text).map_err(str::to_owned),
        Kind::Choice(words) => {
            if words.contains(&text) {
                return Ok(Value::Text(text.to_owned()));
            }
            let meant = nearest(text, words.iter().copied());
            Err(meant.map_or_else(
                || "is unknown here".to_owned(),
                |word| format!("is unknown here (did you mean `{word}`?)"),
            ))
        }
        Kind::Version => {
            let parts: Vec<_> = text.split('.').collect();
            let digits = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
            // Pre-releases such as 1.1.0-dev are what older configurations of zot's have.
            let plain = text.split('-').next().unwrap_or_default();
            if parts.len() >= 2 && plain.split('.').collect::<Vec<_>>().iter().all(digits) {
                Ok(Value::Text(text.to_owned()))
            } else {
                Err("is not a version".to_owned())
            }
        }
        Kind::MetricsPath => metrics_path(text).map(Value::Text).map_err(str::to_owned),
        Kind::File | Kind::Text | Kind::AnyText => Ok(Value::Text(text.to_owned())),
        Kind::Glob => match sync::glob(text) {
            Ok(_) => Ok(Value::Text(text.to_owned())),
            Err(error) => Err(format!("is refused: sync prefix could not be compiled: {error}")),
        },
        Kind::Pattern => match regex::Regex::new(text) {
            Ok(_) => Ok(Value::Text(text.to_owned())),
            // The message's own picture of the place would not fit into the line.
            Err(error) => Err(format!(
                "is not a regular expression: {}",
                error
                    .to_string()
                    .lines()
                    .last()
                    .unwrap_or_default()
                    .trim_start_matches("error: ")
            )),
        },
        Kind::Number(least) => match text.parse() {
            Ok(number) if number >= least => Ok(Value::Number(number)),
            Ok(_) => Err("is too small".to_owned()),
            Err(_) => Err("is not a whole number".to_owned()),
        },
        Kind::Size => size(text)
            .map(Value::Number)
            .ok_or_else(|| "is not a length".to_owned()),
        Kind::Rate => match text.parse::<f64>() {
            Ok(rate) if rate.is_finite() && rate > 0.0 => Ok(Value::Rate(rate)),
            _ => Err("is not a number above 0".to_owned()),
        },
        Kind::CredentialHelper => Err("is a credential helper that plimsoll-registry does not support yet".to_owned()),
        Kind::Section
        | Kind::Map
        | Kind::Globs
        | Kind::Sections
        | Kind::Choices(_)
        | Kind::Annotations
        | Kind::Texts
        | Kind::Urls
        | Kind::Hosts
        | Kind::NotYet
        | Kind::Ignored(_) => Err("does not belong here".to_owned()),
    }
}

/// Bytes: digits, and one of B, KiB, MiB and GiB after them.
fn size(text: &str) -> Option<u64> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let scale = match unit.trim_start() {
        "" | "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(scale)
}

fn url(text: &str) -> Result<String, &'static str> {
    let parsed: http::Uri = text.parse().map_err(|_| "is not a URL")?;
    if !matches!(parsed.scheme_str(), Some("http" | "https")) {
        return Err("does not begin with http:// or https://");
    }
    if parsed.query().is_some() || text.contains('#') {
        return Err("has more than a host and a path");
    }
    Ok(text.trim_end_matches('/').to_owned())
}

/// zot's three rules, and a fourth: nothing below `/v2`, where the registry's own routes are.
fn metrics_path(text: &str) -> Result<String, &'static str> {
    if !text.starts_with('/') {
        return Err("is refused: metrics path must start with /");
    }
    if text == "/" || text == "/v2" || text.starts_with("/v2/") {
        return Err("is refused: provided metrics path is disallowed");
    }
    let clean = text[1..].split('/').all(|part| !matches!(part, "" | "." | ".."));
    // What axum would take for a pattern, or could never match, is no path of ours.
    let literal = text
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && !b"{}?#%*:".contains(&byte));
    if clean && literal {
        Ok(text.to_owned())
    } else {
        Err("is refused: invalid metrics path")
    }
}

/// The word that was probably meant.
pub(super) fn nearest<'a>(text: &str, words: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let text = text.to_ascii_lowercase();
    words
        .map(|word| (strsim::damerau_levenshtein(&text, &word.to_ascii_lowercase()), word))
        .filter(|(distance, word)| {
            let is_beginning = word.len() >= 3 && text.starts_with(&word.to_ascii_lowercase());
            is_beginning || *distance <= (word.len() / 3).clamp(1, 4)
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

/// The values of a whole configuration by their paths, defaults included.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Values {
    given: BTreeMap<&'static str, Value>,
    /// The sections that are there.
    sections: Vec<&'static str>,
}

impl Values {
    /// Only defaults.
    pub(super) fn defaults() -> Self {
        Self::defaults_within("")
    }

    /// Only defaults, of the keys below `section`.
    pub(super) fn defaults_within(section: &str) -> Self {
        let given = KEYS
            .iter()
            .filter(|key| key.path.starts_with(section))
            .filter_map(|key| {
                let value = match (key.default?, key.kind) {
                    (text, Kind::Choices(_) | Kind::Annotations | Kind::Texts | Kind::Hosts) => {
                        Value::List(key::words(text))
                    }
                    (text, Kind::AnyText) => Value::Text(text.to_owned()),
                    (text, kind) => scalar(kind, text).expect("a test reads every default of the table"),
                };
                Some((key.path, value))
            });
        Self {
            given: given.collect(),
            sections: Vec::new(),
        }
    }

    pub(super) fn set(&mut self, path: &'static str, value: Value) {
        self.given.insert(path, value);
    }

    pub(super) fn add_section(&mut self, path: &'static str) {
        self.sections.push(path);
    }

    pub(super) fn has_section(&self, path: &str) -> bool {
        self.sections.contains(&path)
    }

    pub(super) fn has(&self, path: &str) -> bool {
        self.given.contains_key(path)
    }

    pub(super) fn switch(&self, path: &str) -> bool {
        matches!(self.given.get(path), Some(Value::Switch(true)))
    }

    pub(super) fn text(&self, path: &str) -> Option<&str> {
        match self.given.get(path) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    pub(super) fn file(&self, path: &str) -> Option<PathBuf> {
        self.text(path).map(PathBuf::from)
    }

    pub(super) fn list(&self, path: &str) -> Vec<String> {
        match self.given.get(path) {
            Some(Value::List(list)) => list.clone(),
            _ => Vec::new(),
        }
    }

    pub(super) fn number(&self, path: &str) -> Option<u64> {
        match self.given.get(path) {
            Some(Value::Number(number)) => Some(*number),
            _ => None,
        }
    }

    pub(super) fn rate(&self, path: &str) -> Option<f64> {
        match self.given.get(path) {
            Some(Value::Rate(rate)) => Some(*rate),
            _ => None,
        }
    }

    pub(super) fn duration(&self, path: &str) -> Option<Duration> {
        match self.given.get(path) {
            Some(Value::Duration(duration)) => Some(*duration),
            _ => None,
        }
    }

    /// The sections of a map with their names; none where it is not given.
    pub(super) fn map(&self, path: &str) -> &[(String, Values)] {
        match self.given.get(path) {
            Some(Value::Map(entries)) => entries,
            _ => &[],
        }
    }

    /// The sections of a list; none where it is not given.
    pub(super) fn sections(&self, path: &str) -> &[Self] {
        match self.given.get(path) {
            Some(Value::Sections(sections)) => sections,
            _ => &[],
        }
    }

    /// The value of a key that has a default.
    pub(super) fn get(&self, path: &str) -> &Value {
        self.given
            .get(path)
            .unwrap_or_else(|| unreachable!("{path} has a default"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_is_a_value_of_its_kind() {
        Values::defaults();
    }

    #[test]
    fn metrics_paths_that_would_hide_the_registry_are_refused() {
        for path in [
            "metrics", "/", "/v2", "/v2/", "/v2/x", "/a//b", "/a/", "/a/../v2", "/{x}", "/a b", "/a?b", "/%76",
        ] {
            assert!(metrics_path(path).is_err(), "{path}");
        }
        for path in ["/metrics", "/custom/metrics", "/v2metrics"] {
            assert!(metrics_path(path).is_ok(), "{path}");
        }
    }

    #[test]
    fn the_nearest_word_is_near() {
        let words = ["dedupe", "gcDelay", "rootDirectory"];
        assert_eq!(nearest("dedup", words.into_iter()), Some("dedupe"));
        assert_eq!(nearest("rootdir", words.into_iter()), None);
        assert_eq!(nearest("gcdealy", words.into_iter()), Some("gcDelay"));
        assert_eq!(nearest("x", words.into_iter()), None);
    }
}
