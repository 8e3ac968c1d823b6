//! Versions of the specification.

use std::fmt;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// A version of the specification, from the oldest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, ValueEnum, Serialize, Deserialize)]
pub enum Version {
    /// 1.0: the last is 1.0.1.
    #[value(name = "1.0")]
    #[serde(rename = "1.0")]
    V1_0,
    /// 1.1: the last is 1.1.1.
    #[value(name = "1.1")]
    #[serde(rename = "1.1")]
    V1_1,
    /// What is decided and not released: 1.1.1+dev.
    #[default]
    #[value(name = "dev")]
    #[serde(rename = "dev")]
    Dev,
}

impl Version {
    /// The version of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::V1_0, Self::V1_1, Self::Dev]
            .into_iter()
            .find(|version| version.to_string() == name)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::V1_0 => "1.0",
            Self::V1_1 => "1.1",
            Self::Dev => "dev",
        })
    }
}
