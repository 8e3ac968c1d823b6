//! What an image says about itself, and where each of these things is looked for.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::ImageConfig;

type Annotations = BTreeMap<String, String>;

/// The keys of one thing: OCI's, and that of the older label-schema.org.
struct Keys(&'static [&'static str]);

const TITLE: Keys = Keys(&["org.opencontainers.image.title", "org.label-schema.name"]);
const DESCRIPTION: Keys = Keys(&["org.opencontainers.image.description", "org.label-schema.description"]);
const LICENSES: Keys = Keys(&["org.opencontainers.image.licenses", "org.label-schema.license"]);
const VENDOR: Keys = Keys(&["org.opencontainers.image.vendor", "org.label-schema.vendor"]);
const DOCUMENTATION: Keys = Keys(&["org.opencontainers.image.documentation", "org.label-schema.usage"]);
const SOURCE: Keys = Keys(&["org.opencontainers.image.source", "org.label-schema.vcs-url"]);
const CREATED: Keys = Keys(&["org.opencontainers.image.created", "org.label-schema.build-date"]);
const LABELS: Keys = Keys(&["org.label-schema.labels"]);
const AUTHORS: Keys = Keys(&["org.opencontainers.image.authors"]);

/// What an image says about itself. What it does not say is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Metadata {
    pub(crate) title: Option<Box<str>>,
    pub(crate) description: Option<Box<str>>,
    pub(crate) licenses: Option<Box<str>>,
    pub(crate) vendor: Option<Box<str>>,
    pub(crate) documentation: Option<Box<str>>,
    pub(crate) source: Option<Box<str>>,
    pub(crate) labels: Option<Box<str>>,
    pub(crate) authors: Option<Box<str>>,
    pub(crate) created: Option<Timestamp>,
}

impl Metadata {
    /// Annotations go before labels, and OCI's keys before the older ones. Without either, the config itself says who made
    /// the image and when.
    pub(crate) fn read(annotations: &Annotations, config: Option<&ImageConfig>) -> Self {
        let nothing = Annotations::new();
        let labels = config.and_then(ImageConfig::labels).unwrap_or(&nothing);
        let find = |keys: &Keys| keys.find(annotations).or_else(|| keys.find(labels));
        let text = |keys: &Keys| find(keys).map(Box::from);
        let author = config.and_then(|config| config.author.as_deref());
        Self {
            title: text(&TITLE),
            description: text(&DESCRIPTION),
            licenses: text(&LICENSES),
            vendor: text(&VENDOR),
            documentation: text(&DOCUMENTATION),
            source: text(&SOURCE),
            labels: text(&LABELS),
            authors: text(&AUTHORS).or_else(|| author.filter(|author| !author.is_empty()).map(Box::from)),
            created: find(&CREATED).and_then(timestamp).or_else(|| made(config?)),
        }
    }

    /// Fills what is not said here with what `other` says.
    pub(crate) fn or(&self, other: &Self) -> Self {
        let text = |own: &Option<Box<str>>, other: &Option<Box<str>>| own.as_ref().or(other.as_ref()).cloned();
        Self {
            title: text(&self.title, &other.title),
            description: text(&self.description, &other.description),
            licenses: text(&self.licenses, &other.licenses),
            vendor: text(&self.vendor, &other.vendor),
            documentation: text(&self.documentation, &other.documentation),
            source: text(&self.source, &other.source),
            labels: text(&self.labels, &other.labels),
            authors: text(&self.authors, &other.authors),
            created: self.created.or(other.created),
        }
    }
}

impl Keys {
    fn find<'a>(&self, map: &'a Annotations) -> Option<&'a str> {
        let mut values = self.0.iter().filter_map(|key| map.get(*key));
        values.find(|value| !value.is_empty()).map(String::as_str)
    }
}

fn made(config: &ImageConfig) -> Option<Timestamp> {
    let last = || config.history().last()?.created.as_deref();
    config
        .created
        .as_deref()
        .and_then(timestamp)
        .or_else(|| timestamp(last()?))
}

/// A time as RFC 3339 has it.
fn timestamp(text: &str) -> Option<Timestamp> {
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(annotations: serde_json::Value, config: serde_json::Value) -> Metadata {
        let annotations: Annotations = serde_json::from_value(annotations).unwrap();
        let config: ImageConfig = serde_json::from_value(config).unwrap();
        Metadata::read(&annotations, Some(&config))
    }

    #[test]
    fn annotations_go_before_labels_and_new_keys_before_old() {
        let labels = json!({ "config": { "Labels": {
            "org.opencontainers.image.vendor": "label",
            "org.label-schema.vendor": "old label",
        } } });
        let vendor = |annotations| read(annotations, labels.clone()).vendor;
        let both = json!({ "org.opencontainers.image.vendor": "new", "org.label-schema.vendor": "old" });
        assert_eq!(vendor(both).as_deref(), Some("new"));
        assert_eq!(
            vendor(json!({ "org.label-schema.vendor": "old" })).as_deref(),
            Some("old")
        );
        assert_eq!(
            vendor(json!({ "org.opencontainers.image.vendor": "" })).as_deref(),
            Some("label"),
            "an empty text says nothing"
        );
        assert_eq!(read(json!({}), json!({})).vendor, None);
    }

    #[test]
    fn the_config_says_who_and_when_if_nothing_else_does() {
        let config = json!({
            "author": "config",
            "created": "2024-01-02T03:04:05Z",
            "history": [{ "created": "2020-01-01T00:00:00Z" }, { "created": "2021-01-01T00:00:00Z" }],
        });
        let metadata = read(json!({}), config.clone());
        assert_eq!(metadata.authors.as_deref(), Some("config"));
        assert_eq!(metadata.created, timestamp("2024-01-02T03:04:05Z"));

        let annotations = json!({
            "org.opencontainers.image.authors": "annotation",
            "org.label-schema.build-date": "2025-01-01T00:00:00+02:00",
        });
        let metadata = read(annotations, config.clone());
        assert_eq!(metadata.authors.as_deref(), Some("annotation"));
        assert_eq!(metadata.created, timestamp("2024-12-31T22:00:00Z"));

        let mut without = config;
        without["created"] = json!("yesterday");
        assert_eq!(read(json!({}), without).created, timestamp("2021-01-01T00:00:00Z"));
    }
}
