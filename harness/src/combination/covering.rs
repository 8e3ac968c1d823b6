//! Covering arrays over on/off factors with constraints, grown one factor at a time (IPOG).
//!
//! In an array of strength t every t extensions are seen in each of their 2^t states that there can be, in a number of rows
//! that grows with the logarithm of the number of extensions.

use super::constraint::{Constraints, Partial};
use super::interaction::subsets;

/// The rows of a covering array of `strength` over `count` factors; `seeds` come first. Always the same for the same input.
pub(super) fn rows(count: usize, strength: usize, constraints: &Constraints, seeds: &[u64]) -> Vec<u64> {
    let mut rows: Vec<Partial> = seeds.iter().copied().map(Partial::whole).collect();
    for factor in 0..count {
        let mut open = states_with(factor, strength, constraints);
        open.retain(|state| !rows.iter().any(|row| row.covers(*state)));
        grow_across(&mut rows, factor, constraints, &mut open);
        grow_down(&mut rows, constraints, &open);
    }
    let fill = |(number, row): (usize, Partial)| {
        // What is left open is mixed: it may show what nobody asked for.
        constraints.fill(count, row, |place| (number + place) % 2 == 0)
    };
    let all = if count >= 64 { u64::MAX } else { (1 << count) - 1 };
    rows.into_iter()
        .enumerate()
        .filter_map(fill)
        .map(|bits| bits & all)
        .collect()
}

/// Every state that there can be of `factor` with `strength - 1` of those before it.
fn states_with(factor: usize, strength: usize, constraints: &Constraints) -> Vec<Partial> {
    let before = (1_u64 << factor) - 1;
    let others = u32::try_from((strength - 1).min(factor)).unwrap_or(u32::MAX);
    let masks = subsets(before, others).into_iter().map(|mask| mask | 1 << factor);
    masks.flat_map(|mask| states(mask, constraints)).collect()
}

/// The states of the factors of `mask` that there can be.
pub(super) fn states(mask: u64, constraints: &Constraints) -> Vec<Partial> {
    let mut found = Vec::new();
    let mut value = 0;
    loop {
        let state = Partial { mask, value };
        if constraints.complete(state).is_some() {
            found.push(state);
        }
        // Counts through the bits of the mask.
        value = (value | !mask).wrapping_add(1) & mask;
        if value == 0 {
            return found;
        }
    }
}

/// Gives `factor` the value in each row that covers the most open states, and none where both cover nothing.
fn grow_across(rows: &mut [Partial], factor: usize, constraints: &Constraints, open: &mut Vec<Partial>) {
    for row in rows.iter_mut().filter(|row| row.get(factor).is_none()) {
        let tried = [false, true].into_iter().filter_map(|value| {
            let grown = constraints.complete(row.with(factor, value))?;
            let gain = open.iter().filter(|state| grown.covers(**state)).count();
            (gain > 0).then_some((gain, grown))
        });
        let best = tried.reduce(|best, next| if next.0 > best.0 { next } else { best });
        if let Some((_, grown)) = best {
            *row = grown;
            open.retain(|state| !grown.covers(*state));
        }
    }
}

/// Puts each state that is still open where a row leaves room for it, or into a new row.
fn grow_down(rows: &mut Vec<Partial>, constraints: &Constraints, open: &[Partial]) {
    for state in open {
        if rows.iter().any(|row| row.covers(*state)) {
            continue;
        }
        let fitting = rows.iter().enumerate().find_map(|(place, row)| {
            let grown = constraints.complete(row.and(*state)?)?;
            Some((place, grown))
        });
        match fitting {
            Some((place, grown)) => rows[place] = grown,
            None => rows.extend(constraints.complete(*state)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{
        super::{constraint::any_constraints, coverage::covered},
        *,
    };

    proptest! {
        #[test]
        fn every_state_that_there_can_be_is_covered_and_no_other_row_is_there(
            (count, constraints) in (1_usize..10).prop_flat_map(|count| (Just(count), any_constraints(count))),
            strength in 1_usize..5,
        ) {
            let rows = rows(count, strength, &constraints, &[]);
            prop_assert!(rows.iter().all(|row| constraints.admits(*row)));
            let (covered, of) = covered(count, strength, &constraints, &rows);
            prop_assert_eq!(covered, of);
        }

        #[test]
        fn forty_factors_are_no_trouble(seed in any::<u64>()) {
            let seed = seed & ((1 << 40) - 1);
            let rows = rows(40, 2, &Constraints::default(), &[seed]);
            prop_assert_eq!(rows[0], seed);
            let (covered, of) = covered(40, 2, &Constraints::default(), &rows);
            prop_assert_eq!(covered, of);
        }
    }

    #[test]
    fn few_rows_are_enough() {
        let sizes = |strength: usize, counts: &[usize]| -> Vec<usize> {
            let seeds = |count: usize| [0, (1 << count) - 1];
            let rows = counts
                .iter()
                .map(|&count| rows(count, strength, &Constraints::default(), &seeds(count)).len());
            rows.collect()
        };
        assert_eq!(sizes(2, &[1, 2, 3, 5, 10, 12, 30]), [2, 4, 5, 7, 9, 9, 11]);
        assert_eq!(sizes(3, &[3, 5, 10, 12, 30]), [8, 12, 17, 20, 31]);
    }
}
