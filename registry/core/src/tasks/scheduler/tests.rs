use std::collections::BTreeSet;

use async_trait::async_trait;
use tempfile::TempDir;

use super::*;
use crate::{
    config::Config,
    hooks::{Hooks, Observer},
    oci::{Algorithm, Manifest, media_type},
    storage::{Chunk, NewManifest},
    tasks::GarbageTask,
};

/// A registry with these repositories, each of a manifest and a blob that nothing names.
async fn registry(names: &[String], mut hooks: Hooks) -> (Arc<Registry>, Config, TempDir) {
    let root = TempDir::new().unwrap();
    let mut config = Config::without_file(&[]);
    config.storage.root_directory = root.path().into();
    config.storage.gc_delay = Duration::ZERO;
    config.storage.commit = false;
    let registry = Registry::open(&config, &mut hooks).unwrap();
    let bytes = serde_json::json!({ "schemaVersion": 2, "mediaType": media_type::INDEX, "manifests": [] }).to_string();
    for name in names {
        let name = name.parse().unwrap();
        let store = registry.store();
        let manifest = NewManifest {
            digest: Algorithm::Sha256.digest(bytes.as_bytes()),
            manifest: Manifest::parse(bytes.as_bytes(), None).unwrap(),
            bytes: bytes.clone().into(),
            required: Vec::new(),
            tags: vec!["v1".parse().unwrap()],
            create_only: false,
        };
        store.put_manifest(&name, manifest).await.unwrap();
        let upload = store.begin_upload(&name, Algorithm::Sha256).await.unwrap();
        let chunk = Chunk {
            begin: None,
            length: None,
            body: Box::pin(futures_util::stream::iter([Ok(b"orphan".as_slice().into())])),
        };
        store.append_upload(&name, &upload, chunk).await.unwrap();
        store
            .finish_upload(&name, &upload, &Algorithm::Sha256.digest(b"orphan"))
            .await
            .unwrap();
    }
    (Arc::new(registry), config, root)
}

fn names(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("r{number:03}")).collect()
}

/// Reports each turn, and waits in it for a permit.
struct Turns {
    name: &'static str,
    priority: Priority,
    interval: Duration,
    report: mpsc::UnboundedSender<(&'static str, String)>,
    permits: Arc<Semaphore>,
}

#[async_trait]
impl RepositoryTask for Turns {
    fn name(&self) -> &'static str {
        self.name
    }

    fn priority(&self) -> Priority {
        self.priority
    }

    fn interval(&self) -> Duration {
        self.interval
    }

    async fn run(&self, _registry: &Registry, repository: &RepositoryName) {
        self.report.send((self.name, repository.to_string())).unwrap();
        self.permits.acquire().await.unwrap().forget();
    }
}

#[tokio::test]
async fn every_repository_has_its_turn_in_every_round() {
    let names = names(PAGE + 3);
    let (registry, _config, _root) = registry(&names, Hooks::default()).await;
    let (turns, mut seen) = mpsc::unbounded_channel();
    let task = Turns {
        name: "turns",
        priority: Priority::Low,
        interval: Duration::from_millis(1),
        report: turns,
        permits: Arc::new(Semaphore::new(Semaphore::MAX_PERMITS)),
    };
    let scheduler = Scheduler::start(&registry, vec![Arc::new(task)]);
    for _ in 0..2 {
        let mut round = BTreeSet::new();
        for _ in 0..names.len() {
            round.insert(seen.recv().await.unwrap().1);
        }
        assert!(round.iter().eq(&names), "{round:?}");
    }
    scheduler.stop().await;
}

/// Passes on the events that a test waits for.
struct Watch(mpsc::UnboundedSender<&'static str>);

impl Observer for Watch {
    fn observe(&self, event: &Event<'_>) {
        let seen = match event {
            Event::TaskQueued { .. } => "queued",
            Event::GarbageCollected {
                outcome: Some(report), ..
            } if report.blobs == 1 => "collected",
            Event::TaskRound { active: false, .. } => "round ended",
            Event::TaskFinished { name: "GCTask", .. } => "finished",
            _ => return,
        };
        // A test that has seen enough no longer listens.
        let _ = self.0.send(seen);
    }
}

fn watched() -> (Hooks, mpsc::UnboundedReceiver<&'static str>) {
    let (sender, events) = mpsc::unbounded_channel();
    let mut hooks = Hooks::default();
    hooks.observer(Arc::new(Watch(sender)));
    (hooks, events)
}

#[tokio::test]
async fn what_is_urgent_goes_first_and_a_worker_does_one_thing_at_a_time() {
    let (hooks, mut events) = watched();
    let (registry, _config, _root) = registry(&names(6), hooks).await;
    let (turns, mut seen) = mpsc::unbounded_channel();
    let permits = Arc::new(Semaphore::new(0));
    let task = |name, priority| -> Arc<dyn RepositoryTask> {
        Arc::new(Turns {
            name,
            priority,
            interval: Duration::ZERO,
            report: turns.clone(),
            permits: Arc::clone(&permits),
        })
    };
    let tasks = vec![
        task("low", Priority::Low),
        task("medium", Priority::Medium),
        task("high", Priority::High),
    ];
    let scheduler = Scheduler::with_workers(&registry, tasks, 1);
    // One job has the worker; once it came out of its queue, the others stand in theirs.
    let first = seen.recv().await.unwrap().0;
    for _ in 0..=3 * 6 {
        assert_eq!(events.recv().await, Some("queued"));
    }
    let mut rest = Vec::new();
    for _ in 1..3 * 6 {
        assert!(seen.try_recv().is_err());
        permits.add_permits(1);
        rest.push(seen.recv().await.unwrap().0);
    }
    scheduler.stop().await;
    let all = ["high", "medium", "low"].into_iter().flat_map(|name| [name; 6]);
    let mut expected: Vec<_> = all.collect();
    expected.remove(expected.iter().position(|name| *name == first).unwrap());
    assert_eq!(rest, expected);
}

#[tokio::test]
async fn a_task_in_the_middle_of_its_work_does_not_hold_the_end_up() {
    let (registry, _config, _root) = registry(&names(3), Hooks::default()).await;
    let (turns, mut seen) = mpsc::unbounded_channel();
    let task = Turns {
        name: "endless",
        priority: Priority::Low,
        interval: Duration::from_hours(1),
        report: turns,
        permits: Arc::new(Semaphore::new(0)),
    };
    let scheduler = Scheduler::with_workers(&registry, vec![Arc::new(task)], 2);
    seen.recv().await.unwrap();
    seen.recv().await.unwrap();
    scheduler.stop().await;
    assert!(seen.recv().await.is_none());
}

#[tokio::test]
async fn garbage_is_collected_and_its_outcome_told() {
    let (hooks, mut events) = watched();
    let (registry, mut config, _root) = registry(&names(1), hooks).await;
    let task = GarbageTask::new(&config.storage).unwrap();
    let scheduler = Scheduler::start(&registry, vec![Arc::new(task)]);
    for expected in ["queued", "queued", "collected", "finished", "round ended"] {
        assert_eq!(events.recv().await, Some(expected));
    }
    scheduler.stop().await;
    let orphan = Algorithm::Sha256.digest(b"orphan");
    let size = registry
        .store()
        .blob_size(&"r000".parse().unwrap(), &orphan)
        .await
        .unwrap();
    assert_eq!(size, None);
    config.storage.gc = false;
    assert!(GarbageTask::new(&config.storage).is_none());
}
