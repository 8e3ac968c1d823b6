//! Which builds open what others have written: scenarios that restart with `combination: other` are run once for each.

use std::{num::NonZeroUsize, str::FromStr};

use crate::{combination::Combination, runner::Job};

/// How many other builds open what each build has written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pairs {
    /// So many, which the seed decides.
    Some(NonZeroUsize),
    /// All, and itself.
    All,
}

impl Default for Pairs {
    fn default() -> Self {
        Self::Some(NonZeroUsize::MIN)
    }
}

impl FromStr for Pairs {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "all" {
            return Ok(Self::All);
        }
        let number = text
            .parse()
            .map_err(|_| "write a number from 1 on, or all".to_owned())?;
        Ok(Self::Some(number))
    }
}

impl Pairs {
    /// `jobs`, with those that meet another of `builds` once for each that they meet.
    pub(super) fn spread(self, jobs: Vec<Job>, builds: &[Combination], seed: u64) -> Vec<Job> {
        let mut spread = Vec::with_capacity(jobs.len());
        for job in jobs {
            let writer = builds.iter().position(|build| *build == job.combination);
            match writer.filter(|_| job.meets_another() && job.excluded.is_none()) {
                None => spread.push(job),
                Some(writer) => spread.extend(self.readers(writer, builds.len(), seed).map(|reader| Job {
                    other: Some(builds[reader].clone()),
                    ..job.clone()
                })),
            }
        }
        spread
    }

    /// The places of those that open what the one at `writer` has written. With a seed each opens as many as open its own.
    fn readers(self, writer: usize, count: usize, seed: u64) -> impl Iterator<Item = usize> {
        let others = count.saturating_sub(1).max(1);
        let (first, many) = match self {
            Self::All => (0, count),
            Self::Some(many) => (
                usize::try_from(seed % others as u64).unwrap_or(0),
                many.get().min(others),
            ),
        };
        let own = usize::from(self != Self::All && count > 1);
        let wrap = if self == Self::All { count } else { others };
        (0..many).map(move |step| (writer + own + (first + step) % wrap) % count)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn pairs(pairs: Pairs, count: usize, seed: u64) -> BTreeSet<(usize, usize)> {
        let of = |writer| pairs.readers(writer, count, seed).map(move |reader| (writer, reader));
        (0..count).flat_map(of).collect()
    }

    #[test]
    fn all_are_all_and_a_sample_meets_others_and_each_as_often() {
        assert_eq!(pairs(Pairs::All, 32, 7).len(), 1024);
        for seed in [0, 1, 30, 31, u64::MAX] {
            let sample = pairs(Pairs::Some(NonZeroUsize::new(2).unwrap()), 32, seed);
            assert_eq!(sample.len(), 64, "{seed}");
            for build in 0..32 {
                let (written, read) = (
                    sample.iter().filter(|(writer, _)| *writer == build).count(),
                    sample.iter().filter(|(_, reader)| *reader == build).count(),
                );
                assert_eq!((written, read), (2, 2), "{seed}");
            }
            assert!(sample.iter().all(|(writer, reader)| writer != reader));
        }
        assert_ne!(pairs(Pairs::default(), 32, 1), pairs(Pairs::default(), 32, 2));
        assert_eq!(pairs(Pairs::default(), 1, 5), [(0, 0)].into());
        assert_eq!(pairs(Pairs::Some(NonZeroUsize::new(9).unwrap()), 3, 5).len(), 6);
    }
}
