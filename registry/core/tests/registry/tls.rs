//! Encrypted connections: the certificate, its change, and clients that show one.

use std::{fs, path::Path, sync::Arc, time::Duration};

use http::Version;
use plimsoll_registry_core::{
    config::{Config, Tls},
    hooks::Hooks,
};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        self, ClientConfig, RootCertStore, SupportedProtocolVersion,
        crypto::aws_lc_rs,
        pki_types::{PrivateKeyDer, ServerName},
    },
};

use crate::{accounts::RULES, server::Running};

/// A certificate authority.
struct Authority {
    params: CertificateParams,
    key: KeyPair,
}

/// A certificate with its key.
struct Certified {
    certificate: rcgen::Certificate,
    key: KeyPair,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(vec![]).expect("parameters");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "test authority");
        Self {
            params,
            key: KeyPair::generate().expect("a key"),
        }
    }

    fn pem(&self) -> String {
        self.params.self_signed(&self.key).expect("a certificate").pem()
    }

    /// A certificate for `common_name`.
    fn certify(&self, common_name: &str) -> Certified {
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).expect("parameters");
        params.distinguished_name.push(DnType::CommonName, common_name);
        let key = KeyPair::generate().expect("a key");
        let issuer = Issuer::from_params(&self.params, &self.key);
        let certificate = params.signed_by(&key, &issuer).expect("a certificate");
        Certified { certificate, key }
    }
}

impl Certified {
    fn write(&self, folder: &Path) {
        fs::write(folder.join("key.pem"), self.key.serialize_pem()).expect("written");
        fs::write(folder.join("cert.pem"), self.certificate.pem()).expect("written");
    }
}

/// A folder with a certificate, and the configuration that goes with it.
fn files(authority: &Authority) -> (TempDir, Tls) {
    let folder = TempDir::new().expect("a temporary folder");
    authority.certify("server").write(folder.path());
    let file = |name| folder.path().join(name);
    fs::write(file("ca.pem"), authority.pem()).expect("written");
    let tls = Tls {
        cert: file("cert.pem"),
        key: file("key.pem"),
        cacert: None,
    };
    (folder, tls)
}

/// A client that trusts `authority`, and shows a certificate if it has one.
fn client(
    authority: &Authority,
    shown: Option<&Certified>,
    versions: &[&'static SupportedProtocolVersion],
    protocol: &[u8],
) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    let own = authority.params.self_signed(&authority.key).expect("a certificate");
    roots.add(own.der().clone()).expect("an authority");
    let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(versions)
        .expect("versions")
        .with_root_certificates(roots);
    let mut config = match shown {
        None => builder.with_no_client_auth(),
        Some(shown) => {
            let key = PrivateKeyDer::Pkcs8(shown.key.serialize_der().into());
            builder
                .with_client_auth_cert(vec![shown.certificate.der().clone()], key)
                .expect("a key")
        }
    };
    config.alpn_protocols = vec![protocol.to_vec()];
    TlsConnector::from(Arc::new(config))
}

async fn connect(registry: &Running, client: &TlsConnector) -> std::io::Result<TlsStream<TcpStream>> {
    let name = ServerName::try_from("localhost").expect("a name");
    client.connect(name, registry.connect().await).await
}

/// Sends a GET and reads the head and the body of the answer, whose connection stays.
async fn get(stream: &mut TlsStream<TcpStream>, path: &str) -> std::io::Result<String> {
    stream
        .write_all(format!("GET {path} HTTP/1.1\r\nhost: evil.example\r\n\r\n").as_bytes())
        .await?;
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        answer.push(stream.read_u8().await?);
    }
    let head = String::from_utf8(answer).expect("a text");
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |length| length.parse().expect("a number"))];
    stream.read_exact(&mut body).await?;
    Ok(head + std::str::from_utf8(&body).expect("a text"))
}

/// The serial number of the certificate that the server shows.
fn serial(stream: &TlsStream<TcpStream>) -> Vec<u8> {
    stream.get_ref().1.peer_certificates().expect("a certificate")[0].to_vec()
}

