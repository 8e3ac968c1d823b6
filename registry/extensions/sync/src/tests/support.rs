//! A registry that says what a test tells it to say, and a mirror of it in this process.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Request, State},
    response::Response,
};
use futures_util::StreamExt as _;
use http::{HeaderMap, StatusCode, header};
use plimsoll_registry_core::{
    config::{Config, SyncRegistry},
    hooks::Hooks,
    http::Api,
    oci::{Algorithm, Digest, media_type},
    service::Registry,
    upstream::Upstream,
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use crate::{client::Patience, credentials::CredentialsFile, mirror::Mirror, service::Service};

/// Short, so that what never comes is not waited for.
const PATIENCE: Patience = Patience {
    head: Duration::from_millis(500),
    progress: Duration::from_millis(500),
    document: Duration::from_secs(2),
};
/// Long enough for whatever does come.
const PATIENT: Duration = Duration::from_secs(20);

/// A request that the upstream got.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
}

type Script = Arc<dyn Fn(&Seen) -> Option<Response> + Send + Sync>;

/// A registry that has what it was given, unless its script says otherwise.
#[derive(Clone, Default)]
pub(crate) struct Scripted(Arc<Mutex<Inside>>);

#[derive(Default)]
struct Inside {
    /// By `<repository>/manifests/<reference>` or `<repository>/blobs/<digest>`: media type and bytes.
    content: BTreeMap<String, (String, Bytes)>,
    seen: Vec<Seen>,
    script: Option<Script>,
    address: Option<SocketAddr>,
}

impl Scripted {
    /// Starts it. It ends with the test's runtime.
    pub(crate) async fn start() -> Self {
        let scripted = Self::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        scripted.0.lock().unwrap().address = Some(listener.local_addr().unwrap());
        let router = Router::new().fallback(answer).with_state(scripted.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        scripted
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.0.lock().unwrap().address.unwrap())
    }

    /// Has the script asked before every answer.
    pub(crate) fn script(&self, script: impl Fn(&Seen) -> Option<Response> + Send + Sync + 'static) {
        self.0.lock().unwrap().script = Some(Arc::new(script));
    }

    /// Answers everything with this status.
    pub(crate) fn fail(&self, status: u16) {
        self.script(move |_| Some(reply(status, &[], "")));
    }

    pub(crate) fn obey(&self) {
        self.0.lock().unwrap().script = None;
    }

    /// The requests so far whose path has `part`, by method.
    pub(crate) fn seen(&self, method: &str, part: &str) -> Vec<Seen> {
        let inside = self.0.lock().unwrap();
        let fits = |seen: &&Seen| seen.method == method && seen.path.contains(part);
        inside.seen.iter().filter(fits).cloned().collect()
    }

    pub(crate) fn blob(&self, repository: &str, bytes: impl Into<Bytes>) -> Digest {
        let bytes = bytes.into();
        let digest = Algorithm::Sha256.digest(&bytes);
        let key = format!("{repository}/blobs/{digest}");
        let blob = ("application/octet-stream".to_owned(), bytes);
        self.0.lock().unwrap().content.insert(key, blob);
        digest
    }

    pub(crate) fn manifest(&self, repository: &str, reference: &str, document: &Value) -> Digest {
        let bytes = Bytes::from(document.to_string());
        let digest = Algorithm::Sha256.digest(&bytes);
        let media_type = document["mediaType"].as_str().unwrap().to_owned();
        let mut inside = self.0.lock().unwrap();
        for reference in [reference, &digest.to_string()] {
            let key = format!("{repository}/manifests/{reference}");
            inside.content.insert(key, (media_type.clone(), bytes.clone()));
        }
        digest
    }

    /// An image with one layer, which differs by its text.
    pub(crate) fn image(&self, repository: &str, reference: &str, layer: &[u8]) -> Digest {
        let document = self.image_document(repository, layer);
        self.manifest(repository, reference, &document)
    }

    /// Its manifest, with the blobs in place.
    pub(crate) fn image_document(&self, repository: &str, layer: &[u8]) -> Value {
        let config = json!({ "architecture": "amd64", "os": "linux", "note": layer.len() }).to_string();
        json!({
            "schemaVersion": 2,
            "mediaType": media_type::IMAGE,
            "config": descriptor("application/vnd.oci.image.config.v1+json", &self.blob(repository, config.clone()), config.len()),
            "layers": [descriptor(
                "application/vnd.oci.image.layer.v1.tar",
                &self.blob(repository, layer.to_vec()),
                layer.len(),
            )],
        })
    }

