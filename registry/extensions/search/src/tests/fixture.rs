//! A registry with search, and what is pushed to it.

use std::{path::Path, sync::Arc};

use axum::body::Body;
use http::{HeaderMap, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use plimsoll_registry_core::{
    config::Config,
    hooks::{EventSink, Hooks, Observer},
    http::Api,
    oci::{Algorithm, Digest, media_type},
    service::Registry,
    storage::{FileStore, Store as _},
};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::store::CountingStore;
use crate::{declared, index::Changes, routes, statistics::Statistics};

/// A registry with search on a folder of its own.
pub(super) struct Fixture {
    pub(super) store: Arc<CountingStore>,
    api: Arc<Api>,
    root: TempDir,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

/// Sends a request, and reads its answer to the end.
pub(super) async fn request(api: &Arc<Api>, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let mut request = Request::builder().method(method).uri(path).header(header::HOST, "r");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Body::from(body.to_owned())).unwrap();
    let (parts, body) = Arc::clone(api).respond(request).await.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    Answer {
        status: parts.status,
        headers: parts.headers,
        body: String::from_utf8(body.to_vec()).unwrap(),
    }
}

impl Answer {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Status and the only error's message.
    pub(super) fn refusal(&self) -> (u16, String) {
        let document = self.json();
        let errors = document["errors"].as_array().expect("errors");
        assert_eq!(errors.len(), 1, "{document}");
        (
            self.status.as_u16(),
            errors[0]["message"].as_str().expect("a message").to_owned(),
        )
    }
}

impl Fixture {
    pub(super) fn new() -> Self {
        Self::on(TempDir::new().unwrap())
    }

    /// On a folder that may have something in it.
    pub(super) fn on(root: TempDir) -> Self {
        let mut config = Config::default();
        config.storage.root_directory = root.path().into();
        let changes = Arc::new(Changes::default());
        let statistics = Arc::new(Statistics::default());
        let observers = vec![
            Arc::clone(&changes) as Arc<dyn Observer>,
            Arc::clone(&statistics) as Arc<dyn Observer>,
        ];
        let events = EventSink::new(observers);
        let store = FileStore::open(&config.storage, events.clone()).unwrap();
        let store = Arc::new(CountingStore::new(store));
        let registry = Arc::new(Registry::new(Arc::clone(&store) as _, vec![], events));
        let folder = config.storage.root_directory.clone();
        let mut hooks = Hooks::default();
        hooks.routes(declared(true), move |registry| {
            routes(&folder, true, registry, changes, statistics)
        });
        let api = Arc::new(Api::new(&config, registry, &mut hooks).unwrap());
        Self { store, api, root }
    }

    pub(super) fn root(&self) -> &Path {
        self.root.path()
    }

    /// Ends it, and returns what it leaves.
    pub(super) async fn end(self) -> TempDir {
        self.store.flush().await.unwrap();
        self.root
    }

    pub(super) async fn request(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        request(&self.api, method, path, headers, body).await
    }

    /// Asks by POST.
    pub(super) async fn post(&self, query: &str, variables: &Value) -> Answer {
        let body = json!({ "query": query, "variables": variables }).to_string();
        self.request(
            "POST",
            "/v2/_zot/ext/search",
            &[("content-type", "application/json")],
            &body,
        )
        .await
    }

    /// The data that answers a query, which has to be without errors.
    pub(super) async fn query(&self, query: &str) -> Value {
        let answer = self.post(query, &json!({})).await;
        assert_eq!(answer.status, StatusCode::OK, "{query}: {answer:?}");
        let mut document = answer.json();
        assert_eq!(document["errors"], Value::Null, "{query}: {document}");
        document["data"].take()
    }

    /// The message of the one error that a query fails with, though it can be carried out.
    pub(super) async fn failure(&self, query: &str) -> String {
        let answer = self.post(query, &json!({})).await;
        let (status, message) = answer.refusal();
        assert_eq!(status, 200, "{answer:?}");
        assert_eq!(answer.json()["data"], Value::Null, "{answer:?}");
        message
    }

    /// The images that a query for `field` lists, as `repo:tag`.
    pub(super) async fn images(&self, field: &str) -> Vec<String> {
        let name = field.split('(').next().unwrap();
        let list = if name == "GlobalSearch" { "Images" } else { "Results" };
        let data = self
            .query(&format!("{{ {field} {{ {list} {{ RepoName Tag }} }} }}"))
            .await;
        let images = data[name][list].as_array().expect("a list");
        let name = |image: &Value| {
            format!(
                "{}:{}",
                image["RepoName"].as_str().unwrap(),
                image["Tag"].as_str().unwrap()
            )
        };
        images.iter().map(name).collect()
    }

    /// The names of the repositories that a query for `field` lists.
    pub(super) async fn repositories(&self, field: &str) -> Vec<String> {
        let name = field.split('(').next().unwrap();
        let list = if name == "GlobalSearch" { "Repos" } else { "Results" };
        let data = self.query(&format!("{{ {field} {{ {list} {{ Name }} }} }}")).await;
        let repositories = data[name][list].as_array().expect("a list");
        repositories
            .iter()
            .map(|repository| repository["Name"].as_str().unwrap().to_owned())
            .collect()
    }

    /// Pushes a blob, and returns a descriptor of it.
    pub(super) async fn blob(&self, repository: &str, media_type: &str, content: &str) -> Value {
        let digest = Algorithm::Sha256.digest(content.as_bytes());
        let path = format!("/v2/{repository}/blobs/uploads/?digest={digest}");
        let answer = self.request("POST", &path, &[], content).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
        json!({ "mediaType": media_type, "digest": digest, "size": content.len() })
    }

    /// Pushes a manifest, and returns a descriptor of it.
    pub(super) async fn manifest(&self, repository: &str, reference: &str, document: &Value) -> Value {
        let bytes = document.to_string();
        let digest = Algorithm::Sha256.digest(bytes.as_bytes());
        let reference = if reference.is_empty() {
            digest.to_string()
        } else {
            reference.to_owned()
        };
        let path = format!("/v2/{repository}/manifests/{reference}");
        let media_type = document["mediaType"].as_str().unwrap();
        let answer = self
            .request("PUT", &path, &[("content-type", media_type)], &bytes)
            .await;
        assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
        json!({ "mediaType": media_type, "digest": digest, "size": bytes.len() })
    }

    /// Pushes an image with this config and these layers, each a text.
    pub(super) async fn image(&self, repository: &str, reference: &str, config: &Value, layers: &[&str]) -> Value {
        let document = self.document(repository, config, layers).await;
        self.manifest(repository, reference, &document).await
    }

    /// The manifest of an image whose blobs are pushed.
    pub(super) async fn document(&self, repository: &str, config: &Value, layers: &[&str]) -> Value {
        let config_type = "application/vnd.oci.image.config.v1+json";
        let config = self.blob(repository, config_type, &config.to_string()).await;
        let mut descriptors = Vec::new();
        for layer in layers {
            let layer = self
                .blob(repository, "application/vnd.oci.image.layer.v1.tar", layer)
                .await;
            descriptors.push(layer);
        }
        json!({ "schemaVersion": 2, "mediaType": media_type::IMAGE, "config": config, "layers": descriptors })
    }

    pub(super) async fn delete(&self, path: &str) {
        let answer = self.request("DELETE", path, &[], "").await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{answer:?}");
    }
}

/// The config of an image.
pub(super) fn config(os: &str, arch: &str, created: &str) -> Value {
    json!({ "os": os, "architecture": arch, "created": created })
}

/// The digest of what a descriptor describes.
pub(super) fn digest(descriptor: &Value) -> Digest {
    descriptor["digest"].as_str().unwrap().parse().unwrap()
}
