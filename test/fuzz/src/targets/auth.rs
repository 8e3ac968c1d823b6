//! Who somebody is.

use std::{fs, path::Path};

use plimsoll_registry_core::auth::Authenticator;
use tempfile::TempDir;

use crate::{
    registry::{HTPASSWD, RUNTIME, Renewed, config},
    seeds,
    target::Target,
};

/// Passwords, and tokens that are issued here.
static ACCOUNTS: Renewed = Renewed::new(
    "http: { auth: { htpasswd: { path: 'FOLDER/htpasswd' }, token: {} } }",
    |_| {},
);

pub(super) fn targets() -> Vec<Target> {
    let basic = "Basic YWxpY2U6YWxpY2UtcGFzc3dvcmQ=";
    vec![
        Target::text(
            "auth/authorization-header",
            [basic, "Basic Og==", "basic YTpi", "Bearer a.b.c", "Digest x"],
            move |text| {
                // What is around a value is none of it: nothing else gets here over a connection.
                let text = text.trim_matches([' ', '\t']);
                let answer =
                    ACCOUNTS.with(|registry| registry.send("GET", "/v2/_catalog", &[("authorization", text)], b""));
                let Some(answer) = answer else { return };
                // Base64 may be written otherwise only in what is around it.
                let is_right = text.split_once(' ').is_some_and(|(scheme, value)| {
                    scheme.eq_ignore_ascii_case("basic") && value.trim_matches(' ') == &basic[6..]
                });
                assert_eq!(answer.status, if is_right { 200 } else { 401 }, "{text:?}: {answer:?}");
            },
        )
        .slow(),
        bearer_token(),
        Target::text("auth/htpasswd", [HTPASSWD, "# users\n\nbob:$2a$04$x\n"], htpasswd),
        Target::text(
            "auth/token-query",
            [
                "scope=repository:a/b:pull,push&service=x",
                "scope=registry:catalog:*&scope=repository:a:*",
                "account=a",
            ],
            |text| {
                let target = format!("/zot/auth/token?{text}");
                ACCOUNTS.with(|registry| registry.send("GET", &target, &[("authorization", basic)], b""));
            },
        ),
        Target::bytes(
            "auth/token-form",
            [
                "grant_type=password&username=alice&password=alice-password&service=plimsoll",
                "scope=a+b&client_id=%61",
            ],
            |bytes| {
                let headers = [("content-type", "application/x-www-form-urlencoded")];
                ACCOUNTS.with(|registry| registry.send("POST", "/zot/auth/token", &headers, bytes));
            },
        )
        .slow(),
    ]
}

/// Tokens whose signature is not of what stands before it are nobody's.
fn bearer_token() -> Target {
    let tokens = seeds::files("fixtures/security/tokens", ".jwt", 1);
    let signed: Vec<String> = tokens
        .iter()
        .map(|token| String::from_utf8_lossy(token).trim().to_owned())
        .collect();
    let folder = TempDir::new().expect("a temporary folder");
    let key = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/security/tokens.pem");
    let http = format!(
        "http: {{ auth: {{ bearer: {{ realm: 'https://a.example/', service: registry.example, issuer: auth.example, cert: {:?} }} }} }}",
        key.display().to_string()
    );
    let authenticator = Authenticator::open(&config(folder.path(), &http).http).expect("an authenticator");
    Target::text("auth/bearer-token", tokens, move |token| {
        let Ok(value) = format!("Bearer {token}").parse() else {
            return;
        };
        let headers = [(http::header::AUTHORIZATION, value)].into_iter().collect();
        if RUNTIME.block_on(authenticator.identify(&headers, None)).is_ok() {
            let content = |token: &str| token.trim().rsplit_once('.').map(|(content, _)| content.to_owned());
            let known = signed.iter().any(|one| content(one) == content(token));
            assert!(known, "a token was let in that nobody signed");
        }
    })
}

/// What cannot be read is told without the hashes.
fn htpasswd(text: &str) {
    let folder = TempDir::new().expect("a temporary folder");
    let path = folder.path().join("htpasswd");
    fs::write(&path, text).expect("a file");
    let http = format!(
        "http: {{ auth: {{ htpasswd: {{ path: {:?} }} }} }}",
        path.display().to_string()
    );
    if let Err(error) = Authenticator::open(&config(folder.path(), &http).http) {
        let mut told = error.to_string();
        let mut source = std::error::Error::source(&error);
        while let Some(error) = source {
            told.push_str(&error.to_string());
            source = error.source();
        }
        // What stands where a name does is told as a name.
        let names = text.lines().filter_map(|line| line.split(':').next());
        let is_told_as_a_name = names.into_iter().any(|name| name.contains("$2y$04$"));
        assert!(is_told_as_a_name || !told.contains("$2y$04$"), "{told}");
    }
}