    pub(crate) fn forget(&self, path: &str) {
        self.0.lock().unwrap().content.remove(path).unwrap();
    }

    fn list(&self, repository: &str) -> Vec<String> {
        let inside = self.0.lock().unwrap();
        let prefix = format!("{repository}/manifests/");
        let references = inside.content.keys().filter_map(|key| key.strip_prefix(&prefix));
        references
            .filter(|reference| !reference.contains(':'))
            .map(str::to_owned)
            .collect()
    }

    fn repositories(&self) -> Vec<String> {
        let inside = self.0.lock().unwrap();
        let mut names: Vec<_> = inside
            .content
            .keys()
            .filter_map(|key| Some(key.split_once("/manifests/")?.0.to_owned()))
            .collect();
        names.dedup();
        names
    }

    fn referrers(&self, repository: &str, subject: &str) -> Vec<Value> {
        let inside = self.0.lock().unwrap();
        let prefix = format!("{repository}/manifests/sha256:");
        let mut rows = Vec::new();
        for (key, (media_type, bytes)) in &inside.content {
            let document: Value = serde_json::from_slice(bytes).unwrap_or_default();
            if key.starts_with(&prefix) && document["subject"]["digest"] == subject {
                let mut row = descriptor(media_type, &Algorithm::Sha256.digest(bytes), bytes.len());
                row["artifactType"] = document["artifactType"].clone();
                rows.push(row);
            }
        }
        rows
    }
}

async fn answer(State(scripted): State<Scripted>, request: Request) -> Response {
    let seen = Seen {
        method: request.method().to_string(),
        path: request.uri().path_and_query().unwrap().to_string(),
        headers: request.headers().clone(),
    };
    let script = {
        let mut inside = scripted.0.lock().unwrap();
        inside.seen.push(seen.clone());
        inside.script.clone()
    };
    if let Some(response) = script.and_then(|script| script(&seen)) {
        return response;
    }
    let path = request.uri().path().trim_start_matches("/v2/");
    if path == "_catalog" {
        return reply(200, &[], json!({ "repositories": scripted.repositories() }).to_string());
    }
    if let Some(repository) = path.strip_suffix("/tags/list") {
        return reply(200, &[], json!({ "tags": scripted.list(repository) }).to_string());
    }
    if let Some((repository, subject)) = path.split_once("/referrers/") {
        let rows = scripted.referrers(repository, subject);
        let document = json!({ "schemaVersion": 2, "mediaType": media_type::INDEX, "manifests": rows });
        return reply(200, &[], document.to_string());
    }
    let found = scripted.0.lock().unwrap().content.get(path).cloned();
    let Some((media_type, bytes)) = found else {
        return reply(404, &[], "");
    };
    let digest = Algorithm::Sha256.digest(&bytes).to_string();
    let headers = [
        ("content-type", media_type.as_str()),
        ("docker-content-digest", &digest),
    ];
    let offset = seen.headers.get("range").map(|range| {
        let text = range.to_str().unwrap().trim_start_matches("bytes=");
        text.trim_end_matches('-').parse::<usize>().unwrap()
    });
    match offset {
        Some(offset) => {
            let range = format!("bytes {offset}-{}/{}", bytes.len() - 1, bytes.len());
            reply(206, &[("content-range", &range)], bytes.slice(offset..))
        }
        None => reply(200, &headers, bytes),
    }
}

pub(crate) fn reply(status: u16, headers: &[(&str, &str)], body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    for (name, value) in headers {
        let name: http::HeaderName = name.parse().unwrap();
        response.headers_mut().append(name, value.parse().unwrap());
    }
    response
}

pub(crate) fn descriptor(media_type: &str, digest: &Digest, size: usize) -> Value {
    json!({ "mediaType": media_type, "digest": digest, "size": size })
}

/// A mirror in this process. It stops with [`Self::stop`], or with the test.
pub(crate) struct TestMirror {
    pub(crate) registry: Arc<Registry>,
    api: Arc<Api>,
    stop: CancellationToken,
    running: tokio::task::JoinHandle<()>,
    pub(crate) root: TempDir,
}

/// An answer of the mirror, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        Some(self.headers.get(name)?.to_str().unwrap())
    }
}

pub(crate) fn configuration(urls: &[&str]) -> SyncRegistry {
    crate::service::tests::config(urls)
}

