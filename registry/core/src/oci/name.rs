//! Repository names.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The name of a repository, such as `library/alpine`.
///
/// Each component matches `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*` (spec.md#pulling-manifests). A name is at most
/// [`RepositoryName::MAX_LENGTH`] bytes. Components such as `blobs`, `tags` or `index.json` are names like any other:
/// that they also name places inside a repository is for the routes and the storage to keep apart.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RepositoryName(Box<str>);

/// Why a text is not a repository name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// The text does not follow the grammar.
    #[error(
        "a repository name is lower-case letters, digits and the separators '.', '_', '__', '-' in components joined by '/'"
    )]
    Malformed,
    /// The name is longer than clients can take.
    #[error("a repository name is at most 255 bytes")]
    TooLong,
}

impl RepositoryName {
    /// The longest name, in bytes: what clients can take (spec.md#pulling-manifests) and file systems hold.
    pub const MAX_LENGTH: usize = 255;

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The components between the slashes.
    pub fn components(&self) -> impl Iterator<Item = &str> {
        self.0.split('/')
    }
}

impl FromStr for RepositoryName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        if text.len() > Self::MAX_LENGTH {
            return Err(NameError::TooLong);
        }
        if !text.split('/').all(is_component) {
            return Err(NameError::Malformed);
        }
        Ok(Self(text.into()))
    }
}

/// Whether alphanumeric runs and separators alternate, with a run at both ends.
fn is_component(component: &str) -> bool {
    let alphanumeric = |character: char| character.is_ascii_lowercase() || character.is_ascii_digit();
    let mut rest = component;
    loop {
        let run = rest.len() - rest.trim_start_matches(alphanumeric).len();
        if run == 0 {
            return false;
        }
        rest = &rest[run..];
        if rest.is_empty() {
            return true;
        }
        let separator = rest.len() - rest.trim_start_matches(|character| !alphanumeric(character)).len();
        let (between, after) = rest.split_at(separator);
        if !(matches!(between, "." | "_" | "__") || between.bytes().all(|byte| byte == b'-')) {
            return false;
        }
        rest = after;
    }
}

impl fmt::Display for RepositoryName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Debug for RepositoryName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl std::borrow::Borrow<str> for RepositoryName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl Serialize for RepositoryName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for RepositoryName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_grammar_of_the_specification_holds() {
        for name in [
            "a",
            "0",
            "a/b",
            "a.b",
            "a_b",
            "a__b",
            "a-b",
            "a---b",
            "a/b/c-d_e.f",
            "x/uploads",
            "tags/list",
            "x/blobs/y",
            "index.json",
        ] {
            assert!(name.parse::<RepositoryName>().is_ok(), "{name}");
        }
        for name in [
            "", "/", "a/", "/a", "a//b", ".", "..", "a/../b", "a/./b", "A", "a..b", "a___b", "a._b", "a-_b", "-a",
            "a-", "_a", "a b", "a\\b", "a%2fb", "ä", "a\0",
        ] {
            assert_eq!(name.parse::<RepositoryName>(), Err(NameError::Malformed), "{name}");
        }
        assert!("a".repeat(255).parse::<RepositoryName>().is_ok());
        assert_eq!("a".repeat(256).parse::<RepositoryName>(), Err(NameError::TooLong));
    }

    proptest! {
        #[test]
        fn every_name_of_the_grammar_is_accepted(name in "[a-z0-9]+((\\.|_|__|-{1,3})[a-z0-9]+){0,3}(/[a-z0-9]+((\\.|_|__|-{1,3})[a-z0-9]+){0,3}){0,3}") {
            prop_assume!(name.len() <= 255);
            prop_assert!(name.parse::<RepositoryName>().is_ok_and(|parsed| parsed.as_str() == name));
        }
    }
}
