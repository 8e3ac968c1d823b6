//! Which extensions, present and absent, are responsible for what some combinations do and others do not.
//!
//! An interaction is a set of extensions with a value each, in or out. It explains an outcome if every combination that
//! has all of them so has the outcome. Searched is the smallest that no observation speaks against.

use std::fmt;

use super::{Combination, constraint::Partial};

/// The most extensions that an interaction has. Faults of more than this many are all but unheard of, and the number of
/// candidates grows with its power.
pub(super) const LARGEST: u32 = 4;

/// What is known of one combination: whether it has the outcome that is to be explained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Observation {
    pub(super) bits: u64,
    pub(super) outcome: bool,
}

/// Every subset of `mask` with `size` bits.
pub(super) fn subsets(mask: u64, size: u32) -> Vec<u64> {
    let mut found = Vec::new();
    grow(mask, size, 0, &mut found);
    found
}

fn grow(rest: u64, size: u32, chosen: u64, found: &mut Vec<u64>) {
    if size == 0 {
        found.push(chosen);
        return;
    }
    let mut rest = rest;
    while rest.count_ones() >= size {
        let lowest = rest & rest.wrapping_neg();
        rest ^= lowest;
        grow(rest, size - 1, chosen | lowest, found);
    }
}

/// The extensions, among the first `count`, that some observed combinations have and others have not.
pub(super) fn varying(count: usize, observations: &[Observation]) -> u64 {
    let all = if count >= 64 { u64::MAX } else { (1 << count) - 1 };
    let (every, any) = observations
        .iter()
        .fold((all, 0), |(every, any), one| (every & one.bits, any | one.bits));
    any & !every & all
}

/// The smallest interactions, all of one size, that hold in `seed` and in no combination without the outcome; of those,
/// the ones that hold in the most combinations with it.
fn smallest(seed: u64, varying: u64, observations: &[Observation]) -> Vec<Partial> {
    let candidates = |size: u32| {
        let terms = subsets(varying, size).into_iter().map(|mask| Partial {
            mask,
            value: seed & mask,
        });
        let innocent = |term: &Partial| !observations.iter().any(|one| !one.outcome && term.holds(one.bits));
        terms.filter(innocent).collect::<Vec<_>>()
    };
    let covers = |term: &Partial| {
        observations
            .iter()
            .filter(|one| one.outcome && term.holds(one.bits))
            .count()
    };
    let all = observations.iter().filter(|one| one.outcome).count();
    let mut best: Vec<Partial> = Vec::new();
    for size in 0..=LARGEST.min(varying.count_ones()) {
        let terms = candidates(size);
        let most = terms.iter().map(covers).max().unwrap_or(0);
        if most == all {
            // One cause explains everything.
            return terms.into_iter().filter(|term| covers(term) == most).collect();
        }
        if best.is_empty() {
            best = terms.into_iter().filter(|term| covers(term) == most).collect();
        }
    }
    best
}

/// A cause: interactions of which each could be it. Only one of them is.
pub(super) type Candidates = Vec<Partial>;

/// The causes that together explain every observed outcome: one if one is enough.
///
/// Empty if an outcome came and did not come for the same combination, or only a set larger than `LARGEST` explains it.
pub(super) fn causes(count: usize, observations: &[Observation]) -> Vec<Candidates> {
    let varying = varying(count, observations);
    let mut open: Vec<u64> = observations
        .iter()
        .filter(|one| one.outcome)
        .map(|one| one.bits)
        .collect();
    let mut causes = Vec::new();
    while let Some(&seed) = open.first() {
        let candidates = smallest(seed, varying, observations);
        let Some(first) = candidates.first() else {
            return Vec::new();
        };
        open.retain(|bits| !first.holds(*bits));
        causes.push(candidates);
    }
    causes
}

/// Extensions, present and absent, that are responsible for something.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct Interaction {
    /// Those that have to be in.
    pub present: Vec<String>,
    /// Those that have to be out.
    pub absent: Vec<String>,
}

impl Interaction {
    pub(super) fn of(term: Partial, extensions: &[String]) -> Self {
        Self {
            present: Combination::from_bits(extensions, term.value).extensions().to_vec(),
            absent: Combination::from_bits(extensions, term.mask & !term.value)
                .extensions()
                .to_vec(),
        }
    }
}

impl fmt::Display for Interaction {
    /// `sync and lint in, search out`; `any build` if there is none.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |names: &[String]| match names {
            [] => String::new(),
            [one] => one.clone(),
            [first @ .., last] => format!("{} and {last}", first.join(", ")),
        };
        match (self.present.is_empty(), self.absent.is_empty()) {
            (true, true) => formatter.write_str("any build"),
            (false, true) => write!(formatter, "{} in", list(&self.present)),
            (true, false) => write!(formatter, "{} out", list(&self.absent)),
            (false, false) => write!(formatter, "{} in, {} out", list(&self.present), list(&self.absent)),
        }
    }
}

