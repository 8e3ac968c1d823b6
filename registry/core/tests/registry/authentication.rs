//! Who callers are: passwords, tokens, and what they are told who show nothing or the wrong thing.

use http::StatusCode;
use serde_json::json;

use crate::accounts::{Accounts, RULES, basic};

const CHALLENGE: &str = "Basic realm=\"Authorization Required\"";

#[tokio::test]
async fn without_rules_a_password_opens_everything_and_nothing_is_open_without() {
    let accounts = Accounts::new("", "null");
    for path in [
        "/v2/",
        "/v2",
        "/v2/_catalog",
        "/v2/absent/tags/list",
        "/v2/A//",
        "/v2/nothing",
        "/v2/_zot/ext/example",
    ] {
        let answer = accounts.get("", path).await;
        assert_eq!(answer.refusal(), (401, "UNAUTHORIZED".to_owned()), "{path}");
        assert_eq!(answer.header("www-authenticate"), Some(CHALLENGE), "{path}");
    }
    for (path, status) in [
        ("/v2/", 200),
        ("/v2/_catalog", 200),
        ("/v2/absent/tags/list", 404),
        ("/v2/_zot/ext/example", 200),
    ] {
        assert_eq!(accounts.get("bob", path).await.status, status, "{path}");
    }
    // Other spellings of a path are no way round.
    for path in [
        "//v2/",
        "/v2/_catalog/",
        "/v2/%5Fcatalog",
        "/V2/",
        "/v2/./_catalog",
        "/v2/_catalog/..",
        "/v2/_oci/../_catalog",
    ] {
        let answer = accounts.get("", path).await;
        assert!(answer.status.is_client_error(), "{path}: {answer:?}");
    }
    let quiet = [("x-zot-api-client", "zot-ui")];
    let answer = accounts.send("", "GET", "/v2/", &quiet, "").await;
    assert_eq!(
        (answer.status, answer.header("www-authenticate")),
        (StatusCode::UNAUTHORIZED, None)
    );
    for path in ["/v2/", "/v2/a/manifests/v1", "/v2/_zot/ext/example"] {
        assert_eq!(accounts.send("", "OPTIONS", path, &[], "").await.status, 204, "{path}");
    }
}

#[tokio::test]
async fn credentials_are_right_or_they_are_wrong() {
    let accounts = Accounts::new("", RULES);
    let right = basic("alice", "alice-password");
    let encoded = right.strip_prefix("Basic ").unwrap();
    let long = basic("alice", &"x".repeat(64 << 10));
    for (credentials, status) in [
        (right.as_str(), 200),
        (&format!("basic {encoded}"), 200),
        (&format!("BASIC   {encoded}"), 200),
        // To say nothing is to be anonymous, for whom there is something here.
        ("", 200),
        ("Basic Og==", 200),
        (&basic("alice", "alice-passwor"), 401),
        (&basic("alice", "alice-password "), 401),
        (&basic("alice", "Alice-password"), 401),
        (&basic("Alice", "alice-password"), 401),
        (&basic("alice", ""), 401),
        (&basic("", "alice-password"), 401),
        (&basic("mallory", "alice-password"), 401),
        (&basic("alice", "alice-password\0"), 401),
        (&long, 401),
        ("Basic", 401),
        ("Basic YWxpY2U=", 401),
        ("Basic !!!", 401),
        ("Basic /////w==", 401),
        ("Bearer x.y.z", 401),
        ("Bearer", 401),
        (encoded, 401),
        ("Negotiate x", 401),
        ("Basic \u{e9}", 401),
    ] {
        let answer = accounts
            .fixture
            .request("GET", "/v2/", &[("authorization", credentials)], "")
            .await;
        assert_eq!(answer.status, status, "{credentials:.40}");
        if status == 401 {
            assert_eq!(answer.code(), "UNAUTHORIZED");
            assert_eq!(answer.header("www-authenticate"), Some(CHALLENGE), "{credentials:.40}");
        }
    }
    let twice = [("authorization", right.as_str()), ("authorization", right.as_str())];
    assert_eq!(accounts.fixture.request("GET", "/v2/", &twice, "").await.status, 401);
}

