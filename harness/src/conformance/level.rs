//! How much a statement binds.

use std::fmt;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// How much a statement binds, in the specification's words and three of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// `MUST`.
    Must,
    /// `MUST NOT`.
    MustNot,
    /// `SHOULD`.
    Should,
    /// `SHOULD NOT`.
    ShouldNot,
    /// `MAY`.
    May,
    /// Stated as what is so, without a key word.
    Stated,
    /// Only in the table of endpoints.
    Table,
    /// Follows from other statements.
    Derived,
}

impl Level {
    const ALL: [Self; 8] = [
        Self::Must,
        Self::MustNot,
        Self::Should,
        Self::ShouldNot,
        Self::May,
        Self::Stated,
        Self::Table,
        Self::Derived,
    ];

    /// The level of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.to_string() == name)
    }

    /// What breaking it means. What is stated without a key word, stands in the table or follows from other statements leaves a
    /// registry no choice, and binds as a `MUST` does.
    pub const fn binding(self) -> Binding {
        match self {
            Self::Must | Self::MustNot | Self::Stated | Self::Table | Self::Derived => Binding::Must,
            Self::Should | Self::ShouldNot => Binding::Should,
            Self::May => Binding::May,
        }
    }
}

impl fmt::Display for Level {
    /// As in the specification; what it has no word for is a word of ours.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Must => "MUST",
            Self::MustNot => "MUST NOT",
            Self::Should => "SHOULD",
            Self::ShouldNot => "SHOULD NOT",
            Self::May => "MAY",
            Self::Stated => "STATED",
            Self::Table => "TABLE",
            Self::Derived => "DERIVED",
        })
    }
}

/// What breaking a statement means, from what binds most.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    ValueEnum,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Binding {
    /// A registry that breaks it does not conform.
    #[default]
    Must,
    /// A registry that breaks it needs a good reason.
    Should,
    /// It is an option; that it is there decides what else has to hold.
    May,
}
