//! A whole server, and whatever somebody may write into a connection to it.

use std::{net::SocketAddr, sync::LazyLock, time::Duration};

use plimsoll_registry::BINARY;
use plimsoll_registry_core::server::Server;
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use crate::{
    registry::{RUNTIME, config},
    target::Target,
};

/// How long an answer may take. The server gives up a request that stands still long before.
const PATIENCE: Duration = Duration::from_secs(8);

const SECTIONS: &str = "
http: { port: 0, readTimeout: 200ms, writeTimeout: 200ms }
extensions: { metrics: {}, search: { graphiql: true }, lint: { enable: true, mandatoryAnnotations: [] } }
";

/// Where it listens. It ends with the program, and its folder goes with the folder that all temporary ones are in.
static SERVER: LazyLock<(SocketAddr, TempDir)> = LazyLock::new(|| {
    let root = TempDir::new().expect("a temporary folder");
    let config = config(root.path(), SECTIONS);
    let hooks = BINARY.hooks(&config);
    let server = RUNTIME.block_on(Server::bind(&config.http)).expect("a free port");
    let address = server.local_addr();
    RUNTIME.spawn(async move { server.serve(&config, hooks, std::future::pending()).await });
    (address, root)
});

const SEQUENCES: &[&[u8]] = &[
    b"GET /v2/ HTTP/1.1\r\nHost: r\r\n\r\n",
    b"GET /v2/_catalog HTTP/1.1\r\nHost: r\r\n\r\nGET /v2/a/tags/list HTTP/1.1\r\nHost: r\r\n\r\n",
    b"POST /v2/a/blobs/uploads/?digest=sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad HTTP/1.1\r\nHost: r\r\nContent-Length: 3\r\n\r\nabc",
    b"POST /v2/a/blobs/uploads/ HTTP/1.1\r\nHost: r\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nTrailer: x\r\n\r\n",
    b"GET http://r/v2/ HTTP/1.1\r\nHost: r\r\nConnection: close\r\n\r\n\x1eHEAD /v2/a/manifests/v1 HTTP/1.0\r\n\r\n",
    b"PUT /v2/a/manifests/v1 HTTP/1.1\r\nHost: r\r\nContent-Type: application/vnd.oci.image.index.v1+json\r\nContent-Length: 35\r\n\r\n{\"schemaVersion\":2,\"manifests\":[]}\n\x1eDELETE /v2/a/manifests/v1 HTTP/1.1\r\nHost: r\r\n\r\n",
    b"PUT /v2/a/blobs/uploads/x HTTP/1.1\r\nHost: r\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0\0\0\0\x08\x06\0\0\0\0\0\0\0\0\0\0\0\0\0",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0\0\0\x0d\x01\x05\0\0\0\x01\x82\x84\x86\x41\x01r\x44\x04/v2/",
    b"POST /v2/_zot/ext/search HTTP/1.1\r\nHost: r\r\nContent-Type: application/json\r\nContent-Length: 26\r\n\r\n{\"query\":\"{ __typename }\"}GET /metrics HTTP/1.1\r\nHost: r\r\n\r\n",
];

pub(super) fn targets() -> Vec<Target> {
    vec![
        Target::bytes("server/requests", SEQUENCES.iter().copied(), |bytes| {
            RUNTIME.block_on(conversation(SERVER.0, bytes));
        })
        .slow(),
    ]
}

/// Each part up to the separator goes to a connection of its own, all of which stay open. Each is answered, or closed; none with
/// the registry's fault; and then the registry is there for the next one.
async fn conversation(address: SocketAddr, bytes: &[u8]) {
    let parts: Vec<_> = bytes.split(|byte| *byte == 0x1e).take(4).collect();
    let mut streams = Vec::new();
    for part in parts {
        let mut stream = TcpStream::connect(address).await.expect("a connection");
        // The server may have had enough before it has all of it.
        let _ = stream.write_all(part).await;
        let _ = stream.shutdown().await;
        streams.push(stream);
    }
    for mut stream in streams {
        let mut answer = Vec::new();
        let read = timeout(PATIENCE, stream.read_to_end(&mut answer)).await;
        assert!(
            read.is_ok(),
            "a connection stays open for ever: {:?}",
            String::from_utf8_lossy(&answer)
        );
        let answer = String::from_utf8_lossy(&answer);
        let fault = ["HTTP/1.1 500", "HTTP/1.1 502", "HTTP/1.1 505"]
            .iter()
            .find(|fault| answer.contains(**fault));
        assert!(fault.is_none() || answer.starts_with("HTTP/1.1 505"), "{answer}");
    }
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream
        .write_all(b"GET /v2/ HTTP/1.1\r\nHost: r\r\nConnection: close\r\n\r\n")
        .await
        .expect("sent");
    let mut answer = Vec::new();
    let read = timeout(PATIENCE, stream.read_to_end(&mut answer)).await;
    assert!(
        matches!(read, Ok(Ok(_))) && answer.starts_with(b"HTTP/1.1 200 "),
        "the registry is not there any more"
    );
}
