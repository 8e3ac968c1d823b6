//! YAML without templates, for the files that scenarios name: the same strict YAML, as JSON.

use serde_json::Value;

use super::{
    diagnostic::Problem,
    tree::{self, Kind, Node},
};

/// Reads `source` as JSON. Plain `true`, `false`, `null` and whole numbers have their type; everything else is text.
///
/// # Errors
/// What is wrong first.
pub(crate) fn read_yaml(source: &str) -> Result<Value, Problem> {
    let (root, mut problems) = tree::parse(source);
    match root {
        Some(root) if problems.is_empty() => Ok(json(&root)),
        _ if problems.is_empty() => Ok(Value::Null),
        _ => Err(problems.swap_remove(0)),
    }
}

fn json(node: &Node) -> Value {
    match &node.kind {
        Kind::Scalar { .. } if node.is_null() => Value::Null,
        Kind::Scalar { text, plain: true } => match text.as_str() {
            "true" => true.into(),
            "false" => false.into(),
            text => text
                .parse::<i64>()
                .ok()
                .filter(|number| number.to_string() == *text)
                .map_or_else(|| text.into(), Value::from),
        },
        Kind::Scalar { text, .. } => text.as_str().into(),
        Kind::List(items) => items.iter().map(json).collect(),
        Kind::Map(entries) => entries
            .iter()
            .map(|entry| (entry.key.clone(), json(&entry.value)))
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yaml_is_read_as_json() {
        let value = read_yaml("a: 1\nb: [true, ~, 1.20, '2', 007]\nc: { d: x y }\n").unwrap();
        assert_eq!(
            value,
            serde_json::json!({ "a": 1, "b": [true, null, "1.20", "2", "007"], "c": { "d": "x y" } })
        );
        assert!(read_yaml("a: 1\na: 2\n").is_err());
    }
}
