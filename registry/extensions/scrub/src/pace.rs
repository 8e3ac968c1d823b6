//! Bounds how fast a pass reads, so that requests keep the disk.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::{Instant, sleep_until};

/// How much time without reading may be made up for.
const BURST: Duration = Duration::from_millis(100);

/// A rate that all readers of a pass share.
#[derive(Debug)]
pub(crate) struct Pace {
    bytes_per_second: u64,
    /// When everything that has been taken so far should have been read.
    due: Mutex<Instant>,
}

impl Pace {
    /// At most so many bytes a second; with [`u64::MAX`] nothing ever waits.
    pub(crate) fn new(bytes_per_second: u64) -> Self {
        Self {
            bytes_per_second,
            due: Mutex::new(Instant::now()),
        }
    }

    /// Waits until `bytes` that were just read fit the rate.
    pub(crate) async fn spend(&self, bytes: usize) {
        let now = Instant::now();
        let until = self.reserve(now, bytes);
        if until > now {
            sleep_until(until).await;
        }
    }

    /// When `bytes` that were read until `now` fit the rate. Time in which nothing was read is made up for by [`BURST`] at
    /// most, which is what timers are late by.
    fn reserve(&self, now: Instant, bytes: usize) -> Instant {
        let nanoseconds = bytes as u128 * 1_000_000_000 / u128::from(self.bytes_per_second.max(1));
        let duration = Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX));
        let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        *due = (*due).max(now.checked_sub(BURST).unwrap_or(now)) + duration;
        *due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_takes_as_long_as_the_rate_says_even_when_timers_are_late() {
        let pace = Pace::new(1_000_000);
        let begin = Instant::now() + Duration::from_secs(1);
        let mut now = begin;
        for _ in 0..100 {
            now = pace.reserve(now, 50_000) + Duration::from_millis(2);
        }
        let took = now - begin;
        assert!(
            took > Duration::from_millis(4_890) && took < Duration::from_millis(5_010),
            "{took:?}"
        );
    }

    #[test]
    fn a_pause_is_not_made_up_for() {
        let pace = Pace::new(1_000_000);
        let begin = Instant::now() + Duration::from_secs(1);
        pace.reserve(begin, 1_000_000);
        let later = begin + Duration::from_mins(1);
        assert_eq!(pace.reserve(later, 1_000_000), later + Duration::from_secs(1) - BURST);
    }
}
