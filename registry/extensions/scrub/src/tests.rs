//! Passes over a store on disk whose files are then damaged by hand.

mod corruption;

use std::{fs, path::PathBuf};

use bytes::Bytes;
use plimsoll_registry_core::{
    config::Config,
    hooks::EventSink,
    oci::{Algorithm, Digest, Manifest, RepositoryName, media_type},
    storage::{Chunk, FileStore, NewManifest, Store as _},
};
use serde_json::{Value, json};

use crate::{
    pace::Pace,
    repository::{scrub_entries, scrub_repository},
    result::{ScrubResult, Status},
};

struct Fixture {
    folder: tempfile::TempDir,
    store: FileStore,
    repository: RepositoryName,
}

impl Fixture {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::default().storage;
        config.root_directory = folder.path().to_owned();
        Self {
            store: FileStore::open(&config, EventSink::default()).unwrap(),
            repository: "team/app".parse().unwrap(),
            folder,
        }
    }

    async fn blob(&self, algorithm: Algorithm, bytes: &[u8]) -> Value {
        let digest = algorithm.digest(bytes);
        let upload = self.store.begin_upload(&self.repository, algorithm).await.unwrap();
        let body = futures_util::stream::iter([Ok(Bytes::copy_from_slice(bytes))]);
        let chunk = Chunk {
            begin: None,
            length: None,
            body: Box::pin(body),
        };
        self.store
            .append_upload(&self.repository, &upload, chunk)
            .await
            .unwrap();
        self.store
            .finish_upload(&self.repository, &upload, &digest)
            .await
            .unwrap();
        json!({ "mediaType": "application/vnd.oci.image.config.v1+json", "digest": digest, "size": bytes.len() })
    }

    async fn manifest(&self, tag: &str, document: &Value) -> Value {
        let bytes = Bytes::from(document.to_string());
        let manifest = Manifest::parse(&bytes, None).unwrap();
        let digest = Algorithm::Sha256.digest(&bytes);
        let descriptor = json!({ "mediaType": manifest.media_type, "digest": digest, "size": bytes.len() });
        let tags = if tag.is_empty() {
            vec![]
        } else {
            vec![tag.parse().unwrap()]
        };
        let new = NewManifest {
            digest,
            bytes,
            required: manifest
                .required()
                .map(|descriptor| descriptor.digest.clone())
                .collect(),
            manifest,
            tags,
            create_only: false,
        };
        self.store.put_manifest(&self.repository, new).await.unwrap();
        descriptor
    }

    async fn image(&self, tag: &str, config: &[u8], layer: &[u8], algorithm: Algorithm) -> Value {
        let config = self.blob(algorithm, config).await;
        let layer = self.blob(algorithm, layer).await;
        self.manifest(tag, &image(&config, &layer)).await
    }

    fn file(&self, descriptor: &Value) -> PathBuf {
        let digest = digest(descriptor);
        let blobs = self.folder.path().join("team/app/blobs");
        blobs.join(digest.algorithm().name()).join(digest.hex())
    }

    /// Changes the last byte, as a bit that rots would.
    fn corrupt(&self, descriptor: &Value) {
        let file = self.file(descriptor);
        let mut bytes = fs::read(&file).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        // A new file: the blob may be shared by hard link, and may be read-only.
        fs::remove_file(&file).unwrap();
        fs::write(&file, bytes).unwrap();
    }

    async fn scrub(&self) -> Vec<ScrubResult> {
        let mut results = Vec::new();
        scrub_repository(&self.store, &self.repository, &Pace::new(u64::MAX), &mut |result| {
            results.push(result);
        })
        .await
        .unwrap();
        results
    }
}

fn image(config: &Value, layer: &Value) -> Value {
    json!({ "schemaVersion": 2, "mediaType": media_type::IMAGE, "config": config, "layers": [layer] })
}

fn digest(descriptor: &Value) -> Digest {
    descriptor["digest"].as_str().unwrap().parse().unwrap()
}

#[track_caller]
fn assert_affected(results: &[ScrubResult], tag: &str, descriptor: &Value, error: &str) {
    let result = results
        .iter()
        .find(|result| result.tag == tag && result.status == Status::Affected)
        .unwrap_or_else(|| panic!("{tag} is not affected: {results:?}"));
    assert_eq!(result.affected_blob, digest(descriptor).hex(), "{results:?}");
    assert_eq!(result.error, error);
}

#[tokio::test]
async fn what_is_as_it_was_pushed_is_ok_with_either_algorithm() {
    let fixture = Fixture::new();
    fixture.image("one", b"{}", b"layer one", Algorithm::Sha256).await;
    fixture.image("two", b"{ }", b"layer two", Algorithm::Sha512).await;
    let results = fixture.scrub().await;
    assert_eq!(results.len(), 2, "{results:?}");
    assert!(results.iter().all(|result| result.status == Status::Ok), "{results:?}");
}

