//! Differences as a person can read them: of bytes around the first that differs, of JSON line by line.

use serde_json::Value;
use similar::{ChangeTag, TextDiff};

/// How many bytes are shown around a difference.
const AROUND: usize = 16;
/// How many lines of a difference in JSON are shown.
const LINES: usize = 40;

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
        if common == bytes.len() {
            format!("{} bytes, which end at {common}", bytes.len())
        } else {
            format!("{} bytes, at {common}: {}", bytes.len(), hex_line(bytes, common))
        }
    };
    Some((side(expected), side(actual)))
}

/// The bytes from `at` as hexadecimal and as text.
pub(super) fn hex_line(bytes: &[u8], at: usize) -> String {
    let part = &bytes[at.min(bytes.len())..bytes.len().min(at + AROUND)];
    let hex: Vec<String> = part.iter().map(|byte| format!("{byte:02x}")).collect();
    let text: String = part
        .iter()
        .map(|byte| {
            if byte.is_ascii_graphic() || *byte == b' ' {
                char::from(*byte)
            } else {
                '.'
            }
        })
        .collect();
    format!("{} |{text}|", hex.join(" "))
}

/// How `actual` differs from `expected`, line by line, if both are large enough that this helps.
pub(super) fn json_difference(expected: &Value, actual: &Value) -> Option<String> {
    let (old, new) = (
        serde_json::to_string_pretty(expected).ok()?,
        serde_json::to_string_pretty(actual).ok()?,
    );
    if old.lines().count().min(new.lines().count()) < 4 {
        return None;
    }
    let difference = TextDiff::from_lines(&old, &new);
    let mut lines: Vec<String> = difference
        .iter_all_changes()
        .filter_map(|change| {
            let sign = match change.tag() {
                ChangeTag::Delete => '-',
                ChangeTag::Insert => '+',
                ChangeTag::Equal => return None,
            };
            Some(format!("{sign}{}", change.to_string().trim_end()))
        })
        .collect();
    if lines.len() > LINES {
        let more = lines.len() - LINES;
        lines.truncate(LINES);
        lines.push(format!("… {more} more"));
    }
    Some(lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_shown_from_where_they_differ() {
        let (expected, actual) = first_difference(b"abcdef", b"abXdef").unwrap();
        assert_eq!(expected, "6 bytes, at 2: 63 64 65 66 |cdef|");
        assert_eq!(actual, "6 bytes, at 2: 58 64 65 66 |Xdef|");
        let (expected, actual) = first_difference(b"abc", b"ab").unwrap();
        assert_eq!(expected, "3 bytes, at 2: 63 |c|");
        assert_eq!(actual, "2 bytes, which end at 2");
        assert_eq!(first_difference(b"same", b"same"), None);
    }

    #[test]
    fn json_is_compared_line_by_line() {
        let left = serde_json::json!({ "a": 1, "b": 2, "c": 3 });
        let right = serde_json::json!({ "a": 1, "b": 5, "c": 3 });
        assert_eq!(json_difference(&left, &right).unwrap(), "-  \"b\": 2,\n+  \"b\": 5,");
        assert_eq!(json_difference(&1.into(), &2.into()), None);
    }
}
