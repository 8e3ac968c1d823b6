//! A registry in this process, and requests to it.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use plimsoll_registry_core::{
    config::Config,
    hooks::Hooks,
    http::{Api, Peer},
    oci::{Algorithm, Digest, media_type},
    service::Registry,
};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A registry on a folder of its own.
pub(crate) struct Fixture {
    api: Arc<Api>,
    config: Config,
    root: TempDir,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Fixture {
    pub(crate) fn new() -> Self {
        Self::with(|_| {}, Hooks::default())
    }

    pub(crate) fn with(configure: impl FnOnce(&mut Config), mut hooks: Hooks) -> Self {
        let root = TempDir::new().expect("a temporary folder");
        let mut config = Config::without_file(&[]);
        config.storage.root_directory = root.path().into();
        configure(&mut config);
        config.storage.root_directory = root.path().into();
        Self::open(config, root, &mut hooks)
    }

    /// The same content with another configuration, and without extensions.
    pub(crate) fn reopened(self, configure: impl FnOnce(&mut Config)) -> Self {
        let Self { api, mut config, root } = self;
        drop(api);
        configure(&mut config);
        Self::open(config, root, &mut Hooks::default())
    }

    fn open(config: Config, root: TempDir, hooks: &mut Hooks) -> Self {
        let registry = Arc::new(Registry::open(&config, hooks).expect("a registry"));
        let api = Arc::new(Api::new(&config, registry, hooks).expect("an interface"));
        Self { api, config, root }
    }

    pub(crate) async fn request(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Answer {
        let method: Method = method.parse().expect("a method");
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.answer(request.body(body.into()).expect("a request"), &Peer::default())
            .await
    }

    /// Sends a request of `peer`, which says which host it is for if it does not say so itself.
    pub(crate) async fn answer(&self, mut request: Request<Body>, peer: &Peer) -> Answer {
        let host = request.headers_mut().entry(header::HOST);
        host.or_insert(HeaderValue::from_static("registry.example"));
        let response = Arc::clone(&self.api).respond_to(request, peer).await;
        let (parts, body) = response.into_parts();
        let body = body.collect().await.expect("a whole body").to_bytes();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.request("GET", path, &[], "").await
    }

    /// Pushes a blob.
    pub(crate) async fn blob(&self, repository: &str, content: &[u8]) -> Digest {
        let digest = Algorithm::Sha256.digest(content);
        let path = format!("/v2/{repository}/blobs/uploads/?digest={digest}");
        let answer = self.request("POST", &path, &[], content.to_vec()).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
        digest
    }

    /// Pushes an image manifest without layers, which differs by `note`.
    pub(crate) async fn image(&self, repository: &str, reference: &str, note: &str) -> Digest {
        self.blob(repository, b"{}").await;
        let bytes = image(note, None).to_string();
        let answer = self.put_manifest(repository, reference, bytes.clone()).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
        Algorithm::Sha256.digest(bytes.as_bytes())
    }

    pub(crate) async fn put_manifest(&self, repository: &str, reference: &str, bytes: impl Into<Body>) -> Answer {
        let path = format!("/v2/{repository}/manifests/{reference}");
        self.request("PUT", &path, &[("content-type", media_type::IMAGE)], bytes)
            .await
    }
}

/// An image manifest without layers.
pub(crate) fn image(note: &str, subject: Option<&Digest>) -> Value {
    let mut image = json!({
        "schemaVersion": 2,
        "mediaType": media_type::IMAGE,
        "artifactType": format!("application/vnd.example.{note}"),
        "config": {
            "mediaType": "application/vnd.oci.empty.v1+json",
            "digest": Algorithm::Sha256.digest(b"{}"),
            "size": 2,
        },
        "layers": [],
        "annotations": { "note": note },
    });
    if let Some(subject) = subject {
        image["subject"] = json!({ "mediaType": media_type::IMAGE, "digest": subject, "size": 2 });
    }
    image
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        Some(self.headers.get(name)?.to_str().expect("a text"))
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("a JSON document")
    }

    /// The code of an error document, whose shape is checked on the way.
    pub(crate) fn code(&self) -> String {
        assert_eq!(self.header("content-type"), Some("application/json"), "{self:?}");
        let document = self.json();
        let errors = document["errors"].as_array().expect("errors");
        assert_eq!(errors.len(), 1);
        assert!(errors[0]["message"].is_string(), "{document}");
        assert!(errors[0]["detail"]["description"].is_string(), "{document}");
        errors[0]["code"].as_str().expect("a code").to_owned()
    }

    /// Status and code together, for a comparison.
    pub(crate) fn refusal(&self) -> (u16, String) {
        (self.status.as_u16(), self.code())
    }
}
