//! A covering array of strength two over on/off factors, grown one factor at a time (IPOG).
//!
//! Every pair of extensions is seen with both in, both out, and each without the other, in a number of rows that grows
//! with the logarithm of the number of extensions.

/// Two factors, the first before the second, with a value each.
type Pair = ((usize, bool), (usize, bool));

const VALUES: [bool; 2] = [false, true];

/// The rows of a covering array over `count` factors. All off and all on are among them. Always the same for a `count`.
pub(super) fn rows(count: usize) -> Vec<Vec<bool>> {
    let mut rows: Vec<Vec<Option<bool>>> = vec![vec![Some(false); count.min(1)], vec![Some(true); count.min(1)]];
    for factor in 1..count {
        let mut open = pairs_with(factor);
        grow_across(&mut rows, factor, &mut open);
        grow_down(&mut rows, factor, &open);
    }
    rows.into_iter()
        .map(|row| row.into_iter().map(|value| value.unwrap_or(false)).collect())
        .collect()
}

/// Every pair of `factor` with one before it.
fn pairs_with(factor: usize) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for before in 0..factor {
        for first in VALUES {
            for second in VALUES {
                pairs.push(((before, first), (factor, second)));
            }
        }
    }
    pairs
}

/// Gives `factor` the value in each row that covers the most open pairs. The first two rows stay all off and all on.
fn grow_across(rows: &mut [Vec<Option<bool>>], factor: usize, open: &mut Vec<Pair>) {
    for (number, row) in rows.iter_mut().enumerate() {
        let gain = |value: bool| {
            let covered = open
                .iter()
                .filter(|((before, first), (_, second))| *second == value && row[*before] == Some(*first));
            covered.count()
        };
        let value = match number {
            0 => false,
            1 => true,
            _ => gain(true) > gain(false),
        };
        row.push(Some(value));
        open.retain(|((before, first), (_, second))| *second != value || row[*before] != Some(*first));
    }
    debug_assert!(rows.iter().all(|row| row.len() == factor + 1));
}

/// Puts each pair that is still open where a row leaves room for it, or into a new row.
fn grow_down(rows: &mut Vec<Vec<Option<bool>>>, factor: usize, open: &[Pair]) {
    for &((before, first), (_, second)) in open {
        let fits = |cell: Option<bool>, value: bool| cell.is_none_or(|there| there == value);
        let place = rows
            .iter()
            .position(|row| fits(row[before], first) && fits(row[factor], second));
        let row = if let Some(place) = place {
            &mut rows[place]
        } else {
            rows.push(vec![None; factor + 1]);
            rows.last_mut().expect("a row was just added")
        };
        row[before] = Some(first);
        row[factor] = Some(second);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_pair_of_values_is_covered(count in 0_usize..40) {
            let rows = rows(count);
            for factor in 1..count {
                for ((before, first), (_, second)) in pairs_with(factor) {
                    let covered = rows.iter().any(|row| row[before] == first && row[factor] == second);
                    prop_assert!(covered, "{before}={first} with {factor}={second} of {count}");
                }
            }
        }
    }

    #[test]
    fn few_rows_are_enough() {
        let sizes: Vec<usize> = [0, 1, 2, 3, 5, 10, 30].map(|count| rows(count).len()).into();
        assert_eq!(sizes, [2, 2, 4, 5, 8, 10, 13]);
    }
}
