//! What a plan covers: of the states that any t extensions can be in, how many some combination is in.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Combination, Space, constraint::Constraints, covering::states, interaction::subsets};

/// How much of the interactions of one strength a plan covers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Coverage {
    /// How many extensions interact.
    pub strength: usize,
    /// How many states of so many extensions occur.
    pub covered: usize,
    /// How many there can be.
    pub of: usize,
}

impl Coverage {
    /// What `combinations` cover of the interactions of one, two and three extensions, and of `strength`.
    pub fn of(space: &Space<'_>, combinations: &[Combination], strength: usize) -> Vec<Self> {
        let count = space.extensions.len();
        let rows: Vec<u64> = combinations.iter().map(|one| one.bits(space.extensions)).collect();
        let most = strength.max(3).min(count);
        (1..=most)
            .map(|strength| {
                let (covered, of) = covered(count, strength, space.constraints, &rows);
                Self { strength, covered, of }
            })
            .collect()
    }
}

impl fmt::Display for Coverage {
    /// `all pairs`, `97.2 % of triples (1,711 of 1,760)`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let noun = match self.strength {
            1 => "single states".to_owned(),
            2 => "pairs".to_owned(),
            3 => "triples".to_owned(),
            strength => format!("sets of {strength}"),
        };
        if self.covered == self.of {
            return write!(formatter, "all {noun}");
        }
        // Never rounded up to the whole.
        let thousandths = self.covered * 1000 / self.of.max(1);
        write!(
            formatter,
            "{}.{} % of {noun} ({} of {})",
            thousandths / 10,
            thousandths % 10,
            self.covered,
            self.of
        )
    }
}

/// Of the states of `strength` of `count` factors: how many are in a row, and how many there can be.
pub(super) fn covered(count: usize, strength: usize, constraints: &Constraints, rows: &[u64]) -> (usize, usize) {
    let all = if count >= 64 { u64::MAX } else { (1 << count) - 1 };
    let strength = u32::try_from(strength.min(count)).unwrap_or(u32::MAX);
    let mut found = (0, 0);
    for mask in subsets(all, strength) {
        for state in states(mask, constraints) {
            found.0 += usize::from(rows.iter().any(|row| state.holds(*row)));
            found.1 += 1;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_counted_and_not_rounded_away() {
        let extensions: Vec<String> = ["a", "b", "c"].map(str::to_owned).into();
        let constraints = Constraints::default();
        let space = Space {
            extensions: &extensions,
            constraints: &constraints,
        };
        let plan = |rows: &[u64]| -> Vec<String> {
            let combinations: Vec<Combination> = rows
                .iter()
                .map(|bits| Combination::from_bits(&extensions, *bits))
                .collect();
            let coverage = Coverage::of(&space, &combinations, 0);
            coverage.iter().map(ToString::to_string).collect()
        };
        assert_eq!(
            plan(&[0, 0b111]),
            [
                "all single states",
                "50.0 % of pairs (6 of 12)",
                "25.0 % of triples (2 of 8)"
            ]
        );
        let all: Vec<u64> = (0..8).collect();
        assert_eq!(plan(&all), ["all single states", "all pairs", "all triples"]);
    }
}
