//! Differences as a person can read them: of bytes around the first that differs, of JSON by the paths that differ.

use serde_json::Value;

use super::{actual::shorten, matcher::same_json};

/// How many bytes are shown from a difference on.
const AROUND: usize = 16;
/// How many bytes are shown before it.
const BEFORE: usize = 8;
/// What stands before the first byte that differs.
const MARK: char = '›';
/// How many paths of a difference in JSON are shown.
const PATHS: usize = 20;
/// How many lines a document has to have before its difference is shorter than itself.
const LARGE: usize = 4;

/// Where two byte strings differ first, and what is there; `None` if they are equal.
pub fn first_difference(expected: &[u8], actual: &[u8]) -> Option<(String, String)> {
    if expected == actual {
        return None;
    }
    let common = expected
        .iter()
        .zip(actual)
        .take_while(|(left, right)| left == right)
        .count();
    let side = |bytes: &[u8]| {
        let begin = common.saturating_sub(BEFORE);
        let (hex, text) = (hex(&bytes[begin..common]), text(&bytes[begin..common]));
        let space = if hex.is_empty() { "" } else { " " };
        if common == bytes.len() {
            return format!(
                "{} bytes, which end at {common}: {hex}{space}{MARK} |{text}{MARK}|",
                bytes.len()
            );
        }
        let rest = &bytes[common..bytes.len().min(common + AROUND)];
        format!(
            "{} bytes, at {common}: {hex}{space}{MARK}{} |{text}{MARK}{}|",
            bytes.len(),
            self::hex(rest),
            self::text(rest)
        )
    };
    Some((side(expected), side(actual)))
}

fn hex(bytes: &[u8]) -> String {
    let hex: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    hex.join(" ")
}

fn text(bytes: &[u8]) -> String {
    let shown = |byte: &u8| byte.is_ascii_graphic() || *byte == b' ';
    bytes
        .iter()
        .map(|byte| if shown(byte) { char::from(*byte) } else { '.' })
        .collect()
}

/// The first bytes as hexadecimal and as text.
pub(super) fn hex_line(bytes: &[u8]) -> String {
    let part = &bytes[..bytes.len().min(AROUND)];
    format!("{} |{}|", hex(part), text(part))
}

/// The paths at which `actual` differs from `expected`, with what each has there, if they are so large that this helps.
pub(super) fn json_difference(expected: &Value, actual: &Value) -> Option<(String, String)> {
    let lines = |value: &Value| serde_json::to_string_pretty(value).map_or(0, |text| text.lines().count());
    if lines(expected).min(lines(actual)) < LARGE {
        return None;
    }
    let mut paths = Vec::new();
    differing("$".to_owned(), Some(expected), Some(actual), &mut paths);
    let more = paths.len().saturating_sub(PATHS);
    paths.truncate(PATHS);
    let shown = |value: Option<&Value>| value.map_or("nothing".to_owned(), |value| shorten(&value.to_string()));
    let (mut expected, mut actual) = (Vec::new(), Vec::new());
    for (path, left, right) in paths {
        expected.push(format!("{path}: {}", shown(left)));
        actual.push(format!("{path}: {}", shown(right)));
    }
    if more > 0 {
        expected.push(format!("… {more} more paths"));
    }
    Some((expected.join("\n"), actual.join("\n")))
}

/// A path, and what two documents have there.
type Path<'a> = (String, Option<&'a Value>, Option<&'a Value>);

fn differing<'a>(path: String, expected: Option<&'a Value>, actual: Option<&'a Value>, into: &mut Vec<Path<'a>>) {
    match (expected, actual) {
        (Some(Value::Object(expected)), Some(Value::Object(actual))) => {
            let added = actual.keys().filter(|key| !expected.contains_key(*key));
            for key in expected.keys().chain(added) {
                differing(member(&path, key), expected.get(key), actual.get(key), into);
            }
        }
        (Some(Value::Array(expected)), Some(Value::Array(actual))) => {
            for place in 0..expected.len().max(actual.len()) {
                differing(format!("{path}[{place}]"), expected.get(place), actual.get(place), into);
            }
        }
        (Some(expected), Some(actual)) if same_json(expected, actual) => {}
        (expected, actual) => into.push((path, expected, actual)),
    }
}

/// The path of a member, as JSONPath writes it.
fn member(path: &str, key: &str) -> String {
    let plain = |character: char| character.is_ascii_alphanumeric() || character == '_';
    if !key.is_empty() && key.chars().all(plain) {
        format!("{path}.{key}")
    } else {
        format!("{path}['{key}']")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_shown_around_where_they_differ() {
        let (expected, actual) = first_difference(b"abcdef", b"abXdef").unwrap();
        assert_eq!(expected, "6 bytes, at 2: 61 62 ›63 64 65 66 |ab›cdef|");
        assert_eq!(actual, "6 bytes, at 2: 61 62 ›58 64 65 66 |ab›Xdef|");
        let (expected, actual) = first_difference(b"abc", b"ab").unwrap();
        assert_eq!(expected, "3 bytes, at 2: 61 62 ›63 |ab›c|");
        assert_eq!(actual, "2 bytes, which end at 2: 61 62 › |ab›|");
        assert_eq!(first_difference(b"", b"a").unwrap().0, "0 bytes, which end at 0: › |›|");
        assert_eq!(first_difference(b"same", b"same"), None);
    }

    #[test]
    fn json_is_compared_by_its_paths() {
        let left = serde_json::json!({ "a": 1, "b": [{ "c": 2 }, 3], "org.x/y": 4, "d": { "e": 5 } });
        let right = serde_json::json!({ "a": 1, "b": [{ "c": 9 }], "org.x/y": 6, "d": { "e": 5, "f": null } });
        let (expected, actual) = json_difference(&left, &right).unwrap();
        assert_eq!(expected, "$.b[0].c: 2\n$.b[1]: 3\n$['org.x/y']: 4\n$.d.f: nothing");
        assert_eq!(actual, "$.b[0].c: 9\n$.b[1]: nothing\n$['org.x/y']: 6\n$.d.f: null");
        assert_eq!(json_difference(&1.into(), &2.into()), None);
    }
}
