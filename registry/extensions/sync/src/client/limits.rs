//! How much is asked of a host at a time, and how often.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{Mutex, OwnedSemaphorePermit, Semaphore},
    time::Instant,
};

/// The limits of one registry.
#[derive(Debug)]
pub(crate) struct Limits {
    requests: Semaphore,
    blobs: Arc<Semaphore>,
    /// Taken by what no client waits for, so that something is left for those that do.
    background: Arc<Semaphore>,
    rate: Option<Rate>,
}

#[derive(Debug)]
struct Rate {
    interval: Duration,
    next: Mutex<Instant>,
}

impl Limits {
    /// At most `concurrent` blobs, and as many other requests, at a time; at most `per_second` requests a second.
    pub(crate) fn new(concurrent: usize, per_second: Option<f64>) -> Self {
        let concurrent = concurrent.clamp(1, Semaphore::MAX_PERMITS);
        Self {
            requests: Semaphore::new(concurrent),
            blobs: Arc::new(Semaphore::new(concurrent)),
            background: Arc::new(Semaphore::new((concurrent - 1).max(1))),
            rate: per_second.map(|rate| Rate {
                interval: Duration::try_from_secs_f64(1.0 / rate).unwrap_or(Duration::MAX),
                next: Mutex::new(Instant::now()),
            }),
        }
    }

    /// Waits for a request's turn. What is returned is held while it is under way.
    pub(crate) async fn request(&self) -> Option<tokio::sync::SemaphorePermit<'_>> {
        let permit = self.requests.acquire().await.ok();
        self.turn().await;
        permit
    }

    /// Waits for a blob's turn. What is returned is held until it is here.
    pub(crate) async fn blob(&self, background: bool) -> [Option<OwnedSemaphorePermit>; 2] {
        let first = if background {
            Arc::clone(&self.background).acquire_owned().await.ok()
        } else {
            None
        };
        [first, Arc::clone(&self.blobs).acquire_owned().await.ok()]
    }

    /// Waits until a request more is within the rate.
    pub(crate) async fn turn(&self) {
        if let Some(rate) = &self.rate {
            let mut next = rate.next.lock().await;
            let now = Instant::now();
            let mine = (*next).max(now);
            *next = mine + rate.interval;
            drop(next);
            tokio::time::sleep_until(mine).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn requests_come_no_faster_than_the_rate() {
        let limits = Limits::new(3, Some(50.0));
        let began = Instant::now();
        for _ in 0..6 {
            limits.turn().await;
        }
        assert!(began.elapsed() >= Duration::from_millis(100), "{:?}", began.elapsed());
    }

    #[tokio::test]
    async fn what_nobody_waits_for_leaves_room_for_what_someone_does() {
        let limits = Limits::new(2, None);
        let _background = limits.blob(true).await;
        let second = tokio::time::timeout(Duration::from_millis(20), limits.blob(true));
        assert!(second.await.is_err());
        let _client = limits.blob(false).await;
        assert!(
            tokio::time::timeout(Duration::from_millis(20), limits.blob(false))
                .await
                .is_err()
        );
    }
}
