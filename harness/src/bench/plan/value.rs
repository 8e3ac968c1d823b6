//! Sizes and times of a plan.

use std::time::Duration;

use serde::{Deserialize, Deserializer, de::Error as _};

use crate::scenario::unit;

/// How many bytes: `100 MiB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size(pub u64);

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        unit::parse_size(&text).map(Self).map_err(D::Error::custom)
    }
}

/// How long: `500ms`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span(Duration);

impl Span {
    pub(super) const fn new(duration: Duration) -> Self {
        Self(duration)
    }

    pub(super) const fn duration(self) -> Duration {
        self.0
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        unit::parse_duration(&text).map(Self).map_err(D::Error::custom)
    }
}

/// How many: a number, or one after the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sizes(Vec<usize>);

impl Sizes {
    /// All of them, in their order.
    pub fn all(&self) -> &[usize] {
        &self.0
    }

    pub(super) fn limit(&mut self, most: usize) {
        for size in &mut self.0 {
            *size = (*size).min(most);
        }
        self.0.dedup();
    }
}

impl<'de> Deserialize<'de> for Sizes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(
            untagged,
            expecting = "expected a number, or a list of them from the least to the most"
        )]
        enum Written {
            One(usize),
            Several(Vec<usize>),
        }
        let sizes = match Written::deserialize(deserializer)? {
            Written::One(size) => vec![size],
            Written::Several(sizes) => sizes,
        };
        if !sizes.is_sorted_by(|left, right| left < right) {
            return Err(D::Error::custom(
                "sizes that something grows to are written from the least to the most",
            ));
        }
        Ok(Self(sizes))
    }
}
