//! Every byte of a small root that rots, and every file that is gone or cut: each is found, and none is served as if it
//! were right.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    time::SystemTime,
};

use plimsoll_registry_core::{
    oci::Reference,
    storage::{Result, StorageError},
};

use super::*;

const TAG: &str = "latest";

/// A root that no one uses, with one image in it.
struct Root {
    folder: tempfile::TempDir,
    repository: RepositoryName,
    manifest: Digest,
    blobs: Vec<Digest>,
}

/// What became of one file.
struct Damaged {
    path: PathBuf,
    bytes: Vec<u8>,
    modified: SystemTime,
}

impl Damaged {
    fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            bytes: fs::read(path).unwrap(),
            modified: fs::metadata(path).unwrap().modified().unwrap(),
        }
    }

    /// As a disk changes bytes: in place, and without anyone noting the time.
    fn put(&self, bytes: &[u8]) {
        fs::write(&self.path, bytes).unwrap();
        fs::File::open(&self.path).unwrap().set_modified(self.modified).unwrap();
    }
}

impl Root {
    async fn new() -> Self {
        let fixture = Fixture::new();
        let config = fixture.blob(Algorithm::Sha256, b"{}").await;
        let layer = fixture.blob(Algorithm::Sha512, b"layer").await;
        let manifest = fixture.manifest(TAG, &image(&config, &layer)).await;
        fixture.store.flush().await.unwrap();
        let Fixture {
            folder,
            store,
            repository,
        } = fixture;
        drop(store);
        Self {
            folder,
            repository,
            manifest: digest(&manifest),
            blobs: vec![digest(&config), digest(&layer)],
        }
    }

    fn open(&self) -> FileStore {
        let mut config = Config::default().storage;
        config.root_directory = self.folder.path().to_owned();
        FileStore::open(&config, EventSink::default()).unwrap()
    }

    /// The files that content, tags and the repository's existence are in.
    fn files(&self) -> Vec<PathBuf> {
        let folder = self.folder.path().join(self.repository.as_str());
        let blob = |digest: &Digest| folder.join("blobs").join(digest.algorithm().name()).join(digest.hex());
        let mut files = vec![
            folder.join("oci-layout"),
            folder.join("index.json"),
            blob(&self.manifest),
        ];
        files.extend(self.blobs.iter().map(blob));
        files
    }

    /// Whether scrub finds anything. Not to be able to read the repository is to have found it.
    async fn is_found(&self, store: &FileStore) -> bool {
        let mut affected = false;
        let mut report = |result: ScrubResult| affected |= result.status == Status::Affected;
        let scrubbed = scrub_repository(store, &self.repository, &Pace::new(u64::MAX), &mut report).await;
        match scrubbed {
            Ok(()) => affected,
            Err(StorageError::Corrupt { .. }) => true,
            Err(error) => panic!("{error}"),
        }
    }

    /// Pulls the image as a client does, who compares bytes with their digest. Whoever gets something gets what was pushed,
    /// or can tell.
    async fn assert_no_one_is_deceived(&self, store: &FileStore, what: &str) {
        let tag = Reference::Tag(TAG.parse().unwrap());
        match store.manifest(&self.repository, &tag).await {
            Ok(Some(found)) => assert_eq!(found.digest, self.manifest, "{what}: the tag leads elsewhere"),
            Ok(None) | Err(StorageError::Corrupt { .. }) => {}
            Err(error) => panic!("{what}: {error}"),
        }
        // Bytes that are not those of the digest that was asked for are what the client sees for itself; the store must not
        // have got them a digest of their own.
        let read: Result<_> = store.read_manifest(&self.repository, &self.manifest).await;
        assert!(
            matches!(read, Ok(_) | Err(StorageError::Corrupt { .. })),
            "{what}: {read:?}"
        );
    }
}

/// Which bits of each byte are flipped: one, or all if more is asked for.
fn masks() -> Vec<u8> {
    let bits = if std::env::var_os("PLIMSOLL_TRIALS").is_some() {
        8
    } else {
        1
    };
    (0..bits).map(|bit| 1 << bit).collect()
}

#[tokio::test]
async fn every_byte_that_rots_and_every_file_that_is_gone_or_cut_is_found() {
    let root = Root::new().await;
    assert!(!root.is_found(&root.open()).await, "a sound root is not suspected");
    let mut tried = 0;
    for path in root.files() {
        let whole = Damaged::new(&path);
        let name = path.strip_prefix(root.folder.path()).unwrap().display().to_string();
        for mask in masks() {
            for position in 0..whole.bytes.len() {
                let mut bytes = whole.bytes.clone();
                bytes[position] ^= mask;
                whole.put(&bytes);
                look(&root, &format!("{name}: byte {position} with {mask:#x}")).await;
                tried += 1;
            }
        }
        for length in [0, whole.bytes.len() / 2, whole.bytes.len() - 1] {
            whole.put(&whole.bytes[..length]);
            look(&root, &format!("{name}: cut to {length} bytes")).await;
            tried += 1;
        }
        fs::remove_file(&path).unwrap();
        look(&root, &format!("{name}: gone")).await;
        tried += 1;
        fs::write(&path, &whole.bytes).unwrap();
        assert!(!root.is_found(&root.open()).await, "{name} is as it was");
    }
    tally(tried);
}

async fn look(root: &Root, what: &str) {
    let store = root.open();
    assert!(root.is_found(&store).await, "not found: {what}");
    root.assert_no_one_is_deceived(&store, what).await;
}

/// Says what was tried to `make durability`, which is where it ends up in a table.
fn tally(damages: u32) {
    let Some(path) = std::env::var_os("PLIMSOLL_TALLY") else {
        return;
    };
    let line = json!({ "proof": "corruption", "unit": "damages", "tried": damages });
    let mut file = fs::OpenOptions::new().create(true).append(true).open(path).unwrap();
    writeln!(file, "{line}").unwrap();
}
