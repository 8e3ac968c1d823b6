//! Which combinations of a project's extensions are built and run.

use std::{cmp::Reverse, fmt, str::FromStr};

use super::{
    Combination, Space,
    constraint::{Constraints, Partial},
    covering,
};

/// The most combinations that are planned without a choice: the powerset of twelve extensions.
const MOST: usize = 4096;
/// From so many extensions on, nobody means the powerset who does not ask for it.
const MANY: usize = 10;
/// The largest strength of a covering array. Its rows grow with two to the power of it.
const STRONGEST: usize = 6;

/// A way to choose combinations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// Every set of extensions that there can be.
    All,
    /// None, each one alone, and all of them.
    Each,
    /// A small set in which any so many extensions are seen in every state that they can be in.
    Strength(usize),
}

impl Strategy {
    /// The one that is taken where nobody says: all, and pairs from ten extensions on.
    pub const fn usual(extensions: usize) -> Self {
        if extensions < MANY {
            Self::All
        } else {
            Self::Strength(2)
        }
    }

    /// The strength that it promises.
    pub const fn strength(self) -> usize {
        match self {
            Self::All => usize::MAX,
            Self::Each => 1,
            Self::Strength(strength) => strength,
        }
    }

    /// The combinations, each once: the smaller first, then in the order of the extensions. `seeds` are among them, with
    /// what they require.
    ///
    /// # Errors
    /// They are more than is sensible.
    pub fn combinations(self, space: &Space<'_>, seeds: &[Combination]) -> Result<Vec<Combination>, TooMany> {
        let count = space.extensions.len();
        let seeds: Vec<u64> = seeds.iter().map(|one| one.bits(space.extensions)).collect();
        let rows = match self {
            Self::All => powerset(count, space.constraints)?,
            Self::Each => each(count, space.constraints),
            Self::Strength(strength) => {
                let ends = ends(count, space.constraints);
                let seeds: Vec<u64> = seeds.iter().copied().chain(ends).collect();
                covering::rows(count, strength, space.constraints, &seeds)
            }
        };
        let mut rows: Vec<u64> = rows.into_iter().chain(seeds).collect();
        rows.sort_by_key(|row| (row.count_ones(), Reverse(row.reverse_bits())));
        rows.dedup();
        let combinations = rows
            .into_iter()
            .map(|bits| Combination::from_bits(space.extensions, bits));
        Ok(combinations.collect())
    }
}

impl FromStr for Strategy {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "all" => return Ok(Self::All),
            "each" => return Ok(Self::Each),
            "pairwise" => return Ok(Self::Strength(2)),
            _ => {}
        }
        let strength = text.strip_prefix("t=").and_then(|number| number.parse().ok());
        match strength {
            Some(strength @ 1..=STRONGEST) => Ok(Self::Strength(strength)),
            Some(_) => Err(format!("the strength has to be between 1 and {STRONGEST}")),
            None => Err("write `all`, `each`, `pairwise` or `t=N`, such as `t=3`".to_owned()),
        }
    }
}

impl fmt::Display for Strategy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => formatter.write_str("all"),
            Self::Each => formatter.write_str("each"),
            Self::Strength(2) => formatter.write_str("pairwise"),
            Self::Strength(strength) => write!(formatter, "t={strength}"),
        }
    }
}

/// The combinations would be too many.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("all combinations of {extensions} extensions are more than {MOST} builds, which is more than is sensible")]
pub struct TooMany {
    extensions: usize,
}

/// Every row that there can be.
fn powerset(count: usize, constraints: &Constraints) -> Result<Vec<u64>, TooMany> {
    let mut rows: Vec<Partial> = constraints.complete(Partial::default()).into_iter().collect();
    for factor in 0..count {
        let grown = |row: &Partial| match row.get(factor) {
            Some(_) => vec![*row],
            None => [false, true]
                .into_iter()
                .filter_map(|value| constraints.complete(row.with(factor, value)))
                .collect(),
        };
        rows = rows.iter().flat_map(grown).collect();
        if rows.len() > MOST {
            return Err(TooMany { extensions: count });
        }
    }
    Ok(rows.into_iter().map(|row| row.value).collect())
}

/// The row with the fewest extensions, and one with as many as there can be.
fn ends(count: usize, constraints: &Constraints) -> impl Iterator<Item = u64> {
    [false, true]
        .into_iter()
        .filter_map(move |value| constraints.fill(count, Partial::default(), |_| value))
}

