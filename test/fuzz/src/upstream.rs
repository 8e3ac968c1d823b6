//! A registry to mirror that answers what it is told to, and the mirror of it.

use std::{
    fs, io,
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use axum::{Router, body::Body, extract::Request, response::Response};
use tempfile::TempDir;
use tokio::net::TcpListener;

use crate::registry::{RUNTIME, Registry};

/// The user and the password that the mirror has for its upstream.
const CREDENTIALS: &str = r#"{"UPSTREAM":{"username":"user","password":"password"}}"#;

const SECTIONS: &str = "
extensions:
  sync:
    credentialsFile: FOLDER/credentials.json
    registries: [{ urls: ['http://UPSTREAM'], onDemand: true, syncLegacyCosignTags: false }]
";

/// What the upstream answers.
type Script = Box<dyn Fn(&Request) -> Response + Send>;

/// A mirror, its upstream, and a place on the same machine that the upstream has no right to send it to.
pub(crate) struct Mirrored {
    mirror: Registry,
    address: SocketAddr,
    script: Arc<Mutex<Script>>,
    forbidden: SocketAddr,
    was_led_astray: Arc<AtomicBool>,
    asked: AtomicU64,
}

impl Mirrored {
    pub(crate) fn start() -> Self {
        let script: Arc<Mutex<Script>> = Arc::new(Mutex::new(Box::new(|_| Response::default())));
        let was_led_astray = Arc::new(AtomicBool::default());
        let (address, forbidden) = RUNTIME
            .block_on(async { Ok::<_, io::Error>((play(&script).await?, trap(&was_led_astray).await?)) })
            .expect("free ports");
        let root = TempDir::new().expect("a temporary folder");
        let upstream = |text: &str| text.replace("UPSTREAM", &address.to_string());
        fs::write(root.path().join("credentials.json"), upstream(CREDENTIALS)).expect("a file");
        Self {
            mirror: Registry::on(root, &upstream(SECTIONS)),
            address,
            script,
            forbidden,
            was_led_astray,
            asked: AtomicU64::default(),
        }
    }

    /// `text` with `UPSTREAM` for the upstream's URL, and `FORBIDDEN` for the port where nothing may be asked for.
    pub(crate) fn fill(&self, text: &str) -> String {
        text.replace("UPSTREAM", &format!("http://{}/", self.address))
            .replace("FORBIDDEN", &self.forbidden.port().to_string())
    }

    /// Asks the mirror for something of a repository that it has not seen yet, while the upstream answers by `script`. Whatever
    /// that is, it is not the mirror's own fault, and leads it nowhere that it may not go.
    pub(crate) fn ask(&self, method: &str, path: &str, script: impl Fn(&Request) -> Response + Send + 'static) {
        *self.script.lock().unwrap_or_else(PoisonError::into_inner) = Box::new(script);
        let number = self.asked.fetch_add(1, Ordering::Relaxed);
        let status = self.mirror.ask(method, &format!("/v2/r{number}/{path}"));
        assert!(matches!(status.as_u16(), 200 | 404 | 502), "{status}");
        assert!(!self.was_led_astray.load(Ordering::SeqCst), "it asked where it may not");
    }
}

/// Answers by `script`.
async fn play(script: &Arc<Mutex<Script>>) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    let script = Arc::clone(script);
    let router = Router::new().fallback(move |request: Request<Body>| async move {
        let answer = script.lock().unwrap_or_else(PoisonError::into_inner);
        answer(&request)
    });
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(address)
}

/// Notes that somebody came, before it ends the connection: whoever waits for an answer knows of it afterwards.
async fn trap(came: &Arc<AtomicBool>) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    let came = Arc::clone(came);
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            came.store(true, Ordering::SeqCst);
            drop(connection);
        }
    });
    Ok(address)
}
