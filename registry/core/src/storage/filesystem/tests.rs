//! Tests of the store as a whole, through the trait that everything above it uses.

use std::{collections::BTreeSet, fs, io::Write as _, path::Path, time::Duration};

use bytes::Bytes;
use futures_util::{TryStreamExt, stream};

use crate::{
    config,
    hooks::EventSink,
    oci::{Algorithm, Digest, Manifest, Reference, RepositoryName, Tag, media_type},
    storage::{Chunk, FileStore, NewManifest, Page, Result, StorageError, Store},
};

mod content;
mod events;
mod faults;
mod foreign;
mod garbage;
mod index;
mod model;
mod races;
mod uploads;

/// Says what was tried to `make durability`, which is where it ends up in a table.
fn tally(proof: &str, unit: &str, tried: u64) {
    let Some(path) = std::env::var_os("PLIMSOLL_TALLY") else {
        return;
    };
    let line = serde_json::json!({ "proof": proof, "unit": unit, "tried": tried });
    let mut file = fs::OpenOptions::new().create(true).append(true).open(path).unwrap();
    writeln!(file, "{line}").unwrap();
}

/// A store in a folder.
fn open(root: &Path) -> FileStore {
    FileStore::open(&config(root), EventSink::default()).unwrap()
}

fn config(root: &Path) -> config::Storage {
    config::Storage {
        root_directory: root.to_owned(),
        dedupe: true,
        gc: true,
        gc_delay: Duration::from_hours(1),
        gc_interval: Duration::from_hours(1),
        sparse: false,
        commit: true,
        uploads: 100,
    }
}

fn repository(name: &str) -> RepositoryName {
    name.parse().unwrap()
}

fn tag(text: &str) -> Tag {
    text.parse().unwrap()
}

fn digest(bytes: &[u8]) -> Digest {
    Algorithm::Sha256.digest(bytes)
}

fn everything<K>() -> Page<K> {
    Page {
        after: None,
        limit: usize::MAX,
    }
}

fn chunk(bytes: &[u8]) -> Chunk {
    Chunk {
        begin: None,
        length: None,
        body: Box::pin(stream::iter([Ok(Bytes::copy_from_slice(bytes))])),
    }
}

async fn push_blob(store: &FileStore, repository: &RepositoryName, bytes: &[u8]) -> Result<Digest> {
    let digest = digest(bytes);
    let upload = store.begin_upload(repository, Algorithm::Sha256).await?;
    store.append_upload(repository, &upload, chunk(bytes)).await?;
    store.finish_upload(repository, &upload, &digest).await?;
    Ok(digest)
}

/// An image with one blob that is both its config and its layer.
fn image(blob: &[u8], subject: Option<&Digest>, tags: &[&str]) -> NewManifest {
    let mut document = serde_json::json!({
        "schemaVersion": 2,
        "mediaType": media_type::IMAGE,
        "config": {"mediaType": "application/x.config", "digest": digest(blob), "size": blob.len()},
        "layers": [{"mediaType": "application/x.layer", "digest": digest(blob), "size": blob.len()}],
    });
    if let Some(subject) = subject {
        document["subject"] = serde_json::json!({"mediaType": media_type::IMAGE, "digest": subject, "size": 1});
    }
    manifest(&document, tags)
}

fn index(children: &[&NewManifest], tags: &[&str]) -> NewManifest {
    let children: Vec<_> = children
        .iter()
        .map(|child| {
            let media_type = &child.manifest.media_type;
            serde_json::json!({"mediaType": media_type, "digest": child.digest, "size": child.bytes.len()})
        })
        .collect();
    let document = serde_json::json!({"schemaVersion": 2, "mediaType": media_type::INDEX, "manifests": children});
    manifest(&document, tags)
}

fn manifest(document: &serde_json::Value, tags: &[&str]) -> NewManifest {
    let bytes = Bytes::from(document.to_string());
    let manifest = Manifest::parse(&bytes, None).unwrap();
    let parsed = Manifest::parse(&bytes, None).unwrap();
    NewManifest {
        digest: digest(&bytes),
        required: parsed
            .required()
            .map(|needed| needed.digest.clone())
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect(),
        manifest,
        bytes,
        tags: tags.iter().map(|text| tag(text)).collect(),
        create_only: false,
    }
}

async fn tags(store: &FileStore, repository: &RepositoryName) -> Vec<String> {
    let listing = store.tags(repository, everything()).await.unwrap().unwrap();
    listing.items.iter().map(ToString::to_string).collect()
}

async fn read_blob(store: &FileStore, repository: &RepositoryName, digest: &Digest) -> Option<Vec<u8>> {
    let content = store.read_blob(repository, digest, None).await.unwrap()?;
    let pieces: Vec<Bytes> = content.body.try_collect().await.unwrap();
    Some(pieces.concat())
}

/// Puts a file's time of last use this far into the past.
fn make_old(path: &Path, age: Duration) {
    let file = fs::File::open(path).unwrap();
    file.set_modified(std::time::SystemTime::now() - age).unwrap();
}
