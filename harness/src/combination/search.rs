//! Which combinations to build next, to know for certain which extensions are responsible for an outcome.
//!
//! Every interaction that could be the cause is kept, and the next build is the one whose outcome, whichever it is, rules out
//! as much of what is likely as possible: the smaller an interaction, the likelier it is. An interaction is certain once it
//! alone is left, which includes that it needs none of the other extensions.

use super::{
    Combination, Responsible, Space,
    constraint::Partial,
    interaction::{Interaction, LARGEST, Observation, subsets},
};

/// How many builds are thought of for each that is proposed.
const TRIES: usize = 256;
/// How many of the likeliest interactions are put to the test as they are.
const SUSPECTS: usize = 32;
/// From so many extensions on, interactions of `LARGEST` are too many to look at.
const MANY: usize = 32;
/// The most builds for one outcome: more than any interaction needs that can be told apart.
const PATIENCE: usize = 64;

/// A search for what is responsible for one outcome.
#[derive(Clone, Debug)]
pub struct Search<'space> {
    space: Space<'space>,
    observations: Vec<Observation>,
    /// How many of these came after the search began.
    asked: usize,
}

impl<'space> Search<'space> {
    /// A search among the combinations of `space`, of which `with` had the outcome and `without` had not.
    pub fn new<'a>(
        space: Space<'space>,
        with: impl IntoIterator<Item = &'a Combination>,
        without: impl IntoIterator<Item = &'a Combination>,
    ) -> Self {
        let mut search = Self {
            space,
            observations: Vec::new(),
            asked: 0,
        };
        with.into_iter()
            .for_each(|combination| search.observe(combination, true));
        without
            .into_iter()
            .for_each(|combination| search.observe(combination, false));
        search
    }

    fn observe(&mut self, combination: &Combination, outcome: bool) {
        let bits = combination.bits(self.space.extensions);
        self.observations.push(Observation { bits, outcome });
    }

    /// Adds what came of a combination.
    pub fn record(&mut self, combination: &Combination, outcome: bool) {
        self.observe(combination, outcome);
        self.asked += 1;
    }

    /// How many combinations were asked since the search began.
    pub const fn asked(&self) -> usize {
        self.asked
    }

    /// The combination to ask next, of those that `admits` says can be asked. None if everything is certain, or nothing
    /// that can be asked would tell more.
    pub fn next(&self, admits: &dyn Fn(&Combination) -> bool) -> Option<Combination> {
        if self.asked >= PATIENCE {
            return None;
        }
        let (found, open) = self.causes();
        let (seed, suspects) = open?;
        debug_assert!(found.len() < self.observations.len());
        self.best_question(seed, &suspects, admits)
    }

    /// What is responsible, as far as it is known. None if the outcome came always, or never.
    pub fn responsible(&self) -> Option<Responsible> {
        let (found, open) = self.causes();
        let named = |term: &Partial| Interaction::of(*term, self.space.extensions);
        let mut causes: Vec<Vec<Interaction>> = found.iter().map(|term| vec![named(term)]).collect();
        if let Some((_, suspects)) = open {
            // The likeliest are what is worth telling.
            let smallest = suspects.iter().map(|term| term.mask.count_ones()).min();
            let likely = suspects.iter().filter(|term| Some(term.mask.count_ones()) == smallest);
            causes.push(likely.map(named).collect());
        }
        causes.retain(|candidates| !candidates.is_empty());
        (!causes.is_empty()).then_some(Responsible { causes })
    }

    /// The interactions that are certain, and, for the first outcome that none of them explains, those that could be its
    /// cause.
    fn causes(&self) -> (Vec<Partial>, Option<(u64, Vec<Partial>)>) {
        let mut found: Vec<Partial> = Vec::new();
        loop {
            let open = self
                .observations
                .iter()
                .find(|one| one.outcome && !found.iter().any(|term: &Partial| term.holds(one.bits)));
            let Some(open) = open else {
                return (found, None);
            };
            let suspects = self.suspects(open.bits, &found);
            match suspects.as_slice() {
                [one] => found.push(*one),
                _ => return (found, Some((open.bits, suspects))),
            }
        }
    }

    /// The interactions in `seed` that no observation speaks against, apart from those that `found` explain.
    fn suspects(&self, seed: u64, found: &[Partial]) -> Vec<Partial> {
        let count = self.space.extensions.len();
        let all = if count >= 64 { u64::MAX } else { (1 << count) - 1 };
        let largest = if count >= MANY { LARGEST - 1 } else { LARGEST };
        let innocent = |term: &Partial| !self.observations.iter().any(|one| !one.outcome && term.holds(one.bits));
        let possible: Vec<Partial> = (0..=largest)
            .flat_map(|size| subsets(all, size))
            .map(|mask| Partial {
                mask,
                value: seed & mask,
            })
            .filter(innocent)
            .collect();
        // One cause is taken to explain every outcome, the ones that are most like this first; another cause is thought
        // of only for what no interaction explains together with them.
        let mut others: Vec<u64> = self
            .observations
            .iter()
            .filter(|one| one.outcome && !found.iter().any(|term| term.holds(one.bits)))
            .map(|one| one.bits)
            .collect();
        others.sort_by_key(|bits| (bits ^ seed).count_ones());
        others.into_iter().fold(possible, |suspects, bits| {
            let explaining: Vec<Partial> = suspects.iter().copied().filter(|term| term.holds(bits)).collect();
            if explaining.is_empty() { suspects } else { explaining }
        })
    }

    fn best_question(
        &self,
        seed: u64,
        suspects: &[Partial],
        admits: &dyn Fn(&Combination) -> bool,
    ) -> Option<Combination> {
        let count = self.space.extensions.len();
        let weigh = |term: &Partial| 1.0 / choices(count, term.mask.count_ones());
        let total: f64 = suspects.iter().map(weigh).sum();
        let mut random = seed ^ 0x9E37_79B9_7F4A_7C15 ^ self.observations.len() as u64;
        let likely = suspects.iter().take(SUSPECTS).map(|term| !term.mask);
        let tried = (0..TRIES).map(|_| {
            random = xorshift(random);
            random
        });
        let flips: Vec<u64> = likely.chain(tried).collect();
        let mut best: Option<(f64, Combination)> = None;
        for flip in flips {
            let wished = seed ^ flip;
            let filled = self
                .space
                .constraints
                .fill(count, Partial::default(), |place| wished >> place & 1 == 1);
            let Some(bits) = filled else { continue };
            if self.observations.iter().any(|one| one.bits == bits) {
                continue;
            }
            let with: f64 = suspects.iter().filter(|term| term.holds(bits)).map(weigh).sum();
            let told = with.min(total - with);
            let tells = suspects.iter().any(|term| term.holds(bits)) && suspects.iter().any(|term| !term.holds(bits));
            if !tells || best.as_ref().is_some_and(|(most, _)| told <= *most) {
                continue;
            }
            let combination = Combination::from_bits(self.space.extensions, bits);
            if admits(&combination) {
                best = Some((told, combination));
            }
        }
        best.map(|(_, combination)| combination)
    }
}

