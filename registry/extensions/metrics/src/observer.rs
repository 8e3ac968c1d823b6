//! From events to numbers.

use std::{borrow::Cow, sync::Arc};

use http::Method;
use plimsoll_registry_core::hooks::{Event, Observer};

use crate::{
    sizes::Sizes,
    table::{Table, priority_name, repo},
};

/// The `repo` of a request that concerns no repository that exists.
const NO_REPOSITORY: &str = "N/A";

/// Counts.
pub(crate) struct MetricsObserver {
    /// Requests to this path are not counted: they would count themselves.
    path: String,
    table: Arc<Table>,
    sizes: Arc<Sizes>,
}

impl MetricsObserver {
    pub(crate) fn new(path: String, table: Arc<Table>, sizes: Arc<Sizes>) -> Self {
        Self { path, table, sizes }
    }
}

impl Observer for MetricsObserver {
    fn observe(&self, event: &Event<'_>) {
        let table = &*self.table;
        match *event {
            Event::Request { path, .. } if path == self.path => {}
            // Whatever changes it says so too, with more to count.
            Event::RepositoryChanged { .. } => {}
            Event::Request {
                method,
                status,
                repository,
                latency,
                ..
            } => {
                let method = method_name(method);
                let code = status.as_u16().to_string().into();
                table
                    .http_requests
                    .get_or_create(&[("method", method.clone()), ("code", code)])
                    .inc();
                let repo = repository.map_or([("repo", NO_REPOSITORY.into())], repo);
                table
                    .http_repo_latency
                    .get_or_create(&repo)
                    .observe(latency.as_secs_f64());
                table
                    .http_method_latency
                    .get_or_create(&[("method", method)])
                    .observe(latency.as_secs_f64());
            }
            Event::ManifestPushed { repository, .. } => {
                table.repo_uploads.get_or_create(&repo(repository)).inc();
                self.sizes.changed(repository);
            }
            Event::ManifestPulled { repository, .. } => {
                table.repo_downloads.get_or_create(&repo(repository)).inc();
            }
            Event::RepositoryCreated { repository }
            | Event::ManifestDeleted { repository, .. }
            | Event::BlobStored { repository, .. }
            | Event::BlobDeleted { repository, .. } => self.sizes.changed(repository),
            Event::LockWaited {
                storage,
                exclusive,
                latency,
            } => {
                let kind = if exclusive { "RWLock" } else { "RLock" };
                table
                    .lock_latency
                    .get_or_create(&[("storageName", storage.to_owned().into()), ("lockType", kind.into())])
                    .observe(latency.as_secs_f64());
            }
            Event::GarbageCollected {
                repository,
                outcome,
                duration,
            } => {
                let error = if outcome.is_none() { "true" } else { "false" };
                table.gc_runs.get_or_create(&[("error", error.into())]).inc();
                table.gc_duration.observe(duration.as_secs_f64());
                let outcome = outcome.unwrap_or_default();
                for (kind, count) in [("blob", outcome.blobs), ("upload", outcome.uploads)] {
                    if count > 0 {
                        table.gc_deleted.get_or_create(&[("type", kind.into())]).inc_by(count);
                    }
                }
                if outcome.blobs > 0 || outcome.uploads > 0 || outcome.repository_removed {
                    self.sizes.changed(repository);
                }
            }
            Event::TaskRegistered { priority, .. } => {
                table.generators.inc();
                table.generators_status(priority, "waiting", 1);
            }
            Event::TaskRound { priority, active, .. } => {
                let by = if active { 1 } else { -1 };
                table.generators_status(priority, "ready", by);
                table.generators_status(priority, "waiting", -by);
            }
            Event::TaskQueued { priority, queued } => {
                table
                    .queue_length
                    .get_or_create(&[("priority", priority_name(priority))])
                    .set(signed(queued));
            }
            Event::Workers { total, working } => {
                table.workers_total.set(signed(total));
                for (state, count) in [("working", working), ("idle", total.saturating_sub(working))] {
                    table
                        .workers
                        .get_or_create(&[("state", state.into())])
                        .set(signed(count));
                }
            }
            Event::TaskFinished { name, duration } => {
                table
                    .task_duration
                    .get_or_create(&[("name", name.to_owned().into())])
                    .observe(duration.as_secs_f64());
            }
        }
    }
}

fn signed(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A client can send any word as a method; those that nobody knows share one label.
fn method_name(method: &Method) -> Cow<'static, str> {
    const KNOWN: [&str; 9] = [
        "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT",
    ];
    KNOWN
        .into_iter()
        .find(|known| *known == method.as_str())
        .unwrap_or("other")
        .into()
}
