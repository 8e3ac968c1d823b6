//! The same plan in seconds: whether everything can be measured, and not what it comes to.

use std::time::Duration;

use super::{
    Plan,
    value::{Size, Span},
};

/// The largest blob.
const SIZE: u64 = 1 << 20;
/// The most operations.
const REQUESTS: usize = 4;
/// The longest that a workload goes on.
const LASTS: Duration = Duration::from_millis(50);
/// The most entries of a kind.
const ENTRIES: usize = 40;
/// The most clients.
const CLIENTS: usize = 8;

impl Plan {
    /// Every workload once, with little of everything, and with no aims: so little says nothing about them.
    #[must_use]
    pub fn quick(mut self) -> Self {
        self.rounds = 1;
        self.is_quick = true;
        for stage in &mut self.stages {
            stage.content.tags.limit(ENTRIES);
            stage.content.referrers.limit(ENTRIES);
            stage.content.repositories.limit(ENTRIES);
            for workload in &mut stage.workloads {
                workload.rounds = None;
                workload.aims.clear();
                workload.clients = workload.clients.min(CLIENTS);
                workload.requests = workload.requests.map(|requests| requests.min(REQUESTS));
                workload.lasts = workload.lasts.map(|span| Span::new(span.duration().min(LASTS)));
                for operation in &mut workload.operations {
                    operation.size = operation.size.map(|size| Size(size.0.min(SIZE)));
                }
            }
        }
        self
    }
}
