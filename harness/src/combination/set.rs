//! A combination: the set of extensions that one binary is built with.

use std::fmt;

/// A set of extensions, in the project's recommended order.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Combination {
    extensions: Vec<String>,
}

impl Combination {
    /// What a combination without any extension is called.
    pub const MINIMAL: &str = "minimal";

    /// The extensions of `chosen`, in the order of `known`. What is not known is left out; check before.
    pub fn new<'a>(known: &[String], chosen: impl IntoIterator<Item = &'a str>) -> Self {
        let chosen: Vec<&str> = chosen.into_iter().collect();
        Self {
            extensions: known
                .iter()
                .filter(|name| chosen.contains(&name.as_str()))
                .cloned()
                .collect(),
        }
    }

    /// The combination whose extensions are those of `known` at the places of the bits that are set.
    pub fn from_bits(known: &[String], bits: u64) -> Self {
        let there = known.iter().enumerate().filter(|(place, _)| bits >> place & 1 == 1);
        Self {
            extensions: there.map(|(_, name)| name.clone()).collect(),
        }
    }

    /// A bit for each extension that is in it, at its place in `known`.
    pub fn bits(&self, known: &[String]) -> u64 {
        let places = known.iter().enumerate().filter(|(_, name)| self.has(name));
        places.fold(0, |bits, (place, _)| bits | 1 << place)
    }

    /// The extensions.
    pub fn extensions(&self) -> &[String] {
        &self.extensions
    }

    /// Whether `extension` is in it.
    pub fn has(&self, extension: &str) -> bool {
        self.extensions.iter().any(|name| name == extension)
    }
}

impl fmt::Display for Combination {
    /// `minimal`, or `scrub+lint`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.extensions.is_empty() {
            return formatter.write_str(Self::MINIMAL);
        }
        formatter.write_str(&self.extensions.join("+"))
    }
}
