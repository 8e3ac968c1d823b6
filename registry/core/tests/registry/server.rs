//! Connections: what is sent byte by byte, what stands still, and what happens at shutdown.

use std::{net::SocketAddr, time::Duration};

use axum::{Router, routing::get};
use plimsoll_registry_core::{
    config::Config,
    hooks::{DeclaredRoute, Hooks},
    oci::Algorithm,
    server::{Server, ServerError},
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::oneshot,
    task::JoinHandle,
};

/// A registry that listens.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<Result<(), ServerError>>,
    _root: TempDir,
}

impl Running {
    pub(crate) async fn start(configure: impl FnOnce(&mut Config), hooks: Hooks) -> Self {
        let root = TempDir::new().expect("a temporary folder");
        let mut config = Config::without_file(&[]);
        config.storage.root_directory = root.path().into();
        config.http.port = 0;
        configure(&mut config);
        let server = Server::bind(&config.http).await.expect("a free port");
        let address = server.local_addr();
        let (stop, stopped) = oneshot::channel::<()>();
        let shutdown = async {
            // That the sender was dropped is a reason to stop as well.
            let _ = stopped.await;
        };
        let ended = tokio::spawn(async move { server.serve(&config, hooks, shutdown).await });
        Self {
            address,
            stop,
            ended,
            _root: root,
        }
    }

    /// Why a server that is configured so does not serve.
    pub(crate) async fn fails(configure: impl FnOnce(&mut Config)) -> ServerError {
        let running = Self::start(configure, Hooks::default()).await;
        running
            .ended
            .await
            .expect("no panic")
            .expect_err("a server that cannot serve")
    }

    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.expect("a connection")
    }

    /// Sends bytes, and reads what comes until the server closes.
    pub(crate) async fn exchange(&self, request: &str) -> String {
        let mut stream = self.connect().await;
        stream.write_all(request.as_bytes()).await.expect("sent");
        read(&mut stream).await
    }

    pub(crate) async fn end(self) {
        self.stop.send(()).expect("a server");
        self.ended.await.expect("no panic").expect("no error");
    }
}

pub(crate) async fn read(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.expect("an answer");
    String::from_utf8(answer).expect("a text")
}

/// Reads the head of an answer.
pub(crate) async fn head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.expect("an answer"));
    }
    String::from_utf8(head).expect("a text")
}

