//! The JSON Schema of the configuration, from the table of keys.

use serde_json::{Map, Value, json};

use super::{
    key::{self, Key, Kind},
    keys::{self, NEEDED, REQUIRED},
};

/// The schema, as draft 2020-12. Editors check a file with it while it is written. It knows keys in the table's own case
/// alone, which the registry does not insist on.
pub fn json_schema() -> Value {
    let mut schema = Map::new();
    schema.insert("$schema".into(), json!("https://json-schema.org/draft/2020-12/schema"));
    schema.insert("title".into(), json!("plimsoll-registry configuration"));
    schema.append(&mut section(""));
    Value::Object(schema)
}

fn section(path: &str) -> Map<String, Value> {
    let properties: Map<_, _> = keys::within(path)
        .filter(|key| key.kind != Kind::NotYet)
        .map(|key| (key.name().to_owned(), property(key)))
        .collect();
    let mut schema = Map::new();
    schema.insert("type".into(), json!("object"));
    schema.insert("additionalProperties".into(), json!(false));
    schema.insert("properties".into(), Value::Object(properties));
    let required: Vec<_> = keys::within(path)
        .filter(|key| {
            NEEDED.contains(&key.path)
                || REQUIRED
                    .iter()
                    .any(|required| *required == key.path || is_below(required, key.path))
        })
        .map(Key::name)
        .collect();
    if !required.is_empty() {
        schema.insert("required".into(), json!(required));
    }
    schema
}

fn is_below(path: &str, section: &str) -> bool {
    path.strip_prefix(section).is_some_and(|rest| rest.starts_with('.'))
}

fn property(key: &Key) -> Value {
    let mut schema = match key.kind {
        Kind::Section => Value::Object(section(key.path)),
        Kind::Map | Kind::Globs => json!({ "type": "object", "additionalProperties": section(key.path) }),
        Kind::Sections => json!({ "type": "array", "items": section(key.path) }),
        Kind::Switch => json!({ "enum": [true, false, "true", "false"] }),
        Kind::Port => {
            json!({ "type": ["integer", "string"], "minimum": 0, "maximum": 65535, "pattern": "^[0-9]{1,5}$" })
        }
        Kind::Duration | Kind::Delay => {
            json!({ "type": "string", "pattern": r"^\+?(0|(([0-9]+\.?[0-9]*|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+)$" })
        }
        Kind::Choice(words) => json!({ "enum": words }),
        Kind::Choices(words) => json!({ "type": "array", "items": { "enum": words } }),
        Kind::Annotations | Kind::Texts | Kind::Hosts => {
            json!({ "type": "array", "items": { "type": "string", "minLength": 1 } })
        }
        Kind::MetricsPath => json!({ "type": "string", "pattern": "^/[^/]" }),
        Kind::Url => json!({ "type": "string", "pattern": "^https?://" }),
        Kind::Urls => json!({ "type": "array", "minItems": 1, "items": { "type": "string", "pattern": "^https?://" } }),
        Kind::Number(least) => json!({ "type": ["integer", "string"], "minimum": least, "pattern": "^[0-9]+$" }),
        Kind::Size => json!({ "type": ["integer", "string"], "minimum": 0, "pattern": "^[0-9]+ *([KMG]iB|B)?$" }),
        Kind::Rate => json!({ "type": ["number", "string"], "exclusiveMinimum": 0 }),
        Kind::AnyText => json!({ "type": "string" }),
        Kind::Version | Kind::File | Kind::Address | Kind::Text | Kind::Glob | Kind::Pattern => {
            json!({ "type": "string", "minLength": 1 })
        }
        Kind::CredentialHelper => json!(false),
        Kind::NotYet | Kind::Ignored(_) => json!({ "deprecated": true }),
    };
    if !key.doc.is_empty() && schema.is_object() {
        schema["description"] = json!(key.doc);
    }
    if let Some(default) = key.default {
        schema["default"] = match key.kind {
            Kind::Switch => json!(default == "true"),
            Kind::Choices(_) | Kind::Annotations | Kind::Texts | Kind::Hosts => json!(key::words(default)),
            Kind::Number(_) => json!(default.parse::<u64>().unwrap_or_default()),
            _ => json!(default),
        };
    }
    schema
}

#[cfg(test)]
mod tests {
    use super::{super::keys::KEYS, *};

    #[test]
    fn every_supported_key_is_in_the_schema() {
        let schema = json_schema();
        for key in KEYS {
            let mut pointer = String::new();
            let mut path = String::new();
            for part in key.path.split('.') {
                let around = KEYS.iter().find(|key| key.path == path).map(|key| key.kind);
                pointer.push_str(match around {
                    Some(Kind::Sections) => "/items/properties/",
                    Some(Kind::Map | Kind::Globs) => "/additionalProperties/properties/",
                    _ => "/properties/",
                });
                pointer.push_str(part);
                path = if path.is_empty() {
                    part.to_owned()
                } else {
                    format!("{path}.{part}")
                };
            }
            assert_eq!(
                schema.pointer(&pointer).is_some(),
                key.kind != Kind::NotYet,
                "{}",
                key.path
            );
        }
        assert_eq!(schema["required"], json!(["storage"]));
    }
}
