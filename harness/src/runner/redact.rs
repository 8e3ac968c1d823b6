//! What a run says, without what nobody else is to know.

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::client::Access;

/// `said` without the secrets of `access`, wherever in it they are.
///
/// # Errors
/// `said` is not what it was once it is written and read again, which is a bug.
pub(super) fn redacted<T: Serialize + DeserializeOwned>(said: &T, access: &Access) -> serde_json::Result<T> {
    let mut value = serde_json::to_value(said)?;
    redact(&mut value, access);
    serde_json::from_value(value)
}

fn redact(value: &mut Value, access: &Access) {
    match value {
        Value::String(text) => *text = access.redact(text),
        Value::Array(items) => items.iter_mut().for_each(|item| redact(item, access)),
        Value::Object(fields) => fields.values_mut().for_each(|field| redact(field, access)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