impl TestMirror {
    /// A mirror of one registry, on demand.
    pub(crate) fn of(upstream: &Scripted) -> Self {
        Self::with(&[configuration(&[&upstream.url()])], None, Hooks::default())
    }

    pub(crate) fn with(configs: &[SyncRegistry], credentials: Option<&Path>, mut hooks: Hooks) -> Self {
        let root = TempDir::new().unwrap();
        let mut config = Config::without_file(&[]);
        config.storage.root_directory = root.path().into();
        config.http.docker_images = false;
        let credentials = CredentialsFile::read(credentials);
        let services: Vec<_> = configs
            .iter()
            .map(|registry| Arc::new(Service::new(registry, &credentials, &config.http, PATIENCE).unwrap()))
            .collect();
        hooks.upstream(move |intake| Arc::new(Mirror::new(services, intake)));
        let registry = Arc::new(Registry::open(&config, &mut hooks).unwrap());
        let api = Arc::new(Api::new(&config, Arc::clone(&registry), &mut hooks).unwrap());
        let stop = CancellationToken::new();
        let upstream: Arc<dyn Upstream> = Arc::clone(registry.upstream().unwrap());
        Self {
            running: tokio::spawn(upstream.run(stop.clone())),
            registry,
            api,
            stop,
            root,
        }
    }

    /// Stops what goes on in the background, and writes the store out.
    pub(crate) async fn stop(self) -> TempDir {
        self.stop.cancel();
        tokio::time::timeout(PATIENT, self.running).await.unwrap().unwrap();
        self.registry.store().flush().await.unwrap();
        self.root
    }

    /// Sends a request, and returns the head of the answer.
    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Response {
        let mut request = Request::builder().method(method).uri(path).header(header::HOST, "r");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = Arc::clone(&self.api).respond(request.body(body.into()).unwrap());
        tokio::time::timeout(PATIENT, answer).await.expect("an answer in time")
    }

    pub(crate) async fn request(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        let response = self.send(method, path, headers, Body::empty()).await;
        let (parts, body) = response.into_parts();
        let read = axum::body::to_bytes(body, usize::MAX);
        Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: tokio::time::timeout(PATIENT, read)
                .await
                .expect("a body in time")
                .unwrap(),
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.request("GET", path, &[]).await
    }

    /// Asks until the answer is as wanted. There is nothing else to wait for: what goes on in the background tells no one.
    pub(crate) async fn eventually(&self, path: &str, wanted: impl Fn(&Answer) -> bool) -> Answer {
        let asked = async {
            loop {
                let answer = self.get(path).await;
                if wanted(&answer) {
                    return answer;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let path = path.to_owned();
        tokio::time::timeout(PATIENT, asked)
            .await
            .unwrap_or_else(|_| panic!("{path} never answered as wanted"))
    }

    /// Waits until a tag is listed.
    pub(crate) async fn listed(&self, repository: &str, tag: &str) {
        let wanted = format!("\"{tag}\"");
        self.eventually(&format!("/v2/{repository}/tags/list"), |answer| {
            String::from_utf8_lossy(&answer.body).contains(&wanted)
        })
        .await;
    }

    /// Waits until the store has this under that tag.
    pub(crate) async fn stored(&self, repository: &str, tag: &str, digest: &str) {
        let (repository, tag) = (repository.parse().unwrap(), tag.parse().unwrap());
        let asked = async {
            loop {
                let stored = self.registry.store().manifest(&repository, &tag).await.unwrap();
                if stored.is_some_and(|stored| stored.digest.to_string() == digest) {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(PATIENT, asked)
            .await
            .expect("it is stored in time");
    }

    /// What is in a folder of the root, by name. None, where it is not there.
    pub(crate) fn files(&self, folder: &str) -> Vec<String> {
        let entries = std::fs::read_dir(self.root.path().join(folder));
        let names = entries.into_iter().flatten().map(|entry| entry.unwrap().file_name());
        names.map(|name| name.into_string().unwrap()).collect()
    }
}

/// Reads pieces of a body until there are at least `length` bytes.
pub(crate) async fn read_some(
    body: &mut (impl futures_util::Stream<Item = Result<Bytes, axum::Error>> + Unpin),
    length: usize,
) -> Vec<u8> {
    let mut read = Vec::new();
    while read.len() < length {
        let piece = tokio::time::timeout(PATIENT, body.next())
            .await
            .expect("a piece in time");
        read.extend_from_slice(&piece.expect("a body that goes on").unwrap());
    }
    read
}
