//! How often something is tried again, and after how long.

use std::{future::Future, time::Duration};

use plimsoll_registry_core::config::SyncRegistry;

use crate::error::SyncError;

/// `maxRetries`, `retryDelay` and `maxRetryDelay`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Retry {
    pub(crate) times: u64,
    delay: Duration,
    longest: Option<Duration>,
}

impl Retry {
    pub(crate) fn new(config: &SyncRegistry) -> Self {
        Self {
            times: config.max_retries,
            delay: config.retry_delay.unwrap_or_default(),
            longest: config.max_retry_delay,
        }
    }

    /// How long to wait before the attempt after `failed` failed ones.
    pub(crate) fn delay(&self, failed: u64, error: &SyncError) -> Duration {
        let own = match self.longest {
            None => self.delay,
            Some(longest) => {
                let doublings = u32::try_from(failed.saturating_sub(1)).unwrap_or(u32::MAX).min(31);
                self.delay.saturating_mul(1 << doublings).min(longest)
            }
        };
        match error {
            SyncError::Busy {
                retry_after: Some(wanted),
                ..
            } => own.max(*wanted),
            _ => own,
        }
    }

    /// Does something until it succeeds, fails for good, or was tried often enough.
    pub(crate) async fn run<T, F: Future<Output = Result<T, SyncError>>>(
        &self,
        mut attempt: impl FnMut() -> F,
    ) -> Result<T, SyncError> {
        let mut failed = 0;
        loop {
            match attempt().await {
                Err(error) if error.is_passing() && failed < self.times => {
                    failed += 1;
                    tokio::time::sleep(self.delay(failed, &error)).await;
                }
                outcome => return outcome,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_up_to_the_longest_or_stays() {
        let seconds = Duration::from_secs;
        let growing = Retry {
            times: 9,
            delay: seconds(1),
            longest: Some(seconds(5)),
        };
        let error = SyncError::Status(500);
        let waits: Vec<_> = (1..=5).map(|failed| growing.delay(failed, &error).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 5, 5]);
        let even = Retry {
            longest: None,
            ..growing
        };
        assert_eq!(even.delay(7, &error), seconds(1));
        let busy = SyncError::Busy {
            status: 429,
            retry_after: Some(seconds(9)),
        };
        assert_eq!(growing.delay(1, &busy), seconds(9));
    }

    #[tokio::test]
    async fn only_what_may_pass_is_tried_again_and_not_for_ever() {
        let retry = Retry {
            times: 2,
            delay: Duration::ZERO,
            longest: None,
        };
        for (error, expected) in [(SyncError::Status(500), 3), (SyncError::NotFound, 1)] {
            let mut attempts = 0;
            let outcome: Result<(), _> = retry
                .run(|| {
                    attempts += 1;
                    std::future::ready(Err(error.clone()))
                })
                .await;
            assert!(outcome.is_err());
            assert_eq!(attempts, expected);
        }
    }
}
