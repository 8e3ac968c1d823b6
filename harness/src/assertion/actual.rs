//! What came: the value that a matcher looks at.

use bytes::Bytes;
use serde_json::Value;

/// How much of a value is shown, in characters.
const SHOWN: usize = 600;

/// What came.
#[derive(Clone, Debug, PartialEq)]
pub enum Actual {
    /// Nothing: no such header, file, sample or JSON value.
    Absent,
    /// A value.
    Json(Value),
    /// Bytes, such as a body.
    Bytes(Bytes),
    /// The values that a JSONPath matches that may match several. At least one.
    Nodes(Vec<Value>),
}

impl Actual {
    /// A text, or nothing.
    pub fn text(text: Option<String>) -> Self {
        text.map_or(Self::Absent, |text| Self::Json(Value::String(text)))
    }

    /// As one value: a single node is itself, several are a list, bytes are text.
    pub(super) fn value(&self) -> Option<Value> {
        match self {
            Self::Absent => None,
            Self::Json(value) => Some(value.clone()),
            Self::Bytes(bytes) => Some(String::from_utf8_lossy(bytes).into_owned().into()),
            Self::Nodes(nodes) if nodes.len() == 1 => nodes.first().cloned(),
            Self::Nodes(nodes) => Some(nodes.clone().into()),
        }
    }

    /// As a list, if it is one: a single node that is a list is that list.
    pub(super) fn list(&self) -> Option<&[Value]> {
        match self {
            Self::Json(Value::Array(items)) => Some(items),
            Self::Nodes(nodes) => match nodes.as_slice() {
                [Value::Array(items)] => Some(items),
                nodes => Some(nodes),
            },
            _ => None,
        }
    }

    /// As it is shown in a report, shortened.
    pub fn shown(&self) -> String {
        match self {
            Self::Absent => "nothing".to_owned(),
            Self::Bytes(bytes) => match std::str::from_utf8(bytes) {
                Ok("") => "no bytes".to_owned(),
                Ok(text) => shorten(text),
                Err(_) => format!(
                    "{} bytes, beginning {}",
                    bytes.len(),
                    super::difference::hex_line(bytes)
                ),
            },
            other => other
                .value()
                .map_or_else(String::new, |value| shorten(&scalar_text(&value))),
        }
    }
}

/// A scalar without quotes, anything else as JSON.
pub(super) fn scalar_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

pub(super) fn shorten(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}… ({} bytes)", &text[..end], text.len()),
        None => text.to_owned(),
    }
}
