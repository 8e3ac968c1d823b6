//! Random sequences of operations, against a model that is a few maps; and many tasks at once.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

const BLOBS: [&[u8]; 3] = [b"one", b"two", b"three"];
const TAGS: [&str; 3] = ["a", "b", "c"];

#[derive(Clone, Debug)]
enum Operation {
    PushBlob(usize),
    PushImage {
        blob: usize,
        subject: Option<usize>,
        tags: Vec<usize>,
    },
    PushIndex {
        children: Vec<usize>,
        tags: Vec<usize>,
    },
    DeleteTag(usize),
    DeleteImage(usize),
    DeleteIndex(Vec<usize>),
    DeleteBlob(usize),
    CollectGarbage,
    Flush,
    /// The process ends without a flush.
    Crash,
}

fn operations() -> impl Strategy<Value = Vec<Operation>> {
    let blob = 0..BLOBS.len();
    let blobs = prop::collection::vec(blob.clone(), 0..3);
    let tag = 0..TAGS.len();
    let tags = prop::collection::vec(tag.clone(), 0..3);
    let subject = prop::option::of(blob.clone());
    let operation = prop_oneof![
        3 => blob.clone().prop_map(Operation::PushBlob),
        4 => (blob.clone(), subject, tags.clone())
            .prop_map(|(blob, subject, tags)| Operation::PushImage { blob, subject, tags }),
        1 => (blobs.clone(), tags).prop_map(|(children, tags)| Operation::PushIndex { children, tags }),
        1 => tag.prop_map(Operation::DeleteTag),
        1 => blob.clone().prop_map(Operation::DeleteImage),
        1 => blobs.prop_map(Operation::DeleteIndex),
        1 => blob.prop_map(Operation::DeleteBlob),
        1 => Just(Operation::CollectGarbage),
        1 => Just(Operation::Flush),
        1 => Just(Operation::Crash),
    ];
    prop::collection::vec(operation, 1..30)
}

#[derive(Default)]
struct Model {
    exists: bool,
    blobs: BTreeSet<Digest>,
    manifests: BTreeMap<Digest, NewManifest>,
    tags: BTreeMap<Tag, Digest>,
}

impl Model {
    fn names(&self, digest: &Digest) -> bool {
        let mut named = self.manifests.values().flat_map(|stored| stored.manifest.names());
        named.any(|descriptor| descriptor.digest == *digest)
    }

    fn put(&mut self, new: &NewManifest) -> bool {
        if new
            .manifest
            .required()
            .any(|needed| !self.blobs.contains(&needed.digest))
        {
            return false;
        }
        self.exists = true;
        self.blobs.insert(new.digest.clone());
        for tag in &new.tags {
            self.tags.insert(tag.clone(), new.digest.clone());
        }
        self.manifests.insert(new.digest.clone(), new.clone());
        true
    }

    fn delete_manifest(&mut self, digest: &Digest) -> bool {
        self.tags.retain(|_, target| target != digest);
        let there = self.manifests.remove(digest).is_some();
        if there {
            self.blobs.remove(digest);
        }
        there
    }

    fn collect_garbage(&mut self) {
        let named: Vec<_> = self.blobs.iter().filter(|digest| self.names(digest)).cloned().collect();
        self.blobs
            .retain(|digest| self.manifests.contains_key(digest) || named.contains(digest));
        self.exists = !self.blobs.is_empty();
    }

    /// The entries of `index.json`.
    fn index(&self) -> BTreeSet<(String, Option<String>)> {
        let tagged = self
            .tags
            .iter()
            .map(|(tag, digest)| (digest.to_string(), Some(tag.to_string())));
        let untagged = self
            .manifests
            .keys()
            .filter(|digest| !self.tags.values().any(|target| target == *digest));
        tagged
            .chain(untagged.map(|digest| (digest.to_string(), None)))
            .collect()
    }
}

fn texts<'a>(indices: &[usize]) -> Vec<&'a str> {
    indices.iter().map(|index| TAGS[*index]).collect()
}

fn images(children: &[usize]) -> Vec<NewManifest> {
    children.iter().map(|blob| image(BLOBS[*blob], None, &[])).collect()
}

fn new_index(children: &[usize], tags: &[usize]) -> NewManifest {
    let children = images(children);
    index(&children.iter().collect::<Vec<_>>(), &texts(tags))
}

