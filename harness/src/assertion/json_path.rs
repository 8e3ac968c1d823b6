//! JSONPath, and what its result is to a matcher.

use jsonpath_rust::{JsonPath, parser::parse_json_path};
use serde_json::Value;

use super::Actual;

/// The longest path that is read, in bytes: finding out that one is none takes time for each.
const LONGEST: usize = 1_000;
/// How deep brackets may be within each other. The library's parser tries each function that is within another as three
/// things, so that every level takes three times as long as the one before.
const DEEPEST: usize = 6;

/// A text that is not a JSONPath, or more of one than is read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// It is none.
    #[error("`{path}` is no JSONPath: {message}")]
    Syntax {
        /// The text.
        path: String,
        /// What is wrong with it, as the library has it.
        message: String,
    },
    /// It may take very long to find out whether it is one.
    #[error("a JSONPath has up to {LONGEST} bytes, and brackets up to {DEEPEST} deep within each other")]
    TooLarge,
}

/// Whether `path` is a JSONPath that is read here.
pub fn check(path: &str) -> Result<(), PathError> {
    if path.len() > LONGEST || depth(path) > DEEPEST {
        return Err(PathError::TooLarge);
    }
    parse_json_path(path).map(drop).map_err(|error| syntax(path, &error))
}

/// What `path` finds in `document`. A path that names one place gives its value; one that may match several gives nodes.
pub fn query(document: &Value, path: &str) -> Result<Actual, PathError> {
    check(path)?;
    let found = document.query(path).map_err(|error| syntax(path, &error))?;
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

fn syntax(path: &str, error: &impl ToString) -> PathError {
    PathError::Syntax {
        path: path.to_owned(),
        message: error.to_string(),
    }
}

/// How many brackets are open at once, outside of quoted names.
fn depth(path: &str) -> usize {
    let mut quote = None;
    let mut open = 0_usize;
    let mut deepest = 0;
    let mut characters = path.chars();
    while let Some(character) = characters.next() {
        match (quote, character) {
            (Some(_), '\\') => drop(characters.next()),
            (Some(begun), _) if character == begun => quote = None,
            (None, '\'' | '"') => quote = Some(character),
            (None, '(' | '[') => {
                open += 1;
                deepest = deepest.max(open);
            }
            (None, ')' | ']') => open = open.saturating_sub(1),
            _ => {}
        }
    }
    deepest
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

    #[test]
    fn a_path_that_would_take_the_parser_very_long_is_refused() {
        let nested = |times| format!("$[?{}@.a", "length(".repeat(times));
        assert!(matches!(check(&nested(DEEPEST - 1)), Err(PathError::Syntax { .. })));
        assert_eq!(check(&nested(60)), Err(PathError::TooLarge));
        assert_eq!(check(&format!("${}", ".a".repeat(LONGEST))), Err(PathError::TooLarge));
        assert_eq!(
            check(r#"$['((((((((\'(((('][?match(@["[[[[[[[["], '((((((((')]"#),
            Ok(())
        );
        assert_eq!(
            check(&format!("$[?{}]", "@.a || ".repeat(100) + "@[?length(@.b) > 1]")),
            Ok(())
        );
    }
}
