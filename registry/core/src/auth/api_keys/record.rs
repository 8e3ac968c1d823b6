//! What is kept of a key on the disk.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{key::Owner, secret::Hash};

/// A key's file. The names are those of zot's answers, where there are such.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Record {
    #[serde(with = "as_text")]
    pub(super) uuid: Uuid,
    pub(super) owner: Owner,
    pub(super) hash: Hash,
    pub(super) label: String,
    pub(super) scopes: Vec<String>,
    #[serde(with = "as_text")]
    pub(super) created_at: Timestamp,
    /// Empty: never.
    #[serde(with = "as_optional_text")]
    pub(super) expiration_date: Option<Timestamp>,
    pub(super) creator_ua: String,
}

/// Values as what they are written as.
mod as_text {
    use std::{borrow::Cow, fmt::Display, str::FromStr};

    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(super) fn serialize<T: Display, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    pub(super) fn deserialize<'de, T, D>(deserializer: D) -> Result<T, D::Error>
    where
        T: FromStr<Err: Display>,
        D: Deserializer<'de>,
    {
        let text = Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

/// The same of those that may not be there.
mod as_optional_text {
    use std::{borrow::Cow, fmt::Display, str::FromStr};

    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    #[expect(clippy::ref_option, reason = "serde calls it so")]
    pub(super) fn serialize<T: Display, S: Serializer>(value: &Option<T>, serializer: S) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => serializer.collect_str(value),
            None => serializer.serialize_str(""),
        }
    }

    pub(super) fn deserialize<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
    where
        T: FromStr<Err: Display>,
        D: Deserializer<'de>,
    {
        let text = Cow::<str>::deserialize(deserializer)?;
        let value = (!text.is_empty()).then(|| text.parse());
        value.transpose().map_err(D::Error::custom)
    }
}
