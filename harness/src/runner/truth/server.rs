//! A server that keeps what is put and does some things wrong: on a thread of the test, or as a process of its own.

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    io::ErrorKind,
    net::SocketAddr,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::watch};

use crate::{
    target::{Announcement, ProcessTarget, Serve},
    template::{Algorithm, hex},
};

/// What was put, by path; on disk too, if the server is told where.
#[derive(Debug, Default)]
struct Store {
    content: Mutex<HashMap<String, Bytes>>,
    folder: Option<PathBuf>,
    config: Value,
    /// Tags were written back.
    changes: watch::Sender<()>,
}

impl Store {
    /// With what lies in the folder.
    fn open(config: Value) -> Self {
        let folder = config["keep"].as_str().map(PathBuf::from);
        let mut content = HashMap::new();
        for entry in folder.iter().flat_map(|folder| fs::read_dir(folder).unwrap()) {
            let path = entry.unwrap().path();
            let bytes = fs::read(&path).unwrap();
            let (key, bytes) = bytes.split_at(bytes.iter().position(|byte| *byte == b'\n').unwrap());
            content.insert(
                String::from_utf8(key.to_vec()).unwrap(),
                Bytes::copy_from_slice(&bytes[1..]),
            );
        }
        Self {
            content: Mutex::new(content),
            folder,
            config,
            changes: watch::Sender::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Bytes>> {
        self.content.lock().unwrap()
    }

    /// The tags of a repository, with their manifests.
    fn tags(&self, repository: &str) -> HashMap<String, Bytes> {
        let content = self.lock();
        let tags = content.iter().filter(|(path, _)| is_tag(path, repository));
        tags.map(|(path, bytes)| (path.clone(), bytes.clone())).collect()
    }

    fn set_tags(&self, repository: &str, tags: HashMap<String, Bytes>) {
        let mut content = self.lock();
        content.retain(|path, _| !is_tag(path, repository));
        content.extend(tags);
    }

    /// Removes what is kept under a path.
    fn forget(&self, path: &str) {
        if let Some(folder) = &self.folder {
            let _ = fs::remove_file(folder.join(name(path)));
        }
    }

    /// Keeps `bytes`; whole, or not at all. Returns the status that says so, which is a lie if the server is told to lie.
    fn keep(&self, content: &mut HashMap<String, Bytes>, path: String, bytes: Bytes) -> u16 {
        let kept = self.folder.as_ref().map_or(Ok(()), |folder| {
            let name = name(&path);
            let partial = folder.join("..").join(format!("{name}.partial"));
            fs::write(&partial, [path.as_bytes(), b"\n", &bytes].concat())
                .and_then(|()| fs::rename(&partial, folder.join(name)))
                .inspect_err(|_| drop(fs::remove_file(&partial)))
        });
        match kept.map_err(|error| error.kind()) {
            Err(error) if self.config["lies"] != true => match error {
                ErrorKind::StorageFull => 507,
                _ => 503,
            },
            _ => {
                content.insert(path, bytes);
                201
            }
        }
    }
}

fn is_tag(path: &str, repository: &str) -> bool {
    let reference = path
        .strip_prefix(repository)
        .and_then(|rest| rest.strip_prefix("/manifests/"));
    reference.is_some_and(|reference| !reference.contains(':'))
}

/// The file of a path.
fn name(path: &str) -> String {
    hex(Algorithm::Sha256.digest(path.as_bytes()).as_bytes())
}

/// A server that keeps what is put and does some things wrong, by path.
async fn answer(request: Request<Incoming>, store: Arc<Store>) -> Result<Response<Full<Bytes>>, std::io::Error> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(std::io::Error::other)?.to_bytes();
    let path = head.uri.path().to_owned();
    let text = |status: u16, text: String| {
        Response::builder()
            .status(status)
            .body(Full::from(text))
            .map_err(std::io::Error::other)
    };
    if path == "/v2/close" {
        return Err(std::io::Error::other("closed on demand"));
    }
    if path == "/v2/echo" {
        let headers: Vec<String> = head
            .headers
            .iter()
            .map(|(name, value)| format!("{name}: {value:?}"))
            .collect();
        return text(
            200,
            format!(
                "{} {}\n{}\n\n{}",
                head.method,
                head.uri,
                headers.join("\n"),
                String::from_utf8_lossy(&body)
            ),
        );
    }
    if path == "/v2/error" {
        return text(400, r#"{"errors":[{"code":"NAME_INVALID","message":"no"}]}"#.to_owned());
    }
    if path == "/v2/json" {
        return text(
            200,
            r#"{"tags":["a","b"],"count":2,"nothing":null,"version":"1.20"}"#.to_owned(),
        );
    }
    if let Some(status) = match path.as_str() {
        "/v2/redirect" => Some(307),
        "/v2/found" => Some(302),
        _ => None,
    } {
        return Response::builder()
            .status(status)
            .header("location", "/v2/json")
            .body(Full::default())
            .map_err(std::io::Error::other);
    }
    if path == "/v2/metrics" {
        return text(
            200,
            "# TYPE hits counter\nhits{repo=\"a\",code=\"200\"} 3\nhits{repo=\"b\"} 4\nup 1\n".to_owned(),
        );
    }
    if path == "/v2/count" {
        let mut store = store.lock();
        let count = store.entry("count".to_owned()).or_default();
        *count = Bytes::from([count.as_ref(), b"x"].concat());
        return text(200, count.len().to_string());
    }
    if path == "/v2/now" {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_err(std::io::Error::other)?;
        return text(200, json!({ "seconds": now.as_secs() }).to_string());
    }
    if path == "/v2/config" {
        return text(200, store.config.to_string());
    }
    if let Some(page) = path.strip_prefix("/v2/pages/") {
        let page: usize = page.parse().unwrap_or_default();
        let mut response = Response::builder().status(200);
        if page < 3 {
            response = response.header("link", format!("</v2/pages/{}>; rel=\"next\"", page + 1));
        } else if page == 9 {
            response = response.header("link", "</v2/pages/9>; rel=\"next\"");
        }
        return response
            .body(Full::from(format!(r#"{{"tags":["t{page}"]}}"#)))
            .map_err(std::io::Error::other);
    }
    if store.config["lost-update"] == true
        && head.method == "PUT"
        && let Some((repository, tag)) = path.split_once("/manifests/")
        && !tag.contains(':')
    {
        // All tags of the repository are read, changed and written back: what others changed meanwhile is lost.
        let mut changed = store.changes.subscribe();
        let tags = store.tags(repository);
        // Others have all the time that it takes to change something. Where nobody does, nothing is lost.
        let _ = tokio::time::timeout(Duration::from_millis(20), changed.changed()).await;
        store.set_tags(repository, tags);
        store.changes.send_replace(());
    }
    registry(&head, &path, body, &store)
}

/// As much of a registry as pushing and pulling needs. A repository with `rotten` in its name serves other bytes.
fn registry(
    head: &http::request::Parts,
    path: &str,
    body: Bytes,
    store: &Store,
) -> Result<Response<Full<Bytes>>, std::io::Error> {
    let query = head.uri.query().unwrap_or_default();
    let digest = query.split('&').find_map(|pair| pair.strip_prefix("digest="));
    let mut content = store.lock();
    let respond = |status: u16, headers: &[(&str, String)], body: Bytes| {
        let builder = headers
            .iter()
            .fold(Response::builder().status(status), |builder, (name, value)| {
                builder.header(*name, value)
            });
        builder.body(Full::new(body)).map_err(std::io::Error::other)
    };
    let session = path.split_once("/blobs/uploads/");
    match (head.method.as_str(), session, digest) {
        ("POST", Some((repository, _)), Some(_)) if repository.contains("single") => respond(
            202,
            &[("location", format!("{repository}/blobs/uploads/7?a=b"))],
            Bytes::new(),
        ),
        ("POST", Some((repository, _)), None) => {
            // Not unique, unless the server is told to be right about it.
            let session = if store.config["unique"] == true {
                let session = content.len();
                content.insert(format!("a session {session}"), Bytes::new());
                session
            } else {
                7
            };
            let location = format!("{repository}/blobs/uploads/{session}?a=b");
            respond(202, &[("location", location)], Bytes::new())
        }
        ("PATCH", Some(_), _) => {
            let chunk = [content.remove(path).unwrap_or_default(), body].concat();
            let range = head.headers.get("content-range").map(|value| format!("{value:?}"));
            content.insert(format!("{path} ranges"), range.unwrap_or_default().into());
            content.insert(path.to_owned(), chunk.into());
            respond(202, &[("location", path.to_owned())], Bytes::new())
        }
        ("PUT" | "POST", Some((repository, _)), Some(digest)) => {
            let bytes = Bytes::from([content.remove(path).unwrap_or_default(), body].concat());
            if Algorithm::Sha256.digest(&bytes) != digest {
                return respond(
                    400,
                    &[],
                    Bytes::from_static(br#"{"errors":[{"code":"DIGEST_INVALID"}]}"#),
                );
            }
            let status = store.keep(&mut content, format!("{repository}/blobs/{digest}"), bytes);
            respond(status, &[], Bytes::new())
        }
        ("PUT", None, _) => {
            let digest = Algorithm::Sha256.digest(&body);
            if let Some((repository, _)) = path.split_once("/manifests/") {
                store.keep(&mut content, format!("{repository}/manifests/{digest}"), body.clone());
            }
            let status = store.keep(&mut content, path.to_owned(), body);
            respond(status, &[("docker-content-digest", digest)], Bytes::new())
        }
        ("DELETE", _, _) => match content.remove(path) {
            Some(_) => {
                store.forget(path);
                respond(202, &[], Bytes::new())
            }
            None => respond(404, &[], Bytes::new()),
        },
        (_, _, _) if path == "/v2/" => respond(200, &[], Bytes::new()),
        (_, _, _) => match content.get(path) {
            Some(bytes) if path.contains("rotten") && path.contains("/blobs/") => {
                respond(200, &[], [bytes.as_ref(), b"!"].concat().into())
            }
            Some(bytes) => respond(200, &[], bytes.clone()),
            None => respond(404, &[], Bytes::new()),
        },
    }
}

/// Starts the server on a thread of its own; it ends with the test's process.
pub(super) fn serve() -> SocketAddr {
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || run(json!({}), &|address| sender.send(address).unwrap()));
    receiver.recv().unwrap()
}

/// Serves for ever.
fn run(config: Value, listening: &dyn Fn(SocketAddr)) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async move {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let store = Arc::new(Store::open(config));
        listening(listener.local_addr().unwrap());
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                let service = service_fn(|request| answer(request, Arc::clone(&store)));
                let _ = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service)
                    .await;
            });
        }
    });
}

/// The server as a process: this program, told to run the one test that serves.
pub(super) fn process() -> ProcessTarget {
    let arguments = [
        "--ignored",
        "--exact",
        "--nocapture",
        "runner::truth::server::serves",
        "{config}",
    ];
    ProcessTarget {
        binary: std::env::current_exe().unwrap(),
        companions: BTreeMap::new(),
        front: None,
        serve: Arc::new(Serve::new(
            arguments.map(str::to_owned).into(),
            Some(json!({ "keep": "{root}" })),
            Announcement::Key("address".to_owned()),
        )),
    }
}

#[test]
#[ignore = "is no test: it is the server that tests start"]
fn serves() {
    let Some(config) = std::env::args().next_back().and_then(|path| fs::read(path).ok()) else {
        return;
    };
    run(serde_json::from_slice(&config).unwrap(), &|address| {
        println!(
            "\n{}",
            json!({ "level": "info", "message": "listening", "address": address, "process": std::process::id() })
        );
    });
}
