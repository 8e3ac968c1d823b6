//! Bounds how fast a pass reads, so that requests keep the disk.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::{Instant, sleep_until};

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

    /// When `bytes` that were read until `now` fit the rate. Time in which nothing was read is not made up for.
    fn reserve(&self, now: Instant, bytes: usize) -> Instant {
        let nanoseconds = bytes as u128 * 1_000_000_000 / u128::from(self.bytes_per_second.max(1));
        let duration = Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX));
        let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        *due = (*due).max(now) + duration;
        *due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_takes_as_long_as_the_rate_says() {
        let pace = Pace::new(1_000_000);
        let begin = Instant::now() + Duration::from_secs(1);
        for _ in 0..9 {
            pace.reserve(begin, 500_000);
        }
        assert_eq!(pace.reserve(begin, 500_000), begin + Duration::from_secs(5));
    }

    #[test]
    fn a_pause_is_not_made_up_for() {
        let pace = Pace::new(1_000_000);
        let begin = Instant::now() + Duration::from_secs(1);
        pace.reserve(begin, 1_000_000);
        let later = begin + Duration::from_mins(1);
        assert_eq!(pace.reserve(later, 1_000_000), later + Duration::from_secs(1));
    }
}