/// In how many ways `size` of `count` can be chosen.
fn choices(count: usize, size: u32) -> f64 {
    (0..size).fold(1.0, |ways, step| {
        let left = u32::try_from(count).unwrap_or(u32::MAX).saturating_sub(step);
        ways * f64::from(left.max(1)) / f64::from(step + 1)
    })
}

/// The next number of a sequence that looks random and is always the same.
const fn xorshift(mut state: u64) -> u64 {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    state
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{
        super::{Constraints, Strategy as Planned},
        *,
    };

    fn names(count: usize) -> Vec<String> {
        ('a'..).take(count).map(|letter| letter.to_string()).collect()
    }

    /// Runs a search from a plan to its end; what it says, and after how many builds.
    fn searched(
        count: usize,
        constraints: &Constraints,
        plan: Planned,
        outcome: impl Fn(u64) -> bool,
    ) -> (Option<String>, usize) {
        let extensions = names(count);
        let space = Space {
            extensions: &extensions,
            constraints,
        };
        let planned = plan.combinations(&space, &[]).unwrap();
        let (with, without): (Vec<_>, Vec<_>) = planned.iter().partition(|one| outcome(one.bits(&extensions)));
        let mut search = Search::new(space, with, without);
        while let Some(next) = search.next(&|_| true) {
            search.record(&next, outcome(next.bits(&extensions)));
        }
        let said = search.responsible().map(|found| found.to_string());
        (said, search.asked())
    }

    #[test]
    fn an_interaction_of_three_among_twelve_is_named_in_a_few_builds() {
        let none = Constraints::default();
        let (said, asked) = searched(12, &none, Planned::Strength(3), |bits| {
            bits & 0b1_0010_0010 == 0b1_0010_0010
        });
        assert_eq!(said.as_deref(), Some("b, f and i in"));
        assert!(asked <= 12, "{asked}");
        let (said, asked) = searched(12, &none, Planned::Strength(2), |bits| bits & 0b110 == 0b010);
        assert_eq!(said.as_deref(), Some("b in, c out"));
        assert!(asked <= 12, "{asked}");
    }

    #[test]
    fn two_causes_are_told_apart() {
        let outcome = |bits: u64| bits & 0b11 == 0b11 || bits & 0b1100_0000 == 0b0100_0000;
        let (said, _) = searched(8, &Constraints::default(), Planned::Strength(2), outcome);
        let said = said.unwrap();
        assert!(said.contains("a and b in") && said.contains("g in, h out"), "{said}");
    }

    #[test]
    fn what_constraints_tie_together_stays_one_of_several() {
        let mut constraints = Constraints::default();
        constraints.requires(0, 1);
        constraints.requires(1, 0);
        let (said, _) = searched(4, &constraints, Planned::All, |bits| bits & 1 == 1);
        assert_eq!(said.as_deref(), Some("one of 2: a in | b in"));
    }

    #[test]
    fn what_comes_always_is_said_of_any_build() {
        let (said, asked) = searched(5, &Constraints::default(), Planned::Each, |_| true);
        assert_eq!((said.as_deref(), asked <= 8), (Some("any build"), true), "{asked}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn any_interaction_that_a_plan_meets_is_named_exactly(
            mask in (1_u64..1 << 12).prop_filter("at most three", |mask| mask.count_ones() <= 3),
            value in 0_u64..1 << 12,
        ) {
            let term = Partial { mask, value: value & mask };
            let (said, asked) = searched(12, &Constraints::default(), Planned::Strength(3), |bits| term.holds(bits));
            prop_assert_eq!(said, Some(Interaction::of(term, &names(12)).to_string()));
            prop_assert!(asked <= 24, "{}", asked);
        }
    }
}
