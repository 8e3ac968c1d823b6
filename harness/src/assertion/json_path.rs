//! JSONPath, and what its result is to a matcher.

use jsonpath_rust::JsonPath;
use serde_json::Value;

use super::Actual;

/// A text that is not a JSONPath.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{path}` is not a JSONPath: {message}")]
pub struct PathError {
    path: String,
    message: String,
}

/// What `path` finds in `document`. A path that names one place gives its value; one that may match several gives nodes.
pub fn query(document: &Value, path: &str) -> Result<Actual, PathError> {
    let found = document.query(path).map_err(|error| PathError {
        path: path.to_owned(),
        message: error.to_string(),
    })?;
    let nodes: Vec<Value> = found.into_iter().cloned().collect();
    Ok(match nodes.as_slice() {
        [] => Actual::Absent,
        [value] if names_one_place(path) => Actual::Json(value.clone()),
        _ => Actual::Nodes(nodes),
    })
}

/// Whether there is nothing in `path`, outside of quoted names, that could match more than once.
fn names_one_place(path: &str) -> bool {
    let mut quote = None;
    let mut previous = ' ';
    for character in path.chars() {
        match (quote, character) {
            (Some(open), _) if character == open => quote = None,
            (None, '\'' | '"') => quote = Some(character),
            (None, '*' | '?' | ':' | ',') => return false,
            (None, '.') if previous == '.' => return false,
            _ => {}
        }
        previous = character;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_gives_a_value_nodes_or_nothing() {
        let document = serde_json::json!({ "tags": ["a", "b"], "org.x": 1, "list": [{ "d": 1 }] });
        assert_eq!(query(&document, "$.tags[0]").unwrap(), Actual::Json("a".into()));
        assert_eq!(query(&document, "$['org.x']").unwrap(), Actual::Json(1.into()));
        assert_eq!(query(&document, "$.nothing").unwrap(), Actual::Absent);
        assert_eq!(
            query(&document, "$.tags[*]").unwrap(),
            Actual::Nodes(vec!["a".into(), "b".into()])
        );
        assert_eq!(query(&document, "$.list[*].d").unwrap(), Actual::Nodes(vec![1.into()]));
        assert!(query(&document, "$.tags[").is_err());
    }
}
