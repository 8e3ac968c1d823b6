//! Which combinations of a project's extensions are built and run.

use super::{Combination, pairwise};

/// The most extensions whose powerset is planned: 4096 combinations.
const POWERSET_LIMIT: usize = 12;

/// A way to choose combinations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Strategy {
    /// Every set of extensions
    #[default]
    All,
    /// None, each one alone, and all of them
    Each,
    /// A small set in which any two extensions are seen in, out, and one without the other
    Pairwise,
}

/// The powerset would be too large.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("all combinations of {extensions} extensions are {} builds, more than is sensible", 1_u128 << extensions)]
pub struct TooMany {
    extensions: usize,
}

impl Strategy {
    /// The combinations of `extensions`, each once: the smaller first, then in the order of the extensions.
    ///
    /// # Errors
    /// `All` of more than twelve extensions.
    pub fn combinations(self, extensions: &[String]) -> Result<Vec<Combination>, TooMany> {
        let sets = match self {
            Self::All => {
                if extensions.len() > POWERSET_LIMIT {
                    return Err(TooMany {
                        extensions: extensions.len(),
                    });
                }
                powerset(extensions.len())
            }
            Self::Each => each(extensions.len()),
            Self::Pairwise => pairwise::rows(extensions.len()),
        };
        Ok(in_order(sets)
            .iter()
            .map(|set| {
                let chosen = extensions.iter().zip(set).filter(|(_, on)| **on);
                Combination::new(extensions, chosen.map(|(name, _)| name.as_str()))
            })
            .collect())
    }
}

/// Every on/off row of `count` extensions.
fn powerset(count: usize) -> Vec<Vec<bool>> {
    (0_usize..1 << count)
        .map(|bits| (0..count).map(|at| bits >> at & 1 == 1).collect())
        .collect()
}

/// None, each alone, all.
fn each(count: usize) -> Vec<Vec<bool>> {
    let alone = (0..count).map(|one| (0..count).map(|at| at == one).collect());
    std::iter::once(vec![false; count])
        .chain(alone)
        .chain(std::iter::once(vec![true; count]))
        .collect()
}

/// The rows once each, by size, then by the position of the extensions in them.
fn in_order(mut rows: Vec<Vec<bool>>) -> Vec<Vec<bool>> {
    let positions = |row: &Vec<bool>| -> Vec<usize> {
        let on = row.iter().enumerate().filter(|(_, on)| **on);
        on.map(|(at, _)| at).collect()
    };
    rows.sort_by_key(|row| {
        let positions = positions(row);
        (positions.len(), positions)
    });
    rows.dedup();
    rows
}

#[cfg(test)]
mod tests {
    use proptest::{prop_assert, prop_assert_eq, proptest};

    use super::*;

    fn names(strategy: Strategy, extensions: &[&str]) -> Vec<String> {
        let extensions: Vec<String> = extensions.iter().map(|&name| name.to_owned()).collect();
        let combinations = strategy.combinations(&extensions).unwrap();
        combinations.iter().map(ToString::to_string).collect()
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
    fn too_many_extensions_are_refused_and_not_attempted() {
        let extensions: Vec<String> = (0..64).map(|number| format!("e{number}")).collect();
        assert!(Strategy::All.combinations(&extensions).is_err());
        assert_eq!(Strategy::Pairwise.combinations(&extensions).unwrap().len(), 17);
    }

    proptest! {
        #[test]
        fn every_strategy_plans_each_combination_once_minimal_first_and_full_last(count in 0_usize..9) {
            let extensions: Vec<String> = (0..count).map(|number| format!("e{number}")).collect();
            for strategy in [Strategy::All, Strategy::Each, Strategy::Pairwise] {
                let planned = strategy.combinations(&extensions).unwrap();
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
