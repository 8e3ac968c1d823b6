//! The rule, on manifests whose configs lie in a store on disk.

use bytes::Bytes;
use http::StatusCode;
use plimsoll_registry_core::{
    config::Config,
    hooks::{EventSink, ManifestPush, PushPolicy as _, Refusal},
    oci::{Algorithm, ErrorCode, Manifest, Reference, RepositoryName, media_type},
    storage::{Chunk, FileStore, Store as _},
};
use serde_json::{Value, json};

use crate::policy::MandatoryAnnotations;

const LICENSES: &str = "org.opencontainers.image.licenses";
const VENDOR: &str = "org.opencontainers.image.vendor";

struct Fixture {
    _folder: tempfile::TempDir,
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
            repository: "app".parse().unwrap(),
            _folder: folder,
        }
    }

    /// Stores a config and returns its descriptor.
    async fn config(&self, bytes: &[u8]) -> Value {
        let digest = Algorithm::Sha256.digest(bytes);
        let upload = self
            .store
            .begin_upload(&self.repository, Algorithm::Sha256)
            .await
            .unwrap();
        let chunk = Chunk {
            begin: None,
            length: None,
            body: Box::pin(futures_util::stream::iter([Ok(Bytes::copy_from_slice(bytes))])),
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

    async fn judge(&self, reference: &str, document: &Value) -> Result<(), Refusal> {
        let bytes = document.to_string();
        let manifest = Manifest::parse(bytes.as_bytes(), None).unwrap();
        let reference: Reference = reference.parse().unwrap();
        let policy = MandatoryAnnotations::new(vec![LICENSES.to_owned(), VENDOR.to_owned()]);
        policy
            .judge(ManifestPush {
                repository: &self.repository,
                reference: &reference,
                digest: &Algorithm::Sha256.digest(bytes.as_bytes()),
                manifest: &manifest,
                store: &self.store,
            })
            .await
    }
}

fn image(config: &Value, annotations: &Value) -> Value {
    json!({
        "schemaVersion": 2,
        "mediaType": media_type::IMAGE,
        "config": config,
        "layers": [{ "mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": config["digest"], "size": 1 }],
        "annotations": annotations,
    })
}

#[tokio::test]
async fn annotations_and_labels_count_together() {
    let fixture = Fixture::new();
    let bare = fixture.config(b"{}").await;
    let labels = json!({ "config": { "Labels": { VENDOR: "" } } }).to_string();
    let labelled = fixture.config(labels.as_bytes()).await;
    let both = json!({ LICENSES: "", VENDOR: "x", "more": "y" });
    for document in [
        image(&bare, &both),
        image(&labelled, &json!({ LICENSES: "MIT" })),
        image(&labelled, &both),
    ] {
        assert!(fixture.judge("latest", &document).await.is_ok(), "{document}");
    }
}

#[tokio::test]
async fn a_refusal_names_what_is_missing_and_where_to_add_it() {
    let fixture = Fixture::new();
    let config = fixture.config(b"{\"config\":{\"Labels\":null}}").await;
    let refusal = fixture
        .judge("1.0", &image(&config, &json!({ LICENSES: "MIT" })))
        .await
        .unwrap_err();
    assert_eq!(
        (refusal.status, refusal.code),
        (StatusCode::BAD_REQUEST, ErrorCode::ManifestInvalid)
    );
    assert!(
        refusal.message.contains(VENDOR) && !refusal.message.contains(LICENSES),
        "{}",
        refusal.message
    );
    assert_eq!(refusal.detail["reference"], "1.0");
    assert_eq!(refusal.detail["missingKeys"], json!([VENDOR]));
    let text = refusal.detail["missingAnnotations"].as_str().unwrap();
    assert!(
        text.contains(config["digest"].as_str().unwrap()) && text.contains(&format!("[{VENDOR}]")),
        "{text}"
    );
    assert!(refusal.detail["description"].as_str().unwrap().contains("labels"));
}

#[tokio::test]
async fn a_config_that_cannot_be_understood_is_refused_unless_the_annotations_do() {
    let fixture = Fixture::new();
    let config = fixture.config(b"no json").await;
    let refusal = fixture.judge("latest", &image(&config, &json!({}))).await.unwrap_err();
    assert_eq!(refusal.status, StatusCode::BAD_REQUEST);
    assert!(refusal.message.contains("not an image config"), "{}", refusal.message);
    let both = json!({ LICENSES: "", VENDOR: "" });
    assert!(fixture.judge("latest", &image(&config, &both)).await.is_ok());
    let absent = json!({ "mediaType": "x", "digest": Algorithm::Sha256.digest(b"absent"), "size": 1 });
    let refusal = fixture.judge("latest", &image(&absent, &json!({}))).await.unwrap_err();
    assert_eq!(refusal.code, ErrorCode::ManifestBlobUnknown);
}

#[tokio::test]
async fn only_oci_images_are_judged_and_a_name_makes_no_signature() {
    let fixture = Fixture::new();
    let config = fixture.config(b"{}").await;
    let index = json!({ "schemaVersion": 2, "mediaType": media_type::INDEX, "manifests": [] });
    assert!(fixture.judge("latest", &index).await.is_ok());
    let mut docker = image(&config, &json!({}));
    docker["mediaType"] = media_type::DOCKER_IMAGE.into();
    assert!(fixture.judge("latest", &docker).await.is_ok());

    let tag = format!("sha256-{}.sig", "0".repeat(64));
    let mut signature = image(&config, &json!({}));
    assert!(
        fixture.judge(&tag, &signature).await.is_err(),
        "an image under a signature's tag"
    );
    signature["layers"][0]["mediaType"] = "application/vnd.dev.cosign.simplesigning.v1+json".into();
    assert!(fixture.judge(&tag, &signature).await.is_ok());
}