#[tokio::test]
async fn both_versions_of_http_are_spoken() {
    let registry = Running::start(|_| {}, Hooks::default()).await;
    let answer = registry
        .exchange("GET /v2/ HTTP/1.1\r\nhost: r\r\nconnection: close\r\n\r\n")
        .await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");

    let stream = registry.connect().await;
    let io = hyper_util::rt::TokioIo::new(stream);
    let executor = hyper_util::rt::TokioExecutor::new();
    let (mut client, connection) = hyper::client::conn::http2::handshake(executor, io).await.unwrap();
    let connection = tokio::spawn(connection);
    let request = http::Request::get("http://r/v2/")
        .body(axum::body::Body::empty())
        .unwrap();
    let response = client.send_request(request).await.unwrap();
    assert_eq!(
        (response.status(), response.version()),
        (http::StatusCode::OK, http::Version::HTTP_2)
    );
    drop((response, client));
    registry.end().await;
    connection.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_request_says_whom_it_is_for() {
    let registry = Running::start(|_| {}, Hooks::default()).await;
    for (head, status) in [
        ("GET /v2/ HTTP/1.1\r\n", 400),
        ("GET /v2/ HTTP/1.1\r\nhost:\r\n", 400),
        ("GET /v2/ HTTP/1.1\r\nhost: r\r\nhost: r\r\n", 400),
        ("GET /v2/ HTTP/1.1\r\nhost: a@r\r\n", 400),
        ("OPTIONS /v2/ HTTP/1.1\r\n", 400),
        ("GET http://a@r/v2/ HTTP/1.1\r\nhost: r\r\n", 400),
        ("GET http://r:x/v2/ HTTP/1.1\r\nhost: r\r\n", 400),
        ("GET http://r:5000/v2/ HTTP/1.1\r\nhost: [::1]:5000\r\n", 200),
        ("GET /v2/ HTTP/1.0\r\n", 200),
        ("GET /v2/ HTTP/1.0\r\nhost: r\r\nhost: r\r\n", 400),
    ] {
        let answer = registry.exchange(&format!("{head}connection: close\r\n\r\n")).await;
        assert!(answer[8..].starts_with(&format!(" {status} ")), "{head}{answer}");
    }
    registry.end().await;
}

#[tokio::test]
async fn extensions_have_their_routes_also_where_two_want_the_same() {
    let mut hooks = Hooks::default();
    let declared = |paths: &[&str]| paths.iter().map(|path| DeclaredRoute::reads(*path)).collect::<Vec<_>>();
    hooks.routes(declared(&["/shared"]), |_| {
        Router::new().route("/shared", get(async || "first"))
    });
    hooks.routes(declared(&["/shared", "/own"]), |_| {
        Router::new()
            .route("/shared", get(async || "second"))
            .route("/own", get(async || "own"))
    });
    hooks.routes(declared(&["/v2/_zot/any", "/v2/", "/v2/_catalog"]), |_| {
        Router::new().route("/v2/{*any}", get(async || "taken"))
    });
    hooks.endpoint("/v2/_zot/ext/own");
    let registry = Running::start(|_| {}, hooks).await;
    for (path, body) in [
        ("/shared", "first"),
        ("/own", "own"),
        ("/v2/", "{}"),
        ("/v2/_zot/any", "taken"),
        ("/v2/_catalog", "{\"repositories\":[]}"),
    ] {
        let answer = registry
            .exchange(&format!("GET {path} HTTP/1.1\r\nhost: r\r\nconnection: close\r\n\r\n"))
            .await;
        assert!(answer.ends_with(&format!("\r\n\r\n{body}")), "{path}: {answer}");
    }
    let undeclared = "GET /v2/_zot/other HTTP/1.1\r\nhost: r\r\nconnection: close\r\n\r\n";
    let answer = registry.exchange(undeclared).await;
    assert!(answer.starts_with("HTTP/1.1 404 "), "{answer}");
    for path in ["/v2/_oci/ext/discover", "/v2/a/b/_oci/ext/discover"] {
        let answer = registry
            .exchange(&format!("GET {path} HTTP/1.1\r\nhost: r\r\nconnection: close\r\n\r\n"))
            .await;
        assert!(answer.contains("\"endpoints\":[\"/v2/_zot/ext/own\"]"), "{answer}");
    }
    registry.end().await;
}

#[tokio::test]
async fn a_client_that_is_still_sending_sees_why_it_was_refused() {
    let registry = Running::start(|_| {}, Hooks::default()).await;
    let length = 5_000_000;
    let request = format!(
        "PUT /v2/a/manifests/v1 HTTP/1.1\r\nhost: r\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{}",
        " ".repeat(length)
    );
    let answer = registry.exchange(&request).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    registry.end().await;
}

#[tokio::test]
async fn a_body_that_stands_still_is_given_up_and_its_bytes_stay() {
    let patience = |config: &mut Config| config.http.read_timeout = Duration::from_millis(100);
    let registry = Running::start(patience, Hooks::default()).await;
    let mut stream = registry.connect().await;
    stream
        .write_all(b"POST /v2/a/blobs/uploads/ HTTP/1.1\r\nhost: r\r\n\r\n")
        .await
        .unwrap();
    let answer = head(&mut stream).await;
    let location = answer.lines().find_map(|line| line.strip_prefix("location: ")).unwrap();
    let patch = format!("PATCH {location} HTTP/1.1\r\nhost: r\r\ncontent-length: 9\r\n\r\nabc");
    let answer = registry.exchange(&patch).await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    let status = format!("GET {location} HTTP/1.1\r\nhost: r\r\nconnection: close\r\n\r\n");
    let answer = registry.exchange(&status).await;
    assert!(answer.contains("\r\nrange: 0-2\r\n"), "{answer}");
    registry.end().await;
}

#[tokio::test]
async fn a_connection_on_which_nothing_moves_is_closed() {
    let patience = |config: &mut Config| {
        config.http.read_timeout = Duration::from_millis(100);
        config.http.write_timeout = Duration::from_millis(100);
    };
    let registry = Running::start(patience, Hooks::default()).await;
    // Nothing at all, a part of a head, a part of HTTP/2's preface, and a client that is done.
    for begun in [
        "",
        "GET /v2/ HTTP/1.1\r\nho",
        "PRI * HT",
        "GET /v2/ HTTP/1.1\r\nhost: r\r\n\r\n",
    ] {
        let answer = registry.exchange(begun).await;
        assert!(!answer.contains("HTTP/1.1 5"), "{answer}");
    }

    // A client that asks for a lot and reads none of it: more than the socket's buffers hold.
    let content = vec![0_u8; 16 << 20];
    let digest = Algorithm::Sha256.digest(&content);
    let mut stream = registry.connect().await;
    let post = format!(
        "POST /v2/a/blobs/uploads/?digest={digest} HTTP/1.1\r\nhost: r\r\ncontent-length: {}\r\n\r\n",
        content.len()
    );
    stream.write_all(post.as_bytes()).await.unwrap();
    stream.write_all(&content).await.unwrap();
    assert!(head(&mut stream).await.starts_with("HTTP/1.1 201 "));
    let get = format!("GET /v2/a/blobs/{digest} HTTP/1.1\r\nhost: r\r\n\r\n");
    stream.write_all(get.as_bytes()).await.unwrap();
    // The drain does not wait for it: the server has long given it up, or does so within the same time.
    registry.end().await;
    let mut received = Vec::new();
    // The end may be seen as a reset.
    let _ = stream.read_to_end(&mut received).await;
    assert!(received.len() < content.len());
}

#[tokio::test]
async fn a_request_in_flight_ends_before_the_server_does() {
    let registry = Running::start(|_| {}, Hooks::default()).await;
    let digest = Algorithm::Sha256.digest(b"abcdef");
    let mut idle = registry.connect().await;
    idle.write_all(b"GET /v2/ HTTP/1.1\r\nhost: r\r\n\r\n").await.unwrap();
    head(&mut idle).await;
    let mut upload = registry.connect().await;
    // The server asks for the body once the request is in its hands.
    let begin = format!(
        "POST /v2/a/blobs/uploads/?digest={digest} HTTP/1.1\r\nhost: r\r\nexpect: 100-continue\r\ncontent-length: 6\r\n\r\n"
    );
    upload.write_all(begin.as_bytes()).await.unwrap();
    assert!(head(&mut upload).await.starts_with("HTTP/1.1 100 "));
    upload.write_all(b"abc").await.unwrap();

    let address = registry.address;
    registry.stop.send(()).unwrap();
    // The idle connection is closed at once, which is how one knows that the drain has begun.
    read(&mut idle).await;
    upload.write_all(b"def").await.unwrap();
    let answer = read(&mut upload).await;
    assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
    registry.ended.await.unwrap().unwrap();
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn a_port_that_is_taken_is_named() {
    let registry = Running::start(|_| {}, Hooks::default()).await;
    let mut config = Config::without_file(&[]);
    config.http.port = registry.address.port();
    let error = Server::bind(&config.http).await.unwrap_err();
    assert_eq!(error.to_string(), format!("cannot listen on {}", registry.address));
    registry.end().await;
}