/// None, each alone with what it requires, as many as there can be.
fn each(count: usize, constraints: &Constraints) -> Vec<u64> {
    let alone = (0..count).filter_map(|one| constraints.fill(count, Partial::default().with(one, true), |_| false));
    alone.chain(ends(count, constraints)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::{prop_assert, prop_assert_eq, proptest};

    use super::*;

    fn planned(strategy: Strategy, extensions: &[&str], constraints: &Constraints, seeds: &[&str]) -> Vec<String> {
        let extensions: Vec<String> = extensions.iter().map(|&name| name.to_owned()).collect();
        let space = Space {
            extensions: &extensions,
            constraints,
        };
        let seeds: Vec<Combination> = seeds
            .iter()
            .map(|names| Combination::new(&extensions, names.split('+')))
            .collect();
        let combinations = strategy.combinations(&space, &seeds).unwrap();
        combinations.iter().map(ToString::to_string).collect()
    }

    fn names(strategy: Strategy, extensions: &[&str]) -> Vec<String> {
        planned(strategy, extensions, &Constraints::default(), &[])
    }

    #[test]
    fn all_is_the_powerset_from_small_to_large() {
        let names = names(Strategy::All, &["metrics", "scrub", "lint"]);
        let expected = [
            "minimal",
            "metrics",
            "scrub",
            "lint",
            "metrics+scrub",
            "metrics+lint",
            "scrub+lint",
            "metrics+scrub+lint",
        ];
        assert_eq!(names, expected);
    }

    #[test]
    fn each_is_none_one_and_all() {
        assert_eq!(names(Strategy::Each, &["a", "b"]), ["minimal", "a", "b", "a+b"]);
        assert_eq!(names(Strategy::Each, &["a"]), ["minimal", "a"]);
        assert_eq!(names(Strategy::Each, &[]), ["minimal"]);
    }

    #[test]
    fn constraints_hold_in_every_plan() {
        let mut constraints = Constraints::default();
        constraints.always(0);
        constraints.requires(1, 2);
        constraints.conflicts(2, 3);
        let of = |strategy| planned(strategy, &["a", "b", "c", "d"], &constraints, &[]);
        assert_eq!(of(Strategy::All), ["a", "a+c", "a+d", "a+b+c"]);
        assert_eq!(of(Strategy::Each), ["a", "a+c", "a+d", "a+b+c"]);
        assert_eq!(of(Strategy::Strength(2)), ["a", "a+c", "a+d", "a+b+c"]);
    }

    #[test]
    fn what_is_named_is_in_the_plan() {
        let constraints = Constraints::default();
        let plan = planned(Strategy::Each, &["a", "b", "c"], &constraints, &["b+c", "a"]);
        assert_eq!(plan, ["minimal", "a", "b", "c", "b+c", "a+b+c"]);
        let plan = planned(
            Strategy::Strength(2),
            &["a", "b", "c", "d", "e"],
            &constraints,
            &["b+c"],
        );
        assert!(plan.contains(&"b+c".to_owned()), "{plan:?}");
    }

    #[test]
    fn too_many_combinations_are_refused_and_not_attempted() {
        let extensions: Vec<String> = (0..64).map(|number| format!("e{number}")).collect();
        let constraints = Constraints::default();
        let space = Space {
            extensions: &extensions,
            constraints: &constraints,
        };
        assert!(Strategy::All.combinations(&space, &[]).is_err());
        assert!(Strategy::Strength(2).combinations(&space, &[]).unwrap().len() < 20);
        let twelve = Space {
            extensions: &extensions[..12],
            constraints: &constraints,
        };
        assert_eq!(Strategy::All.combinations(&twelve, &[]).unwrap().len(), 4096);
    }

    #[test]
    fn a_strategy_is_read_as_it_is_written() {
        for text in ["all", "each", "pairwise", "t=3", "t=1"] {
            assert_eq!(text.parse::<Strategy>().unwrap().to_string(), text);
        }
        for text in ["some", "t=0", "t=7", "t=", "t=x", "3"] {
            assert!(text.parse::<Strategy>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_strategy_plans_each_combination_once_minimal_first_and_full_last(count in 0_usize..9) {
            let extensions: Vec<String> = (0..count).map(|number| format!("e{number}")).collect();
            let constraints = Constraints::default();
            let space = Space { extensions: &extensions, constraints: &constraints };
            for strategy in [Strategy::All, Strategy::Each, Strategy::Strength(2), Strategy::Strength(3)] {
                let planned = strategy.combinations(&space, &[]).unwrap();
                let mut once = planned.clone();
                once.sort();
                once.dedup();
                prop_assert_eq!(once.len(), planned.len());
                prop_assert!(planned[0].extensions().is_empty());
                prop_assert_eq!(planned[planned.len() - 1].extensions(), extensions.as_slice());
                prop_assert!(planned.is_sorted_by_key(|combination| combination.extensions().len()));
            }
        }
    }
}
