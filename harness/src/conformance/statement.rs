//! A statement of the specification.

use std::fmt;

use super::{Level, Version};

/// One statement of the specification about a registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Statement {
    /// What scenarios call it.
    pub id: &'static str,
    /// How much it binds.
    pub level: Level,
    /// The version since when it binds as much.
    pub since: Version,
    /// How much it bound before, and since when.
    pub earlier: Option<(Level, Version)>,
    /// How it shows.
    pub seen: Seen,
    /// Whether it is checked.
    pub state: State,
    /// The section of the specification that it stands in.
    pub section: &'static str,
    /// What holds, in a few words.
    pub text: &'static str,
}

/// How a statement shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Seen {
    /// In requests and their answers.
    Http,
    /// In bytes on a connection.
    Raw,
    /// On a server that the harness configures and runs.
    Own,
    /// Nowhere.
    Nowhere,
}

/// Whether a statement is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Some scenario checks it.
    Checked,
    /// It could be, and is not, for this reason.
    Exception(&'static str),
    /// Nothing that a registry answers can show it, for this reason.
    Untestable(&'static str),
}

impl Statement {
    /// The area that it belongs to, which its id begins with: `PUSH` of `PUSH-DIG-04`.
    pub fn area(&self) -> &'static str {
        self.id.split('-').next().unwrap_or(self.id)
    }

    /// How much it binds a registry of this version; none if the version does not have it.
    pub fn level_in(&self, version: Version) -> Option<Level> {
        if self.since <= version {
            return Some(self.level);
        }
        let (level, since) = self.earlier?;
        (since <= version).then_some(level)
    }

    /// Whether `name` is its id or a beginning of that, cut at a hyphen: `PUSH`, `PUSH-DIG`, `PUSH-DIG-04`.
    pub fn is_within(&self, name: &str) -> bool {
        let rest = self
            .id
            .get(..name.len())
            .filter(|begin| begin.eq_ignore_ascii_case(name))
            .map(|_| &self.id[name.len()..]);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    }
}

impl Seen {
    /// What the register calls it.
    pub(super) fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "http" => Self::Http,
            "raw" => Self::Raw,
            "own" => Self::Own,
            "no" => Self::Nowhere,
            _ => return None,
        })
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Http => "in requests and their answers",
            Self::Raw => "in bytes on a connection",
            Self::Own => "on a server that the harness configures and runs",
            Self::Nowhere => "nowhere",
        })
    }
}

impl State {
    /// Why it is not checked, if it is not.
    pub const fn reason(self) -> Option<&'static str> {
        match self {
            Self::Checked => None,
            Self::Exception(reason) | Self::Untestable(reason) => Some(reason),
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Checked => "checked",
            Self::Exception(_) => "exception",
            Self::Untestable(_) => "not testable",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::statement;

    #[test]
    fn a_statement_binds_from_its_version_on_and_before_as_much_as_it_did_then() {
        let digest = statement("PULL-BLOB-03").unwrap();
        assert_eq!(digest.level_in(Version::V1_1), Some(Level::Should));
        assert_eq!(digest.level_in(Version::Dev), Some(Level::Must));
        let referrers = statement("REF-01").unwrap();
        assert_eq!(referrers.level_in(Version::V1_0), None);
        assert_eq!(referrers.level_in(Version::V1_1), Some(Level::Must));
    }

    #[test]
    fn a_statement_is_within_its_area_and_not_within_another_that_begins_like_it() {
        let one = statement("PUSH-DIG-04").unwrap();
        for name in ["PUSH", "push-dig", "PUSH-DIG-04"] {
            assert!(one.is_within(name), "{name}");
        }
        for name in ["PUSH-D", "PUS", "PUSH-DIG-0", "PUSH-DIG-041", ""] {
            assert!(!one.is_within(name), "{name}");
        }
        assert!(!statement("OCIEXT-01").unwrap().is_within("OCI"));
    }
}
