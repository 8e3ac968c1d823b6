//! The metrics themselves: their names, labels and buckets.

use std::borrow::Cow;

use plimsoll_registry_core::{hooks::Priority, oci::RepositoryName};
use prometheus_client::{
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::{Metric, Registry},
};

use crate::{Build, process::ProcessCollector, summary::Summary};

/// Names and values.
pub(crate) type Labels<const N: usize> = [(&'static str, Cow<'static, str>); N];
/// A metric for each combination of the values of `N` labels.
pub(crate) type Labelled<const N: usize, M, C = fn() -> M> = Family<Labels<N>, M, C>;

/// The metrics that are summaries.
pub(crate) const SUMMARIES: [&str; 2] = ["zot_http_repo_latency_seconds", "zot_gc_duration_seconds"];

/// The specification that is served, which is what zot calls its version.
const SPECIFICATION: &str = "1.1.1";

const METHOD_BUCKETS: [f64; 7] = [0.05, 0.5, 1.0, 5.0, 30.0, 60.0, 600.0];
const LOCK_BUCKETS: [f64; 9] = [0.001, 0.01, 0.1, 1.0, 5.0, 10.0, 15.0, 30.0, 60.0];
/// The default buckets of Prometheus' own clients.
const TASK_BUCKETS: [f64; 11] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// Every metric.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) registry: Registry,
    pub(crate) http_requests: Labelled<2, Counter>,
    pub(crate) http_repo_latency: Labelled<1, Summary>,
    pub(crate) http_method_latency: Labelled<1, Histogram>,
    pub(crate) repo_storage: Labelled<1, Gauge>,
    pub(crate) repo_uploads: Labelled<1, Counter>,
    pub(crate) repo_downloads: Labelled<1, Counter>,
    pub(crate) lock_latency: Labelled<2, Histogram>,
    pub(crate) generators: Counter,
    pub(crate) generators_status: Labelled<2, Gauge>,
    pub(crate) workers_total: Gauge,
    pub(crate) workers: Labelled<1, Gauge>,
    pub(crate) queue_length: Labelled<1, Gauge>,
    pub(crate) task_duration: Labelled<1, Histogram>,
    pub(crate) gc_runs: Labelled<1, Counter>,
    pub(crate) gc_duration: Summary,
    pub(crate) gc_deleted: Labelled<1, Counter>,
}

impl Table {
    pub(crate) fn new(build: &Build) -> Self {
        let mut root = Registry::default();
        root.register_collector(Box::new(ProcessCollector::default()));
        let registry = root.sub_registry_with_prefix("zot");
        describe(registry, build);
        let table = Self {
            http_requests: add(registry, "http_requests", "Requests answered", family(Counter::default)),
            http_repo_latency: add(
                registry,
                "http_repo_latency_seconds",
                "Time to answer, by repository",
                family(Summary::default),
            ),
            http_method_latency: add(
                registry,
                "http_method_latency_seconds",
                "Time to answer, by method",
                family(|| Histogram::new(METHOD_BUCKETS)),
            ),
            repo_storage: add(
                registry,
                "repo_storage_bytes",
                "Bytes that a repository takes",
                family(Gauge::default),
            ),
            repo_uploads: add(registry, "repo_uploads", "Manifests pushed", family(Counter::default)),
            repo_downloads: add(registry, "repo_downloads", "Manifests pulled", family(Counter::default)),
            lock_latency: add(
                registry,
                "storage_lock_latency_seconds",
                "Time that a lock on a repository was waited for",
                family(|| Histogram::new(LOCK_BUCKETS)),
            ),
            generators: add(
                registry,
                "scheduler_generators",
                "Kinds of background tasks",
                Counter::default(),
            ),
            generators_status: add(
                registry,
                "scheduler_generators_status",
                "Kinds of background tasks, by priority and state",
                family(Gauge::default),
            ),
            workers_total: add(
                registry,
                "scheduler_workers_total",
                "Workers for background tasks",
                Gauge::default(),
            ),
            workers: add(
                registry,
                "scheduler_workers",
                "Workers for background tasks, by state",
                family(Gauge::default),
            ),
            queue_length: add(
                registry,
                "scheduler_tasksqueue_length",
                "Background tasks that wait",
                family(Gauge::default),
            ),
            task_duration: add(
                registry,
                "scheduler_workers_tasks_duration_seconds",
                "Time that background tasks took",
                family(|| Histogram::new(TASK_BUCKETS)),
            ),
            gc_runs: add(
                registry,
                "gc_runs",
                "Garbage collections of a repository",
                family(Counter::default),
            ),
            gc_duration: add(
                registry,
                "gc_duration_seconds",
                "Time that garbage collections took",
                Summary::default(),
            ),
            gc_deleted: add(
                registry,
                "gc_deleted",
                "What garbage collections removed",
                family(Counter::default),
            ),
            registry: root,
        };
        table.show_empty_queues();
        table
    }

    /// What has not happened yet is zero, not absent.
    fn show_empty_queues(&self) {
        for priority in [Priority::Low, Priority::Medium, Priority::High] {
            self.queue_length
                .get_or_create(&[("priority", priority_name(priority))])
                .set(0);
            for state in ["ready", "waiting", "done"] {
                self.generators_status(priority, state, 0);
            }
        }
    }

    /// Adds to the number of generators in a state.
    pub(crate) fn generators_status(&self, priority: Priority, state: &'static str, by: i64) {
        self.generators_status
            .get_or_create(&[("priority", priority_name(priority)), ("state", state.into())])
            .inc_by(by);
    }

    /// Forgets a repository that is gone, so that repositories which come and go leave nothing behind.
    pub(crate) fn forget(&self, repository: &RepositoryName) {
        let labels = repo(repository);
        self.repo_storage.remove(&labels);
        self.repo_uploads.remove(&labels);
        self.repo_downloads.remove(&labels);
        self.http_repo_latency.remove(&labels);
    }
}

/// Adds `zot_info`, whose labels say it all.
fn describe(registry: &mut Registry, build: &Build) {
    let info: Labelled<4, Gauge> = add(registry, "info", "What this registry is", family(Gauge::default));
    let labels = [
        ("commit", build.commit.clone().into()),
        ("binaryType", build.binary_type.clone().into()),
        ("goVersion", env!("PLIMSOLL_COMPILER").into()),
        ("version", SPECIFICATION.into()),
    ];
    info.get_or_create(&labels).set(0);
}

/// The label of a repository.
pub(crate) fn repo(repository: &RepositoryName) -> Labels<1> {
    [("repo", repository.to_string().into())]
}

/// The word for a priority.
pub(crate) const fn priority_name(priority: Priority) -> Cow<'static, str> {
    Cow::Borrowed(match priority {
        Priority::Low => "low",
        Priority::Medium => "medium",
        Priority::High => "high",
    })
}

fn family<const N: usize, M>(constructor: fn() -> M) -> Labelled<N, M> {
    Family::new_with_constructor(constructor)
}

fn add<M: Metric + Clone>(registry: &mut Registry, name: &str, help: &str, metric: M) -> M {
    registry.register(name, help, metric.clone());
    metric
}
