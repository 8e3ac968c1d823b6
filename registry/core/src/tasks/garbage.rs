//! The task that collects garbage.

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use async_trait::async_trait;

use crate::{
    config,
    hooks::{Event, Priority, RepositoryTask},
    oci::RepositoryName,
    service::Registry,
};

/// Collects the garbage of each repository.
#[derive(Debug)]
pub struct GarbageTask {
    root: PathBuf,
    delay: Duration,
    interval: Duration,
}

impl GarbageTask {
    /// The task as it is configured, or none if it is switched off.
    pub fn new(storage: &config::Storage) -> Option<Self> {
        storage.gc.then(|| Self {
            root: storage.root_directory.clone(),
            delay: storage.gc_delay,
            interval: storage.gc_interval,
        })
    }
}

#[async_trait]
impl RepositoryTask for GarbageTask {
    fn name(&self) -> &'static str {
        "GCTask"
    }

    fn priority(&self) -> Priority {
        Priority::Medium
    }

    fn interval(&self) -> Duration {
        self.interval
    }

    async fn run(&self, registry: &Registry, repository: &RepositoryName) {
        let path = self.root.join(repository.as_str());
        let path = path.display();
        tracing::info!(module = "gc", "executing gc of orphaned blobs for {path}");
        let began = Instant::now();
        let outcome = registry.store().collect_garbage(repository, self.delay).await;
        match &outcome {
            Ok(report) => tracing::info!(
                module = "gc",
                blobs = report.blobs,
                bytes = report.bytes,
                uploads = report.uploads,
                "gc successfully completed for {path}"
            ),
            Err(error) => {
                tracing::error!(module = "gc", %error, "failed to run GC for {path}");
                tracing::info!(module = "gc", "gc unsuccessfully completed for {path}");
            }
        }
        registry.events().emit(&Event::GarbageCollected {
            repository,
            outcome: outcome.ok(),
            duration: began.elapsed(),
        });
    }
}
