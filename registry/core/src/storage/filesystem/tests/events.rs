//! What the store says of changes.

use std::sync::{Arc, Mutex};

use super::*;
use crate::hooks::{Event, Observer};

#[derive(Default)]
struct Changes(Mutex<Vec<String>>);

impl Observer for Changes {
    fn observe(&self, event: &Event<'_>) {
        if let Event::RepositoryChanged { repository } = event {
            self.0.lock().unwrap().push(repository.to_string());
        }
    }
}

impl Changes {
    /// Whether a change of `a` was reported since the last look, and of nothing else.
    #[track_caller]
    fn assert(&self, what: &str, reported: bool) {
        let changes = std::mem::take(&mut *self.0.lock().unwrap());
        assert_eq!(!changes.is_empty(), reported, "{what}: {changes:?}");
        assert!(changes.iter().all(|name| name == "a"), "{what}: {changes:?}");
    }
}

#[tokio::test]
async fn every_change_of_what_a_repository_holds_is_reported_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let changes = Arc::new(Changes::default());
    let events = EventSink::new(vec![Arc::clone(&changes) as Arc<dyn Observer>]);
    let store = FileStore::open(&config(folder.path()), events).unwrap();
    let name = repository("a");

    push_blob(&store, &name, b"layer").await.unwrap();
    changes.assert("its creation", true);
    push_blob(&store, &name, b"other").await.unwrap();
    changes.assert("a blob", false);
    let one = image(b"layer", None, &["one", "two"]);
    store.put_manifest(&name, one.clone()).await.unwrap();
    changes.assert("a push", true);
    store.manifest(&name, &Reference::Tag(tag("one"))).await.unwrap();
    store.read_manifest(&name, &one.digest).await.unwrap();
    store.index(&name).await.unwrap();
    changes.assert("reading", false);
    assert!(store.delete_tag(&name, &tag("one")).await.unwrap());
    changes.assert("a tag that is deleted", true);
    assert!(!store.delete_tag(&name, &tag("one")).await.unwrap());
    changes.assert("a tag that is not there", false);
    assert!(store.delete_manifest(&name, &one.digest).await.unwrap());
    changes.assert("a manifest that is deleted", true);
    let report = store.collect_garbage(&name, Duration::ZERO).await.unwrap();
    // Blobs that were in use a moment ago may stay for a round.
    changes.assert("garbage collection", report.repository_removed);
}

#[tokio::test]
async fn a_repository_that_goes_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let changes = Arc::new(Changes::default());
    let events = EventSink::new(vec![Arc::clone(&changes) as Arc<dyn Observer>]);
    let config = config::Storage {
        gc_delay: Duration::ZERO,
        ..config(folder.path())
    };
    let store = FileStore::open(&config, events).unwrap();
    let name = repository("a");
    push_blob(&store, &name, b"layer").await.unwrap();
    changes.assert("its creation", true);
    let report = store.collect_garbage(&name, Duration::ZERO).await.unwrap();
    assert!(report.repository_removed);
    changes.assert("its removal", true);
}