/// No delay and so no slack: what nothing names goes at once.
fn impatient(root: &Path) -> FileStore {
    let config = config::Storage {
        gc_delay: Duration::ZERO,
        commit: false,
        ..config(root)
    };
    FileStore::open(&config, EventSink::default()).unwrap()
}

async fn perform(store: &mut Option<FileStore>, model: &mut Model, root: &Path, operation: &Operation) {
    let name = repository("team/app");
    let open = store.as_ref().unwrap();
    match operation {
        Operation::PushBlob(blob) => {
            let digest = push_blob(open, &name, BLOBS[*blob]).await.unwrap();
            model.exists = true;
            model.blobs.insert(digest);
        }
        Operation::PushImage { blob, subject, tags } => {
            let subject = subject.map(|blob| image(BLOBS[blob], None, &[]).digest);
            put(open, model, image(BLOBS[*blob], subject.as_ref(), &texts(tags))).await;
        }
        Operation::PushIndex { children, tags } => put(open, model, new_index(children, tags)).await,
        Operation::DeleteTag(index) => {
            let tag = tag(TAGS[*index]);
            let deleted = open.delete_tag(&name, &tag).await.unwrap();
            assert_eq!(deleted, model.tags.remove(&tag).is_some());
        }
        Operation::DeleteImage(blob) => delete(open, model, &image(BLOBS[*blob], None, &[]).digest).await,
        Operation::DeleteIndex(children) => delete(open, model, &new_index(children, &[]).digest).await,
        Operation::DeleteBlob(blob) => {
            let digest = digest(BLOBS[*blob]);
            match open.delete_blob(&name, &digest).await {
                Ok(deleted) => {
                    assert!(!deleted || !model.names(&digest));
                    assert_eq!(deleted, model.blobs.remove(&digest));
                }
                Err(StorageError::StillNamed) => assert!(model.names(&digest)),
                Err(error) => panic!("{error}"),
            }
        }
        Operation::CollectGarbage => {
            let existed = model.exists;
            let before = model.blobs.len();
            model.collect_garbage();
            let report = open.collect_garbage(&name, Duration::ZERO).await.unwrap();
            assert_eq!(report.blobs, (before - model.blobs.len()) as u64);
            assert_eq!(report.repository_removed, existed && !model.exists);
        }
        Operation::Flush => {
            open.flush().await.unwrap();
            check_index_file(model, root);
        }
        Operation::Crash => {
            drop(store.take());
            *store = Some(impatient(root));
        }
    }
    check(store.as_ref().unwrap(), model).await;
}

async fn put(store: &FileStore, model: &mut Model, new: NewManifest) {
    let first = model.manifests.is_empty();
    match store.put_manifest(&repository("team/app"), new.clone()).await {
        Ok(said_first) => {
            assert!(model.put(&new));
            assert_eq!(said_first, first);
        }
        Err(StorageError::MissingContent { .. }) => assert!(!model.put(&new)),
        Err(error) => panic!("{error}"),
    }
}

async fn delete(store: &FileStore, model: &mut Model, digest: &Digest) {
    let deleted = store.delete_manifest(&repository("team/app"), digest).await.unwrap();
    assert_eq!(deleted, model.delete_manifest(digest));
}

async fn check(store: &FileStore, model: &Model) {
    let name = repository("team/app");
    assert_eq!(store.repository_exists(&name).await.unwrap(), model.exists);
    let names = store.repositories(everything()).await.unwrap().items;
    assert_eq!(names.len(), usize::from(model.exists));
    let tags = store.tags(&name, everything()).await.unwrap();
    let tags = tags.map(|listing| listing.items).unwrap_or_default();
    assert_eq!(tags, model.tags.keys().cloned().collect::<Vec<_>>());
    let blobs = store.blobs(&name, everything()).await.unwrap().items;
    assert_eq!(blobs, model.blobs.iter().cloned().collect::<Vec<_>>());
    for (tag, digest) in &model.tags {
        let stored = store
            .manifest(&name, &Reference::Tag(tag.clone()))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(stored.digest, *digest);
    }
    for (digest, expected) in &model.manifests {
        let bytes = store.read_manifest(&name, digest).await.unwrap();
        assert_eq!(bytes.as_ref(), Some(&expected.bytes));
    }
    for subject in BLOBS.map(|blob| image(blob, None, &[]).digest) {
        let rows = store
            .referrers(&name, &subject, None, everything())
            .await
            .unwrap()
            .items;
        let rows: Vec<_> = rows.into_iter().map(|row| row.digest).collect();
        let refers = |stored: &&NewManifest| {
            let subject_of = stored.manifest.subject.as_ref();
            subject_of.is_some_and(|found| found.digest == subject)
        };
        let expected: Vec<_> = model
            .manifests
            .values()
            .filter(refers)
            .map(|stored| stored.digest.clone())
            .collect();
        assert_eq!(rows, expected);
    }
}

