//! A registry in this process, with every extension.

use std::{
    fs,
    path::Path,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

use axum::body::{Body, Bytes};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, Uri, header};
use http_body_util::BodyExt as _;
use plimsoll_registry::BINARY;
use plimsoll_registry_core::{
    config::Config,
    http::Api,
    oci::{Algorithm, Digest},
    service::Registry as Service,
};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// Everything that waits, waits here.
pub(crate) static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("threads"));

/// How many inputs a registry is given before it makes room for an empty one.
const USES: u32 = 2_000;

/// `alice` with the password `alice-password`, as cheaply as bcrypt does it.
pub(crate) const HTPASSWD: &str = "alice:$2y$04$KyYA7UXZ71YCpEbbXMgbAOgyrn00HPwPfgQdWwezyYNNJQh.m6DhK\n";

/// What every registry here has in its configuration.
const CONFIG: &str = "
storage: { rootDirectory: ROOT, commit: false, gc: false }
";

/// A registry on a folder of its own.
pub(crate) struct Registry {
    api: Arc<Api>,
    service: Arc<Service>,
    _root: TempDir,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// The configuration of a registry on `root`, with these other sections in YAML.
pub(crate) fn config(root: &Path, sections: &str) -> Config {
    let text = CONFIG.replace("ROOT", &format!("{:?}", root.display().to_string())) + sections;
    Config::parse("fuzz.yaml", text)
        .unwrap_or_else(|error| panic!("{error}"))
        .config
}

impl Registry {
    /// One on a folder that has something in it. `FOLDER` in `sections` is that folder.
    pub(crate) fn on(root: TempDir, sections: &str) -> Self {
        let sections = sections.replace("FOLDER", &root.path().display().to_string());
        let config = config(root.path(), &sections);
        let _runtime = RUNTIME.enter();
        let mut hooks = BINARY.hooks(&config);
        let service = Arc::new(Service::open(&config, &mut hooks).expect("a registry"));
        let api = Arc::new(Api::new(&config, Arc::clone(&service), &mut hooks).expect("an interface"));
        Self {
            api,
            service,
            _root: root,
        }
    }

    /// Sends what can be sent, and holds the answer to what is true of any: that it comes, and is no fault of the registry's.
    pub(crate) fn send(&self, method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Option<Answer> {
        let uri = Uri::try_from(target).ok()?;
        let mut request = Request::new(Body::from(body.to_vec()));
        *request.method_mut() = Method::from_bytes(method.as_bytes()).ok()?;
        *request.uri_mut() = uri;
        for (name, value) in headers {
            let name = HeaderName::try_from(*name).ok()?;
            request
                .headers_mut()
                .append(name, HeaderValue::from_bytes(value.as_bytes()).ok()?);
        }
        let host = request.headers_mut().entry(header::HOST);
        host.or_insert(HeaderValue::from_static("registry.example"));
        let answer = RUNTIME.block_on(async {
            let (parts, body) = Arc::clone(&self.api).respond(request).await.into_parts();
            Answer {
                status: parts.status,
                headers: parts.headers,
                body: body.collect().await.expect("a whole body").to_bytes(),
            }
        });
        assert!(!answer.status.is_server_error(), "{method} {target}: {answer:?}");
        Some(answer)
    }

    /// Pushes a blob.
    pub(crate) fn blob(&self, repository: &str, content: &[u8]) -> Digest {
        let digest = Algorithm::Sha256.digest(content);
        let path = format!("/v2/{repository}/blobs/uploads/?digest={digest}");
        let answer = self.send("POST", &path, &[], content).expect("a request");
        assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
        digest
    }

    /// Asks for something that may be broken, here or where it comes from: that is told, and is the end of nothing else.
    pub(crate) fn ask(&self, method: &str, target: &str) -> StatusCode {
        let request = Request::builder().method(method).uri(target).header(header::HOST, "r");
        let request = request.body(Body::empty()).expect("a request");
        RUNTIME.block_on(async {
            let (parts, body) = Arc::clone(&self.api).respond(request).await.into_parts();
            // A body may break off where the content did.
            let _ = body.collect().await;
            parts.status
        })
    }

    /// Ends what it has under way.
    pub(crate) fn end(self) {
        // What cannot be written any more is not asked for again.
        let _ = RUNTIME.block_on(self.service.store().flush());
    }
}

/// A registry that is used for many inputs, and then makes room for another one, so that no folder grows for ever.
pub(crate) struct Renewed {
    sections: &'static str,
    prepare: fn(&Registry),
    current: Mutex<(Option<Registry>, u32)>,
}

impl Renewed {
    /// Registries with these sections, on each of which `prepare` puts something.
    pub(crate) const fn new(sections: &'static str, prepare: fn(&Registry)) -> Self {
        Self {
            sections,
            prepare,
            current: Mutex::new((None, 0)),
        }
    }

    /// Uses the one of the moment.
    pub(crate) fn with<R>(&self, work: impl FnOnce(&Registry) -> R) -> R {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        current.1 += 1;
        if current.1 > USES {
            current.1 = 0;
            if let Some(old) = current.0.take() {
                old.end();
            }
        }
        let registry = current.0.get_or_insert_with(|| {
            let root = TempDir::new().expect("a temporary folder");
            fs::write(root.path().join("htpasswd"), HTPASSWD).expect("a file");
            let registry = Registry::on(root, self.sections);
            (self.prepare)(&registry);
            registry
        });
        work(registry)
    }
}
