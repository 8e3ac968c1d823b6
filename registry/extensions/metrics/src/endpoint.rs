//! The endpoint: the numbers as text.

use std::sync::Arc;

use axum::{
    Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::get,
};
use http::{StatusCode, header};
use plimsoll_registry_core::service::Registry;
use prometheus_client::encoding::text;

use crate::{
    sizes::Sizes,
    table::{SUMMARIES, Table},
};

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What a scrape needs.
#[derive(Clone)]
pub(crate) struct Endpoint {
    table: Arc<Table>,
    sizes: Arc<Sizes>,
    registry: Arc<Registry>,
}

impl Endpoint {
    pub(crate) fn new(table: Arc<Table>, sizes: Arc<Sizes>, registry: Arc<Registry>) -> Self {
        Self { table, sizes, registry }
    }

    pub(crate) fn router(self, path: &str) -> Router {
        Router::new().route(path, get(scrape)).with_state(self)
    }
}

async fn scrape(State(endpoint): State<Endpoint>) -> Response {
    endpoint.sizes.refresh(&endpoint.table, endpoint.registry.store()).await;
    match encode(&endpoint.table) {
        Ok(text) => ([(header::CONTENT_TYPE, OPEN_METRICS)], text).into_response(),
        Err(error) => {
            tracing::error!(%error, component = "metrics", "failed to encode the metrics");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

fn encode(table: &Table) -> Result<String, std::fmt::Error> {
    let mut encoded = String::new();
    text::encode(&mut encoded, &table.registry)?;
    for name in SUMMARIES {
        encoded = encoded.replace(
            &format!("# TYPE {name} histogram\n"),
            &format!("# TYPE {name} summary\n"),
        );
    }
    Ok(encoded)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::Method;
    use plimsoll_registry_core::{
        auth::Caller,
        hooks::{Event, Observer as _, Priority},
        oci::{Algorithm, Reference, RepositoryName},
        storage::GarbageReport,
    };

    use super::*;
    use crate::{Build, observer::MetricsObserver};

    fn text_after(events: &[Event<'_>]) -> String {
        let table = Arc::new(Table::new(&Build {
            commit: "a\"b\\c\nd".to_owned(),
            binary_type: "metrics-lint".to_owned(),
        }));
        let observer = MetricsObserver::new("/metrics".to_owned(), Arc::clone(&table), Arc::default());
        for event in events {
            observer.observe(event);
        }
        encode(&table).unwrap()
    }

    fn request<'a>(method: &'a Method, path: &'a str, repository: Option<&'a RepositoryName>) -> Event<'a> {
        Event::Request {
            method,
            path,
            status: StatusCode::OK,
            repository,
            latency: Duration::from_millis(250),
        }
    }

    #[track_caller]
    fn assert_line(text: &str, line: &str) {
        assert!(text.lines().any(|found| found == line), "{line}\nis not in\n{text}");
    }

    #[test]
    fn requests_are_counted_under_zots_names_but_those_for_the_metrics() {
        let alpine: RepositoryName = "alpine".parse().unwrap();
        let odd = Method::from_bytes(b"BREW").unwrap();
        let text = text_after(&[
            request(&Method::GET, "/v2/alpine/tags/list", Some(&alpine)),
            request(&Method::GET, "/v2/", None),
            request(&odd, "/v2/", None),
            request(&Method::GET, "/metrics", None),
        ]);
        assert_line(&text, r#"zot_http_requests_total{method="GET",code="200"} 2"#);
        assert_line(&text, r#"zot_http_requests_total{method="other",code="200"} 1"#);
        assert_line(&text, "# TYPE zot_http_repo_latency_seconds summary");
        assert_line(&text, r#"zot_http_repo_latency_seconds_sum{repo="alpine"} 0.25"#);
        assert_line(&text, r#"zot_http_repo_latency_seconds_count{repo="N/A"} 2"#);
        assert_line(
            &text,
            r#"zot_http_method_latency_seconds_bucket{le="0.05",method="GET"} 0"#,
        );
        assert_line(
            &text,
            r#"zot_http_method_latency_seconds_bucket{le="0.5",method="GET"} 2"#,
        );
        assert_line(
            &text,
            r#"zot_http_method_latency_seconds_bucket{le="600.0",method="GET"} 2"#,
        );
    }

    #[test]
    fn pushes_and_pulls_are_counted_by_repository() {
        let alpine: RepositoryName = "alpine".parse().unwrap();
        let digest = Algorithm::Sha256.digest(b"");
        let reference = Reference::Digest(digest.clone());
        let pulled = Event::ManifestPulled {
            repository: &alpine,
            digest: &digest,
        };
        let pushed = Event::ManifestPushed {
            repository: &alpine,
            reference: &reference,
            digest: &digest,
            media_type: "",
            tags: &[],
            caller: &Caller::default(),
        };
        let text = text_after(&[pushed, pulled, pulled]);
        assert_line(&text, r#"zot_repo_uploads_total{repo="alpine"} 1"#);
        assert_line(&text, r#"zot_repo_downloads_total{repo="alpine"} 2"#);
    }

    #[test]
    fn tasks_locks_and_garbage_are_counted() {
        let alpine: RepositoryName = "alpine".parse().unwrap();
        let duration = Duration::from_millis(20);
        let collected = |outcome| Event::GarbageCollected {
            repository: &alpine,
            outcome,
            duration,
        };
        let report = GarbageReport {
            blobs: 3,
            ..GarbageReport::default()
        };
        let priority = Priority::Low;
        let name = "ScrubTask";
        let text = text_after(&[
            collected(Some(report)),
            collected(None),
            Event::LockWaited {
                storage: "/r",
                exclusive: true,
                latency: duration,
            },
            Event::TaskRegistered { name, priority },
            Event::TaskRound {
                name,
                priority,
                active: true,
            },
            Event::TaskQueued { priority, queued: 7 },
            Event::Workers { total: 8, working: 3 },
            Event::TaskFinished { name, duration },
        ]);
        assert_line(&text, r#"zot_gc_runs_total{error="false"} 1"#);
        assert_line(&text, r#"zot_gc_runs_total{error="true"} 1"#);
        assert_line(&text, "# TYPE zot_gc_duration_seconds summary");
        assert_line(&text, "zot_gc_duration_seconds_count 2");
        assert_line(&text, r#"zot_gc_deleted_total{type="blob"} 3"#);
        assert!(!text.contains(r#"type="upload""#), "{text}");
        assert_line(
            &text,
            r#"zot_storage_lock_latency_seconds_bucket{le="0.1",storageName="/r",lockType="RWLock"} 1"#,
        );
        assert_line(&text, "zot_scheduler_generators_total 1");
        assert_line(
            &text,
            r#"zot_scheduler_generators_status{priority="low",state="ready"} 1"#,
        );
        assert_line(
            &text,
            r#"zot_scheduler_generators_status{priority="low",state="waiting"} 0"#,
        );
        assert_line(&text, r#"zot_scheduler_tasksqueue_length{priority="low"} 7"#);
        assert_line(&text, "zot_scheduler_workers_total 8");
        assert_line(&text, r#"zot_scheduler_workers{state="idle"} 5"#);
        assert_line(
            &text,
            r#"zot_scheduler_workers_tasks_duration_seconds_bucket{le="0.025",name="ScrubTask"} 1"#,
        );
    }

    #[test]
    fn the_binary_and_the_process_are_described_and_labels_are_escaped() {
        let text = text_after(&[]);
        let info = text.lines().find(|line| line.starts_with("zot_info{")).unwrap();
        assert!(
            info.starts_with(r#"zot_info{commit="a\"b\\c\nd",binaryType="metrics-lint",goVersion="rustc "#),
            "{info}"
        );
        assert!(info.ends_with(r#"version="1.1.1"} 0"#), "{info}");
        let memory = text
            .lines()
            .find(|line| line.starts_with("process_resident_memory_bytes "))
            .unwrap();
        assert!(
            memory.rsplit(' ').next().unwrap().parse::<f64>().unwrap() > 100_000.0,
            "{memory}"
        );
        assert!(text.ends_with("# EOF\n"));
    }
}
