//! Work that is done once for everyone who wants its outcome at the same time, and goes on when they leave.

use std::{
    collections::HashMap,
    fmt,
    future::Future,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::watch;
use tokio_util::task::TaskTracker;

/// Work that is under way, by what it is about.
pub(crate) struct Flights<K, V> {
    open: Mutex<HashMap<K, watch::Receiver<Option<V>>>>,
}

impl<K, V> fmt::Debug for Flights<K, V> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Flights")
    }
}

impl<K, V> Default for Flights<K, V> {
    fn default() -> Self {
        Self { open: Mutex::default() }
    }
}

/// Takes a piece of work off the table, also when it is dropped in the middle.
struct Landing<K: Hash + Eq, V> {
    flights: Arc<Flights<K, V>>,
    key: K,
}

impl<K: Hash + Eq, V> Drop for Landing<K, V> {
    fn drop(&mut self) {
        self.flights.lock().remove(&self.key);
    }
}

impl<K, V> Flights<K, V>
where
    K: Clone + Hash + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// The outcome of `work`, or of the same work that is under way already, of which `joined` is told. `None`: the
    /// registry is shutting down.
    pub(crate) async fn run(
        self: &Arc<Self>,
        tracker: &TaskTracker,
        key: K,
        joined: impl FnOnce(),
        work: impl Future<Output = V> + Send + 'static,
    ) -> Option<V> {
        let mut outcome = {
            let mut open = self.lock();
            if let Some(outcome) = open.get(&key) {
                joined();
                outcome.clone()
            } else {
                let (sender, receiver) = watch::channel(None);
                open.insert(key.clone(), receiver.clone());
                let landing = Landing {
                    flights: Arc::clone(self),
                    key,
                };
                tracker.spawn(async move {
                    let value = work.await;
                    // Off the table first: who comes now begins anew.
                    drop(landing);
                    sender.send_replace(Some(value));
                });
                receiver
            }
        };
        let value = outcome.wait_for(Option::is_some).await.ok()?;
        value.clone()
    }
}

impl<K, V> Flights<K, V> {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<K, watch::Receiver<Option<V>>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::sync::Notify;

    use super::*;

    #[tokio::test]
    async fn work_is_done_once_for_all_and_goes_on_without_them() {
        let flights: Arc<Flights<u8, usize>> = Arc::default();
        let (tracker, go, count) = (
            TaskTracker::new(),
            Arc::new(Notify::new()),
            Arc::new(AtomicUsize::new(0)),
        );
        let work = || {
            let (go, count) = (Arc::clone(&go), Arc::clone(&count));
            async move {
                go.notified().await;
                count.fetch_add(1, Ordering::SeqCst) + 1
            }
        };
        let gone = flights.run(&tracker, 1, || (), work());
        assert!(
            tokio::time::timeout(std::time::Duration::from_millis(5), gone)
                .await
                .is_err()
        );
        let joined = AtomicUsize::new(0);
        let join = || flights.run(&tracker, 1, || _ = joined.fetch_add(1, Ordering::SeqCst), work());
        let (first, second) = (join(), join());
        go.notify_one();
        assert_eq!(tokio::join!(first, second), (Some(1), Some(1)));
        assert_eq!(joined.load(Ordering::SeqCst), 2);
        go.notify_one();
        assert_eq!(flights.run(&tracker, 1, || (), work()).await, Some(2));
    }
}
