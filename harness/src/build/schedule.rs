//! Builds many combinations: the first alone, since it compiles the libraries that all share, then two side by side.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use super::{BuildError, Builder, Built};
use crate::combination::Combination;

/// How many cargos run side by side. Cargo serialises what they compile; a second one fills the gaps that the first
/// leaves while it reads its state and links.
const SIDE_BY_SIDE: usize = 2;

/// What happens during builds.
pub trait Progress: Sync {
    /// The build of a combination begins.
    fn began(&self, combination: &Combination);
    /// Cargo says what it is about.
    fn says(&self, line: &str);
    /// The build of a combination ended.
    fn ended(&self, combination: &Combination, result: &Result<Built, BuildError>);
}

/// Builds `combinations`; the results are in the same order. If the first fails the others are tried all the same: what
/// fails may be one extension.
pub fn build_all(
    builder: &Builder<'_>,
    combinations: &[Combination],
    progress: &dyn Progress,
) -> Vec<(Combination, Result<Built, BuildError>)> {
    let build = |combination: &Combination| {
        progress.began(combination);
        let result = builder.build(combination, &|line| progress.says(line));
        progress.ended(combination, &result);
        result
    };
    let Some((first, others)) = combinations.split_first() else {
        return Vec::new();
    };
    let mut results = vec![(first.clone(), build(first))];
    let next = AtomicUsize::new(0);
    let finished = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..SIDE_BY_SIDE.min(others.len()) {
            scope.spawn(|| {
                loop {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    let Some(combination) = others.get(place) else {
                        return;
                    };
                    let result = build(combination);
                    let mut finished = finished.lock().unwrap_or_else(PoisonError::into_inner);
                    finished.push((place, combination.clone(), result));
                }
            });
        }
    });
    let mut finished = finished.into_inner().unwrap_or_else(PoisonError::into_inner);
    finished.sort_by_key(|(place, ..)| *place);
    results.extend(
        finished
            .into_iter()
            .map(|(_, combination, result)| (combination, result)),
    );
    results
}