/// Reads `index.json` as any other tool would.
fn check_index_file(model: &Model, root: &Path) {
    let folder = root.join("team/app");
    if !model.exists {
        assert!(!folder.join("oci-layout").exists());
        return;
    }
    let index: serde_json::Value = serde_json::from_slice(&fs::read(folder.join("index.json")).unwrap()).unwrap();
    let entries = index["manifests"].as_array().unwrap();
    let found: BTreeSet<_> = entries
        .iter()
        .map(|entry| {
            let tag = entry["annotations"]["org.opencontainers.image.ref.name"].as_str();
            (entry["digest"].as_str().unwrap().to_owned(), tag.map(str::to_owned))
        })
        .collect();
    assert_eq!(found.len(), entries.len(), "no entry twice");
    assert_eq!(found, model.index());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_store_does_what_a_few_maps_do(operations in operations()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let folder = tempfile::tempdir().unwrap();
        runtime.block_on(async {
            let mut store = Some(impatient(folder.path()));
            let mut model = Model::default();
            for operation in &operations {
                perform(&mut store, &mut model, folder.path(), operation).await;
            }
            perform(&mut store, &mut model, folder.path(), &Operation::Crash).await;
            perform(&mut store, &mut model, folder.path(), &Operation::Flush).await;
        });
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_writers_of_one_repository_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let name = repository("a");
    let store = open(folder.path());
    push_blob(&store, &name, b"layer").await.unwrap();
    let tasks: Vec<_> = (0..32)
        .map(|task| {
            let (store, name) = (store.clone(), name.clone());
            tokio::spawn(async move {
                for round in 0..8 {
                    let text = format!("t{task}-{round}");
                    store
                        .put_manifest(&name, image(b"layer", None, &[&text]))
                        .await
                        .unwrap();
                    let seen = store.manifest(&name, &Reference::Tag(tag(&text))).await.unwrap();
                    assert!(seen.is_some(), "{text}");
                    if round % 4 == 3 {
                        assert!(store.delete_tag(&name, &tag(&text)).await.unwrap());
                    }
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(tags(&store, &name).await.len(), 32 * 6);
    drop(store);
    assert_eq!(tags(&open(folder.path()), &name).await.len(), 32 * 6);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_was_accepted_outlives_garbage_collection_without_delay() {
    let folder = tempfile::tempdir().unwrap();
    let name = repository("team/app");
    let store = impatient(folder.path());
    let tasks: Vec<_> = (0..8)
        .map(|task| {
            let (store, name) = (store.clone(), name.clone());
            tokio::spawn(async move {
                let blob = format!("layer {task}").into_bytes();
                let text = format!("t{task}");
                let image = image(&blob, None, &[&text]);
                // Without a delay session and blob may go before the manifest comes; then all is pushed again.
                for _ in 0..200 {
                    match push(&store, &name, &blob, &image).await {
                        Ok(()) => return Some((blob, image)),
                        Err(StorageError::MissingContent { .. } | StorageError::UploadUnknown) => {}
                        Err(error) => panic!("{error}"),
                    }
                }
                None
            })
        })
        .collect();
    while !tasks.iter().all(tokio::task::JoinHandle::is_finished) {
        store.collect_garbage(&name, Duration::ZERO).await.unwrap();
    }
    for task in tasks {
        if let Some((blob, image)) = task.await.unwrap() {
            assert_eq!(read_blob(&store, &name, &digest(&blob)).await.unwrap(), blob);
            let bytes = store.read_manifest(&name, &image.digest).await.unwrap();
            assert_eq!(bytes, Some(image.bytes));
        }
    }
}

async fn push(store: &FileStore, name: &RepositoryName, blob: &[u8], image: &NewManifest) -> Result<()> {
    push_blob(store, name, blob).await?;
    store.put_manifest(name, image.clone()).await.map(|_| ())
}
