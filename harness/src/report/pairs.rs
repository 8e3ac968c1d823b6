//! Which builds opened what others had written.

use std::collections::BTreeMap;

use super::{Report, text};

/// How many pairs of builds, one that writes and one that opens, were tried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PairCount {
    /// How many there are.
    pub possible: usize,
    /// How many were tried.
    pub tried: usize,
    /// With how many of them something was not as it had been.
    pub red: usize,
}

impl PairCount {
    /// In a sentence.
    pub fn says(self) -> String {
        let tried = format!(
            "{} of {} pairs tried",
            text::count(self.tried as u64),
            text::count(self.possible as u64)
        );
        match self.red {
            0 => format!("{tried}: all is intact"),
            red => format!("{tried}: {} not intact", text::count(red as u64)),
        }
    }
}

impl Report {
    /// How many pairs of builds were tried.
    pub fn pairs(&self) -> PairCount {
        let mut pairs: BTreeMap<(&str, &str), bool> = BTreeMap::new();
        for run in self.runs() {
            if let Some(other) = &run.other {
                *pairs.entry((&run.combination, other)).or_default() |= run.verdict.is_red();
            }
        }
        PairCount {
            possible: self.combinations.len().pow(2),
            tried: pairs.len(),
            red: pairs.values().filter(|red| **red).count(),
        }
    }
}