#[tokio::test]
async fn a_layer_that_rots_is_found_and_only_its_images_are_affected() {
    for algorithm in Algorithm::ALL {
        let fixture = Fixture::new();
        fixture.image("fine", b"{}", b"fine", Algorithm::Sha256).await;
        let config = fixture.blob(algorithm, b"{ }").await;
        let layer = fixture.blob(algorithm, b"rots").await;
        fixture.manifest("bad", &image(&config, &layer)).await;
        fixture.corrupt(&layer);
        let results = fixture.scrub().await;
        assert_affected(&results, "bad", &layer, "bad blob digest");
        assert!(
            results
                .iter()
                .any(|result| result.tag == "fine" && result.status == Status::Ok),
            "{results:?}"
        );
        assert_eq!(
            results.len(),
            2,
            "a layer is not reported again as a blob that no manifest names: {results:?}"
        );
    }
}

#[tokio::test]
async fn a_layer_or_a_config_that_is_gone_is_found() {
    let fixture = Fixture::new();
    let config = fixture.blob(Algorithm::Sha256, b"{}").await;
    let layer = fixture.blob(Algorithm::Sha256, b"layer").await;
    fixture.manifest("latest", &image(&config, &layer)).await;
    fs::remove_file(fixture.file(&layer)).unwrap();
    assert_affected(&fixture.scrub().await, "latest", &layer, "blob not found");
    fs::remove_file(fixture.file(&config)).unwrap();
    assert_affected(&fixture.scrub().await, "latest", &config, "blob not found");
}

#[tokio::test]
async fn a_config_that_is_not_json_is_found() {
    let fixture = Fixture::new();
    let config = fixture.blob(Algorithm::Sha256, b"not json").await;
    let layer = fixture.blob(Algorithm::Sha256, b"layer").await;
    fixture.manifest("latest", &image(&config, &layer)).await;
    assert_affected(&fixture.scrub().await, "latest", &config, "invalid server config");
}

#[tokio::test]
async fn a_manifest_that_rots_or_is_gone_is_found() {
    let fixture = Fixture::new();
    let manifest = fixture.image("latest", b"{}", b"layer", Algorithm::Sha256).await;
    fixture.corrupt(&manifest);
    assert_affected(&fixture.scrub().await, "latest", &manifest, "bad blob digest");
    fs::write(fixture.file(&manifest), b"cut").unwrap();
    assert_affected(&fixture.scrub().await, "latest", &manifest, "bad blob digest");
    fs::remove_file(fixture.file(&manifest)).unwrap();
    assert_affected(&fixture.scrub().await, "latest", &manifest, "blob not found");
}

#[tokio::test]
async fn an_index_and_a_referrer_are_affected_by_what_they_lead_to() {
    let fixture = Fixture::new();
    let config = fixture.blob(Algorithm::Sha256, b"{}").await;
    let layer = fixture.blob(Algorithm::Sha256, b"layer").await;
    let child = fixture.manifest("", &image(&config, &layer)).await;
    let index = json!({ "schemaVersion": 2, "mediaType": media_type::INDEX, "manifests": [child] });
    fixture.manifest("index", &index).await;
    let proof = fixture.blob(Algorithm::Sha256, b"proof").await;
    let mut referrer = image(&config, &proof);
    referrer["subject"] = child.clone();
    fixture.manifest("referrer", &referrer).await;
    assert!(fixture.scrub().await.iter().all(|result| result.status == Status::Ok));

    fixture.corrupt(&layer);
    let results = fixture.scrub().await;
    assert_affected(&results, "index", &layer, "bad blob digest");
    assert_affected(&results, "referrer", &layer, "bad blob digest");

    fs::remove_file(fixture.file(&child)).unwrap();
    let results = fixture.scrub().await;
    assert_affected(&results, "index", &child, "blob not found");
    assert_affected(&results, "referrer", &child, "blob not found");
}

#[tokio::test]
async fn a_blob_that_no_manifest_names_is_hashed_too() {
    let fixture = Fixture::new();
    fixture.image("latest", b"{}", b"layer", Algorithm::Sha256).await;
    let orphan = fixture.blob(Algorithm::Sha512, b"orphan").await;
    assert_eq!(
        fixture.scrub().await.len(),
        1,
        "an orphan that is well is not worth a word"
    );
    fixture.corrupt(&orphan);
    assert_affected(&fixture.scrub().await, "", &orphan, "bad blob digest");
}

#[tokio::test]
async fn what_is_deleted_during_a_pass_is_no_damage() {
    let fixture = Fixture::new();
    let manifest = fixture.image("gone", b"{}", b"layer", Algorithm::Sha256).await;
    fixture.image("stays", b"{ }", b"other", Algorithm::Sha256).await;
    let entries = fixture.store.index(&fixture.repository).await.unwrap();
    let digest = digest(&manifest);
    let deleted = fixture.store.delete_manifest(&fixture.repository, &digest);
    assert!(deleted.await.unwrap());
    let mut results = Vec::new();
    scrub_entries(
        &fixture.store,
        &fixture.repository,
        &Pace::new(u64::MAX),
        entries,
        &mut |result| results.push(result),
    )
    .await
    .unwrap();
    let tags: Vec<_> = results
        .iter()
        .map(|result| (result.tag.as_str(), result.status))
        .collect();
    assert_eq!(tags, [("stays", Status::Ok)]);
}