#[tokio::test]
async fn metrics_are_for_those_whom_the_rules_name() {
    let users_only = "{ metrics: { users: [scraper] }, adminPolicy: { users: [root], actions: [read] } }";
    let open_only = "{ metrics: { anonymousPolicy: [read] }, adminPolicy: { users: [root], actions: [read] } }";
    let both =
        "{ metrics: { users: [scraper], anonymousPolicy: [read] }, adminPolicy: { users: [root], actions: [read] } }";
    let neither =
        r#"{ repositories: { "**": { anonymousPolicy: [read] } }, adminPolicy: { users: [root], actions: [read] } }"#;
    // Anonymous, a wrong password, a user that is not named, an administrator that is not named, and one that is.
    for (rules, statuses) in [
        ("null", [401, 401, 200, 200, 200]),
        (neither, [401, 401, 403, 403, 403]),
        (users_only, [401, 401, 403, 403, 200]),
        (open_only, [200, 401, 403, 403, 403]),
        (both, [200, 401, 403, 403, 200]),
    ] {
        let accounts = Accounts::new("", rules);
        let wrong = [("authorization", &*basic("scraper", "wrong"))];
        let actual = [
            accounts.get("", "/metrics").await,
            accounts.send("", "GET", "/metrics", &wrong, "").await,
            accounts.get("bob", "/metrics").await,
            accounts.get("root", "/metrics").await,
            accounts.get("scraper", "/metrics").await,
        ];
        assert_eq!(actual.map(|answer| answer.status.as_u16()), statuses, "{rules}");
    }
    // What is open here is the metrics, and nothing else.
    assert_eq!(Accounts::new("", open_only).get("", "/v2/").await.status, 401);
    assert_eq!(Accounts::new("", neither).get("", "/v2/").await.status, 200);
}

#[tokio::test]
async fn pages_of_one_origin_may_call_the_extensions() {
    let accounts = Accounts::new("", "null");
    let answer = accounts.get("alice", "/v2/_zot/ext/example").await;
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    assert_eq!(answer.header("access-control-allow-credentials"), None);
    let accounts = Accounts::new("", "null");
    let answer = accounts.send("", "OPTIONS", "/v2/_zot/ext/example", &[], "").await;
    assert_eq!(answer.status, 204);
    assert_eq!(answer.header("access-control-allow-methods"), Some("GET,HEAD,OPTIONS"));
    assert_eq!(
        answer.header("access-control-allow-headers"),
        Some("Authorization,content-type,X-ZOT-API-CLIENT")
    );
}

/// The token that `user` gets for `scopes`.
async fn token(accounts: &Accounts, user: &str, scopes: &str) -> String {
    let path = format!("/zot/auth/token?service=plimsoll-registry&{scopes}");
    let answer = accounts.get(user, &path).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let document = answer.json();
    assert_eq!(document["token"], document["access_token"]);
    assert_eq!(document["expires_in"], json!(300));
    format!("Bearer {}", document["token"].as_str().expect("a token"))
}

#[tokio::test]
async fn with_tokens_a_client_learns_that_it_can_say_who_it_is() {
    let accounts = Accounts::new("token: {}", RULES);
    let answer = accounts.get("", "/v2/").await;
    assert_eq!(answer.status, 401);
    let challenge = "Bearer realm=\"/zot/auth/token\",service=\"plimsoll-registry\"";
    assert_eq!(answer.header("www-authenticate"), Some(challenge));
    let answer = accounts.get("", "/v2/team/app/tags/list").await;
    let challenge = format!("{challenge},scope=\"repository:team/app:pull\"");
    assert_eq!(answer.header("www-authenticate"), Some(challenge.as_str()));
    // What is open stays open to who shows nothing, and a password is taken as it is.
    assert_eq!(accounts.get("", "/v2/open/x/tags/list").await.status, 404);
    assert_eq!(accounts.get("alice", "/v2/").await.status, 200);

    for (user, scopes, path, status) in [
        ("", "scope=repository:open/x:pull", "/v2/", 200),
        ("", "scope=repository:open/x:pull", "/v2/open/x/tags/list", 404),
        ("", "scope=repository:team/app:pull", "/v2/team/app/tags/list", 401),
        ("alice", "", "/v2/", 200),
        ("alice", "scope=repository:team/app:pull", "/v2/team/app/tags/list", 404),
        (
            "alice",
            "scope=repository:team/app:pull",
            "/v2/team/other/tags/list",
            401,
        ),
        ("alice", "scope=repository:team/app:push", "/v2/team/app/tags/list", 401),
        (
            "alice",
            "scope=repository:team/a:pull&scope=repository:team/b:pull",
            "/v2/team/b/tags/list",
            404,
        ),
        (
            "alice",
            "scope=repository:team/a:pull%20repository:team/b:pull",
            "/v2/team/b/tags/list",
            404,
        ),
        ("alice", "scope=registry:catalog:*", "/v2/_catalog", 200),
        ("alice", "scope=repository:team/app:*", "/v2/_catalog", 401),
        ("bob", "scope=repository:team/app:pull", "/v2/team/app/tags/list", 401),
    ] {
        let token = token(&accounts, user, scopes).await;
        let answer = accounts
            .fixture
            .request("GET", path, &[("authorization", &token)], "")
            .await;
        assert_eq!(answer.status, status, "{user} {scopes} {path}");
        let challenge = answer.header("www-authenticate").unwrap_or_default();
        assert_eq!(
            challenge.ends_with(",error=\"insufficient_scope\""),
            status == 401,
            "{challenge}"
        );
    }
}

