//! The configuration of a server: deep merging, and the places that are filled in.

use serde_json::Value;

/// Merges `over` into `base`: maps merge, everything else replaces, `null` removes.
pub fn merge(base: &mut Value, over: Value) {
    match (base, over) {
        (Value::Object(base), Value::Object(over)) => {
            for (key, value) in over {
                match value {
                    Value::Null => {
                        base.remove(&key);
                    }
                    value => merge(base.entry(key).or_insert(Value::Null), value),
                }
            }
        }
        (
            base @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_)),
            Value::Object(over),
        ) => {
            *base = Value::Object(serde_json::Map::new());
            merge(base, Value::Object(over));
        }
        (base, over) => *base = over,
    }
}

/// Puts each value wherever a text has its name.
pub(super) fn fill(value: &mut Value, values: &[(&str, String)]) {
    match value {
        Value::String(text) => *text = fill_text(text, values),
        Value::Array(items) => items.iter_mut().for_each(|item| fill(item, values)),
        Value::Object(entries) => entries.values_mut().for_each(|item| fill(item, values)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The same in one text.
pub(super) fn fill_text(text: &str, values: &[(&str, String)]) -> String {
    let filled = values.iter();
    filled.fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn maps_merge_everything_else_replaces_and_null_removes() {
        let mut base = json!({ "a": { "b": 1, "c": [1, 2] }, "d": "x", "e": 1 });
        merge(
            &mut base,
            json!({ "a": { "c": [3], "f": { "g": null, "h": 2 } }, "d": null, "e": { "i": 1 } }),
        );
        assert_eq!(
            base,
            json!({ "a": { "b": 1, "c": [3], "f": { "h": 2 } }, "e": { "i": 1 } })
        );
    }

    #[test]
    fn values_are_filled_in_everywhere() {
        let mut config = json!({ "storage": { "rootDirectory": "{root}" }, "list": ["{root}/x:{port}", 1] });
        let values = [("{root}", "/tmp/r".to_owned()), ("{port}", "81".to_owned())];
        fill(&mut config, &values);
        assert_eq!(
            config,
            json!({ "storage": { "rootDirectory": "/tmp/r" }, "list": ["/tmp/r/x:81", 1] })
        );
    }
}