/// What is responsible, as far as the observations tell.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct Responsible {
    /// The causes; in each, the interactions of which one is it. One cause with one interaction is what is hoped for.
    pub causes: Vec<Vec<Interaction>>,
}

impl Responsible {
    /// What is responsible for the outcome that `with` have and `without` have not. None if nothing can be said: an
    /// outcome in every combination is no interaction.
    pub fn of<'a>(
        extensions: &[String],
        with: impl IntoIterator<Item = &'a Combination>,
        without: impl IntoIterator<Item = &'a Combination>,
    ) -> Option<Self> {
        let observe = |combination: &Combination, outcome| Observation {
            bits: combination.bits(extensions),
            outcome,
        };
        let mut observations: Vec<Observation> = with.into_iter().map(|one| observe(one, true)).collect();
        let outcomes = observations.len();
        observations.extend(without.into_iter().map(|one| observe(one, false)));
        if observations.len() == outcomes {
            return None;
        }
        let causes = causes(extensions.len(), &observations);
        let named = |candidates: Candidates| {
            candidates
                .into_iter()
                .map(|term| Interaction::of(term, extensions))
                .collect()
        };
        (!causes.is_empty()).then(|| Self {
            causes: causes.into_iter().map(named).collect(),
        })
    }

    /// Whether each cause is one interaction.
    pub fn is_certain(&self) -> bool {
        self.causes.iter().all(|candidates| candidates.len() == 1)
    }
}

impl fmt::Display for Responsible {
    /// Causes with `; or where`, candidates with ` or `, the number of those that are not shown.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 3;
        for (number, candidates) in self.causes.iter().enumerate() {
            if number > 0 {
                formatter.write_str("; and ")?;
            }
            let shown: Vec<String> = candidates.iter().take(SHOWN).map(ToString::to_string).collect();
            if candidates.len() == 1 {
                formatter.write_str(&shown[0])?;
            } else {
                write!(formatter, "one of {}: {}", candidates.len(), shown.join(" | "))?;
                if candidates.len() > SHOWN {
                    formatter.write_str(" | …")?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn names(count: usize) -> Vec<String> {
        ('a'..).take(count).map(|letter| letter.to_string()).collect()
    }

    /// What is said of the powerset of `count` extensions where `outcome` says what comes.
    fn said(count: usize, outcome: impl Fn(u64) -> bool) -> String {
        let extensions = names(count);
        let (with, without): (Vec<u64>, Vec<u64>) = (0..1 << count).partition(|bits| outcome(*bits));
        let named = |all: Vec<u64>| -> Vec<Combination> {
            all.into_iter()
                .map(|bits| Combination::from_bits(&extensions, bits))
                .collect()
        };
        let (with, without) = (named(with), named(without));
        Responsible::of(&extensions, &with, &without).map_or_else(|| "nothing".to_owned(), |found| found.to_string())
    }

    #[test]
    fn one_extension_a_pair_and_one_without_the_other_are_named() {
        assert_eq!(said(5, |bits| bits & 0b100 != 0), "c in");
        assert_eq!(said(5, |bits| bits & 0b101 == 0b101), "a and c in");
        assert_eq!(said(5, |bits| bits & 0b111 == 0b011), "a and b in, c out");
        assert_eq!(said(5, |bits| bits & 0b110 == 0), "b and c out");
    }

    #[test]
    fn two_causes_are_two() {
        assert_eq!(
            said(4, |bits| bits & 0b11 == 0b11 || bits & 0b1100 == 0b1100),
            "a and b in; and c and d in"
        );
    }

    #[test]
    fn what_comes_everywhere_is_no_interaction() {
        assert_eq!(said(3, |_| true), "nothing");
    }

    #[test]
    fn what_cannot_be_told_apart_is_said_to_be_one_of_several() {
        let extensions = names(3);
        let [minimal, all] = [0, 0b111].map(|bits| Combination::from_bits(&extensions, bits));
        let found = Responsible::of(&extensions, [&all], [&minimal]).unwrap();
        assert!(!found.is_certain());
        assert_eq!(found.to_string(), "one of 3: a in | b in | c in");
    }

    #[test]
    fn an_outcome_that_came_and_went_for_one_combination_is_not_explained() {
        let extensions = names(2);
        let one = Combination::from_bits(&extensions, 1);
        assert_eq!(Responsible::of(&extensions, [&one], [&one]), None);
    }

    proptest! {
        #[test]
        fn any_interaction_is_found_in_the_powerset(
            (count, mask, value) in (4_usize..8).prop_flat_map(|count| (Just(count), 1_u64..1 << count, 0_u64..1 << count))
                .prop_filter("at most the largest", |(_, mask, _)| mask.count_ones() <= LARGEST)
        ) {
            let term = Partial { mask, value: value & mask };
            let found = said(count, |bits| term.holds(bits));
            prop_assert_eq!(found, Interaction::of(term, &names(count)).to_string());
        }
    }
}