#[tokio::test]
async fn a_token_is_for_what_it_says_whatever_the_method() {
    let accounts = Accounts::new("token: {}", RULES);
    let digest = plimsoll_registry_core::oci::Algorithm::Sha256.digest(b"x");
    // Whether a token gets through to where nothing is found (404) or no further than the gate (401).
    for (scope, reads, pushes, deletes) in [
        ("pull", true, false, false),
        ("push", false, true, false),
        ("delete", false, false, true),
        ("pull,push", true, true, false),
        ("*", true, true, true),
    ] {
        let token = token(&accounts, "alice", &format!("scope=repository:team/app:{scope}")).await;
        for (method, path, passes) in [
            ("GET", "manifests/v1", reads),
            ("HEAD", "manifests/v1", reads),
            ("DELETE", "manifests/v1", deletes),
            ("GET", "tags/list", reads),
            ("GET", &format!("blobs/{digest}"), reads),
            ("HEAD", &format!("blobs/{digest}"), reads),
            ("DELETE", &format!("blobs/{digest}"), deletes),
            ("POST", "blobs/uploads/", pushes),
            ("GET", "blobs/uploads/x", pushes),
            ("PATCH", "blobs/uploads/x", pushes),
            ("PUT", "blobs/uploads/x?digest=x", pushes),
            ("DELETE", "blobs/uploads/x", pushes),
            ("PUT", "manifests/v1", pushes),
        ] {
            let path = format!("/v2/team/app/{path}");
            let answer = accounts
                .fixture
                .request(method, &path, &[("authorization", &token)], "")
                .await;
            assert_eq!(answer.status != 401, passes, "{scope}: {method} {path}: {answer:?}");
        }
    }
}

#[tokio::test]
async fn tokens_are_issued_to_passwords_and_for_this_service_alone() {
    let accounts = Accounts::new("token: { expiry: 1m }", "null");
    let form =
        "grant_type=password&username=alice&password=alice-password&service=plimsoll-registry&scope=repository:a:pull";
    let post = async |body: &str| accounts.send("", "POST", "/zot/auth/token", &[], body).await;
    let answer = post(form).await;
    assert_eq!(
        (answer.status.as_u16(), &answer.json()["expires_in"]),
        (200, &json!(60))
    );
    for (body, status) in [
        (form.replace("alice-password", "wrong"), 401),
        (form.replace("grant_type=password", "grant_type=refresh_token"), 400),
        (form.replace("service=plimsoll-registry", "service=other"), 400),
        ("grant_type=password".to_owned(), 400),
        (String::new(), 401),
        ("x".repeat(65 << 10), 413),
    ] {
        let answer = post(&body).await;
        assert_eq!(answer.status, status, "{body:.60}");
        let challenged = answer.header("www-authenticate") == Some(CHALLENGE);
        assert_eq!(challenged, status == 401, "{answer:?}");
    }
    assert_eq!(
        accounts.get("", "/zot/auth/token").await.status,
        401,
        "nothing is open to anonymous callers"
    );
    let token = token_of(&accounts.get("alice", "/zot/auth/token").await.json());
    let again = accounts
        .fixture
        .request("GET", "/zot/auth/token", &[("authorization", &token)], "")
        .await;
    assert_eq!(again.status, 401, "a token is no way to another one");
}

fn token_of(document: &serde_json::Value) -> String {
    format!("Bearer {}", document["token"].as_str().expect("a token"))
}

#[tokio::test]
async fn who_is_taken_out_is_out_although_a_token_is_still_good() {
    let accounts = Accounts::new("token: {}", "null");
    let token = token(&accounts, "alice", "scope=registry:catalog:*").await;
    let catalog = async || {
        let answer = accounts
            .fixture
            .request("GET", "/v2/_catalog", &[("authorization", &token)], "")
            .await;
        answer.status.as_u16()
    };
    assert_eq!(catalog().await, 200);
    std::fs::write(accounts.folder.path().join("htpasswd"), "# nobody\n").unwrap();
    let out = async {
        while catalog().await != 401 {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), out)
        .await
        .expect("out");
}

#[tokio::test]
async fn without_a_way_to_say_who_they_are_callers_have_what_the_rules_give_to_anyone() {
    let accounts = Accounts::without(r#"{ repositories: { "open/**": { anonymousPolicy: [read] } } }"#);
    assert_eq!(accounts.get("", "/v2/").await.status, 200);
    assert_eq!(accounts.get("alice", "/v2/open/x/tags/list").await.status, 404);
    assert_eq!(accounts.get("alice", "/v2/team/x/tags/list").await.status, 401);
    assert_eq!(
        accounts
            .send("", "POST", "/v2/open/x/blobs/uploads/", &[], "")
            .await
            .status,
        401
    );
}