#[tokio::test]
async fn both_versions_of_tls_and_of_http_are_spoken() {
    let authority = Authority::new();
    let (_folder, tls) = files(&authority);
    let registry = Running::start(|config| config.http.tls = Some(tls), Hooks::default()).await;
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let mut stream = connect(&registry, &client(&authority, None, &[version], b"http/1.1"))
            .await
            .unwrap();
        let answer = get(&mut stream, "/v2/").await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        assert!(
            answer.contains("\r\nstrict-transport-security: max-age=31536000\r\n"),
            "{answer}"
        );
    }
    let stream = connect(&registry, &client(&authority, None, rustls::DEFAULT_VERSIONS, b"h2"))
        .await
        .unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let io = hyper_util::rt::TokioIo::new(stream);
    let executor = hyper_util::rt::TokioExecutor::new();
    let (mut sender, connection) = hyper::client::conn::http2::handshake(executor, io).await.unwrap();
    let connection = tokio::spawn(connection);
    let request = http::Request::get("https://localhost/v2/")
        .body(axum::body::Body::empty())
        .unwrap();
    assert_eq!(sender.send_request(request).await.unwrap().version(), Version::HTTP_2);
    drop(sender);
    // Who does not encrypt gets nothing, and holds nothing up.
    let answer = registry.exchange("GET /v2/ HTTP/1.1\r\nhost: r\r\n\r\n").await;
    assert!(!answer.contains("HTTP/1.1 200"), "{answer}");
    registry.end().await;
    // It may have seen the end of the server as an error.
    let _ = connection.await.unwrap();
}

#[tokio::test]
async fn a_new_certificate_is_taken_without_dropping_a_connection() {
    let authority = Authority::new();
    let (folder, tls) = files(&authority);
    let registry = Running::start(|config| config.http.tls = Some(tls), Hooks::default()).await;
    let client = client(&authority, None, rustls::DEFAULT_VERSIONS, b"http/1.1");
    let mut old = connect(&registry, &client).await.unwrap();
    assert!(get(&mut old, "/v2/").await.unwrap().starts_with("HTTP/1.1 200 "));
    authority.certify("server, renewed").write(folder.path());
    let renewed = async {
        while serial(&connect(&registry, &client).await.unwrap()) == serial(&old) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), renewed)
        .await
        .expect("the new certificate");
    assert!(get(&mut old, "/v2/").await.unwrap().starts_with("HTTP/1.1 200 "));
    registry.end().await;
}

#[tokio::test]
async fn a_client_is_whom_its_certificate_names() {
    let authority = Authority::new();
    let (folder, mut tls) = files(&authority);
    tls.cacert = Some(folder.path().join("ca.pem"));
    let rules = format!(
        "storage: {{ rootDirectory: /r }}\nhttp: {{ accessControl: {} }}\n",
        RULES.replace('\n', " ")
    );
    let rules = Config::parse("test.yaml", rules).unwrap().config.http.access_control;
    let configure = |config: &mut Config| {
        config.http.tls = Some(tls);
        config.http.access_control = rules;
    };
    let registry = Running::start(configure, Hooks::default()).await;
    let status = async |name: &str, path: &str| {
        let shown = authority.certify(name);
        let client = client(&authority, Some(&shown), rustls::DEFAULT_VERSIONS, b"http/1.1");
        let mut stream = connect(&registry, &client).await?;
        Ok::<_, std::io::Error>(get(&mut stream, path).await?[9..12].to_owned())
    };
    assert_eq!(status("alice", "/v2/team/app/tags/list").await.unwrap(), "404");
    assert_eq!(status("bob", "/v2/team/app/tags/list").await.unwrap(), "403");
    // Nobody comes in without a certificate, or with one of another authority.
    let stranger = Authority::new().certify("alice");
    for shown in [None, Some(&stranger)] {
        let client = client(&authority, shown, rustls::DEFAULT_VERSIONS, b"http/1.1");
        let refused = async {
            let mut stream = connect(&registry, &client).await?;
            get(&mut stream, "/v2/").await
        };
        assert!(refused.await.is_err(), "{}", shown.is_some());
    }
    registry.end().await;
}

#[tokio::test]
async fn files_that_cannot_be_used_are_named() {
    let authority = Authority::new();
    let (folder, tls) = files(&authority);
    let other = KeyPair::generate().unwrap().serialize_pem();
    for (name, content, said) in [
        ("cert.pem", "", "cert.pem: there is no certificate in it"),
        ("key.pem", "nothing", "key.pem: "),
        (
            "key.pem",
            other.as_str(),
            "the certificate and the key of http.tls cannot be used",
        ),
    ] {
        let path = folder.path().join(name);
        let before = fs::read(&path).unwrap();
        fs::write(&path, content).unwrap();
        let error = Running::fails(|config| config.http.tls = Some(tls.clone())).await;
        assert!(error.to_string().contains(said), "{error}");
        fs::write(&path, before).unwrap();
    }
}
