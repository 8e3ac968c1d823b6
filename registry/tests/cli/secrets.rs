//! Secrets: what is planted in every place where one can be does not come out anywhere.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    path::Path,
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use rustix::process::Signal;

use super::running::{Running, binary, config};

/// `alice:planted-password` in Base64.
const CREDENTIALS: &str = "YWxpY2U6cGxhbnRlZC1wYXNzd29yZA==";
/// `alice:planted-wrong` in Base64.
const WRONG: &str = "YWxpY2U6cGxhbnRlZC13cm9uZw==";
/// What `htpasswd -nbB -C 4 alice planted-password` wrote.
const USERS: &str = "alice:$2y$04$3HoVDqsxKmCN.XT377RmNu0xQEcKrgKXPcBOHAa1ciTlDP7ku5sZi\n";

fn exchange(address: SocketAddr, request: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let end = "host: test\r\nconnection: close\r\n\r\n";
    write!(stream, "{}", request.replace('\n', "\r\n") + end + body).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn write_config(folder: &Path) {
    let path = folder.join("config.yaml");
    let text = fs::read_to_string(&path).unwrap();
    let (users, audit) = (folder.join("htpasswd"), folder.join("audit"));
    let (users, audit) = (users.display(), audit.display());
    let http = [
        format!("http: {{port: 0, auth: {{htpasswd: {{path: {users}}}, token: {{}}, apikey: true}},"),
        " accessControl: {metrics: {users: [alice]}}}\n".to_owned(),
        format!("log: {{level: trace, audit: {audit}}}\n"),
        "extensions: {metrics: {}}\n".to_owned(),
    ]
    .concat();
    fs::write(&path, text.replace("http: {port: 0}\n", &http)).unwrap();
    fs::write(folder.join("htpasswd"), USERS).unwrap();
}

#[test]
fn a_secret_that_is_planted_comes_out_nowhere() {
    let folder = config("");
    write_config(folder.path());
    let mut registry = Running::start(folder.path());
    let address = registry.address;
    let issued = exchange(
        address,
        &format!("GET /zot/auth/token?scope=registry:catalog:* HTTP/1.1\nauthorization: Basic {CREDENTIALS}\n"),
        "",
    );
    let body = issued.split("\r\n\r\n").nth(1).unwrap();
    let document: serde_json::Value = serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {issued}"));
    let token = document["token"].as_str().unwrap().to_owned();
    let made = exchange(
        address,
        &format!("POST /zot/auth/apikey HTTP/1.1\nauthorization: Basic {CREDENTIALS}\ncontent-length: 2\n"),
        "{}",
    );
    let made: serde_json::Value = serde_json::from_str(made.split("\r\n\r\n").nth(1).unwrap()).unwrap();
    let key = made["apiKey"].as_str().unwrap();
    let shown_key = BASE64_STANDARD.encode(format!("alice:{key}"));
    let mut told = String::new();
    for request in [
        format!("GET /v2/ HTTP/1.1\nauthorization: Basic {CREDENTIALS}\n"),
        format!("GET /v2/_catalog HTTP/1.1\nauthorization: Bearer {token}\ncookie: session=planted-cookie\n"),
        format!("GET /v2/_catalog HTTP/1.1\nauthorization: Basic {shown_key}\n"),
        format!("GET /zot/auth/apikey HTTP/1.1\nauthorization: Basic {shown_key}\n"),
        format!("GET /zot/auth/apikey HTTP/1.1\nauthorization: Basic {CREDENTIALS}\n"),
        format!("GET /v2/ HTTP/1.1\nauthorization: Bearer {key}\n"),
        format!("DELETE /zot/auth/apikey?id={key} HTTP/1.1\nauthorization: Basic {CREDENTIALS}\n"),
        format!("GET /metrics HTTP/1.1\nauthorization: Basic {CREDENTIALS}\n"),
        format!("GET /v2/ HTTP/1.1\nauthorization: Basic {WRONG}\n"),
        "GET /v2/ HTTP/1.1\nauthorization: Bearer planted.bearer.token\n".to_owned(),
        "GET /v2/ HTTP/1.1\nauthorization: planted\n".to_owned(),
        "GET /v2/a/tags/list?password=planted-query&token=planted-query HTTP/1.1\n".to_owned(),
        "POST /zot/auth/token?access_token=planted-query HTTP/1.1\ncontent-length: 0\n".to_owned(),
        "DELETE /v2/a/manifests/x?refresh_token=planted-query HTTP/1.1\nproxy-authorization: planted\n".to_owned(),
    ] {
        told += &exchange(address, &request, "");
    }
    assert!(
        told.contains("zot_http_requests_total"),
        "the metrics were served: {told}"
    );
    registry.stop(Signal::TERM);
    told += &serde_json::Value::from(registry.lines.clone()).to_string();
    let audit = fs::read_to_string(folder.path().join("audit")).unwrap();
    assert!(audit.contains("/v2/a/manifests/x?refresh_token=***"), "{audit}");
    told += &audit;
    for arguments in [["verify", "config.yaml"].as_slice(), &["schema"]] {
        let output = binary().args(arguments).current_dir(folder.path()).output().unwrap();
        told += &String::from_utf8_lossy(&[output.stdout, output.stderr].concat());
    }
    // A hash that is broken is told of without it.
    fs::write(folder.path().join("htpasswd"), USERS.replace("$2y$04", "planted$2y$04")).unwrap();
    let output = binary()
        .args(["serve", "config.yaml"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let refused = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(
        refused.contains("line 1: the hash of \"alice\" is not one of bcrypt"),
        "{refused}"
    );
    told += &refused;
    for secret in [
        "planted",
        "$2y$04$",
        CREDENTIALS,
        WRONG,
        token.as_str(),
        key,
        &shown_key,
    ] {
        let place = told.find(secret).map(|at| &told[at.saturating_sub(200)..at]);
        assert_eq!(place, None, "{secret} was told");
    }
}
