//! API keys: made, shown as passwords, limited, taken back.

use std::{fs, time::Duration};

use axum::body::Body;
use http::Request;
use jiff::Timestamp;
use plimsoll_registry_core::http::Peer;
use serde_json::{Value, json};

use crate::{
    accounts::{Accounts, RULES, basic},
    support::{Answer, Fixture},
};

const KEYS: &str = "/zot/auth/apikey";

/// A key of `user`'s, as it is answered.
async fn make(accounts: &Accounts, user: &str, asked: &Value) -> Value {
    let answer = accounts.send(user, "POST", KEYS, &[], &asked.to_string()).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    answer.json()
}

/// The answer to `user`, who shows a key.
async fn ask(fixture: &Fixture, user: &str, key: &Value, method: &str, path: &str, body: &str) -> Answer {
    let credentials = basic(user, secret(key));
    let headers = [("authorization", credentials.as_str())];
    fixture.request(method, path, &headers, body.to_owned()).await
}

fn secret(key: &Value) -> &str {
    key["apiKey"].as_str().expect("a key")
}

fn id(key: &Value) -> &str {
    key["uuid"].as_str().expect("an id")
}

#[tokio::test]
async fn a_key_is_shown_once_and_listed_to_its_owner_alone() {
    let accounts = Accounts::new("apikey: true", RULES);
    let end = "2100-01-31T13:00:00+01:00";
    let asked = json!({ "label": "ci", "scopes": ["team/app"], "expirationDate": end });
    let headers = [("user-agent", "builder/1.0")];
    let answer = accounts.send("alice", "POST", KEYS, &headers, &asked.to_string()).await;
    let mut made = answer.json();
    let shown = made.as_object_mut().unwrap().shift_remove("apiKey").unwrap();
    let digits = shown.as_str().unwrap().strip_prefix("zak_").unwrap();
    assert!(
        digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()),
        "{shown}"
    );
    let created: Timestamp = made["createdAt"].as_str().unwrap().parse().unwrap();
    assert!(created.duration_until(Timestamp::now()) < jiff::SignedDuration::from_mins(1));
    let expected = json!({
        "createdAt": created.to_string(),
        "expirationDate": "2100-01-31T12:00:00Z",
        "isExpired": false,
        "creatorUa": "builder/1.0",
        "generatedBy": "manual",
        "lastUsed": "0001-01-01T00:00:00Z",
        "label": "ci",
        "scopes": ["team/app"],
        "uuid": made["uuid"],
    });
    assert_eq!(made, expected);
    assert_eq!(
        accounts.get("alice", KEYS).await.json(),
        json!({ "apiKeys": [expected] })
    );
    for other in ["bob", "root"] {
        assert_eq!(
            accounts.get(other, KEYS).await.json(),
            json!({ "apiKeys": [] }),
            "{other}"
        );
    }
    let without = make(&accounts, "bob", &json!({ "scopes": null, "expirationDate": "" })).await;
    assert_eq!(without["expirationDate"], "0001-01-01T00:00:00Z");
    assert_eq!((&without["label"], &without["scopes"]), (&json!(""), &json!([])));
}

#[tokio::test]
async fn a_key_does_what_its_owner_may_until_it_is_taken_back() {
    let accounts = Accounts::new("apikey: true", RULES);
    let key = make(&accounts, "alice", &json!({})).await;
    let other = make(&accounts, "bob", &json!({})).await;
    let status = async |user: &str, key: &Value| {
        let path = "/v2/team/app/tags/list";
        ask(&accounts.fixture, user, key, "GET", path, "").await.status.as_u16()
    };
    assert_eq!(status("alice", &key).await, 404);
    assert_eq!(status("bob", &other).await, 403);
    // It is good with its owner's name alone, and as it is.
    assert_eq!(status("bob", &key).await, 401);
    assert_eq!(status("", &key).await, 401);
    let changed = json!({ "apiKey": secret(&key).replace(['0', '1'], "2").replace('a', "b") + "0" });
    assert_eq!(status("alice", &changed).await, 401);
    let listed = accounts.get("alice", KEYS).await.json();
    assert_ne!(listed["apiKeys"][0]["lastUsed"], "0001-01-01T00:00:00Z");

    let delete = async |user: &str, query: &str| {
        let path = format!("{KEYS}{query}");
        accounts.send(user, "DELETE", &path, &[], "").await.status.as_u16()
    };
    let query = format!("?id={}", id(&key));
    for (user, query, expected) in [
        ("alice", "", 400),
        ("alice", "?id=", 404),
        ("alice", "?id=x", 404),
        ("alice", "?id=../alice", 404),
        ("alice", &format!("{query}&id=x"), 400),
        ("alice", "?id=0a9f0f74-8c4b-4d5c-a1ff-2b9bb3a4ae1c", 404),
        ("bob", &query, 404),
        ("root", &query, 404),
        ("alice", &query, 200),
        ("alice", &query, 404),
    ] {
        assert_eq!(delete(user, query).await, expected, "{user} {query}");
    }
    assert_eq!(status("alice", &key).await, 401);
    assert_eq!(status("bob", &other).await, 403);
}

#[tokio::test]
async fn a_key_is_for_the_repositories_that_it_names_and_gives_no_right_that_its_owner_lacks() {
    let accounts = Accounts::new("apikey: true", RULES);
    let scoped = async |user: &str, scopes: &[&str]| make(&accounts, user, &json!({ "scopes": scopes })).await;
    let app = scoped("alice", &["team/app", "other/**"]).await;
    let creator = scoped("carol", &["team/**"]).await;
    let root = scoped("root", &["open/**"]).await;
    let scraper = scoped("scraper", &["**"]).await;
    for (user, key, method, path, status) in [
        ("alice", &app, "GET", "/v2/", 200),
        ("alice", &app, "GET", "/v2/team/app/tags/list", 404),
        ("alice", &app, "POST", "/v2/team/app/blobs/uploads/", 202),
        ("alice", &app, "GET", "/v2/team/other/tags/list", 403),
        ("alice", &app, "POST", "/v2/team/other/blobs/uploads/", 403),
        // The key names it, and its owner may not.
        ("alice", &app, "GET", "/v2/other/one/tags/list", 403),
        ("carol", &creator, "POST", "/v2/team/x/blobs/uploads/", 202),
        ("carol", &creator, "DELETE", "/v2/team/x/manifests/v1", 403),
        ("root", &root, "GET", "/v2/open/x/tags/list", 404),
        ("root", &root, "GET", "/v2/team/app/tags/list", 403),
        // The metrics are of all repositories.
        ("scraper", &scraper, "GET", "/metrics", 403),
    ] {
        let answer = ask(&accounts.fixture, user, key, method, path, "").await;
        assert_eq!(answer.status, status, "{user} {method} {path}");
    }
    let whole = make(&accounts, "scraper", &json!({})).await;
    assert_eq!(
        ask(&accounts.fixture, "scraper", &whole, "GET", "/metrics", "")
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn lists_and_mounts_keep_within_the_scopes_of_a_key() {
    let accounts = Accounts::new("apikey: true", RULES);
    let digest = plimsoll_registry_core::oci::Algorithm::Sha256.digest(b"{}");
    let manifest = crate::support::image("x", None).to_string();
    for repository in ["team/app", "team/other", "open/x"] {
        let path = format!("/v2/{repository}/blobs/uploads/?digest={digest}");
        assert_eq!(accounts.send("root", "POST", &path, &[], "{}").await.status, 201);
        let path = format!("/v2/{repository}/manifests/1");
        let headers = [("content-type", plimsoll_registry_core::oci::media_type::IMAGE)];
        let pushed = accounts.send("root", "PUT", &path, &headers, &manifest).await;
        assert_eq!(pushed.status, 201, "{pushed:?}");
    }
    let scopes = json!({ "scopes": ["team/app", "team/new", "team/also"] });
    let key = make(&accounts, "root", &scopes).await;
    let ask = async |method: &str, path: &str| ask(&accounts.fixture, "root", &key, method, path, "").await;
    assert_eq!(
        ask("GET", "/v2/_catalog").await.json()["repositories"],
        json!(["team/app"])
    );
    let mount = async |query: String| {
        let path = format!("/v2/team/new/blobs/uploads/?mount={digest}{query}");
        ask("POST", &path).await.status.as_u16()
    };
    // An administrator may take a blob from wherever it is, and this key may not.
    assert_eq!(mount("&from=team/other".to_owned()).await, 202);
    assert_eq!(mount(String::new()).await, 202);
    assert_eq!(mount("&from=team/app".to_owned()).await, 201);
}

#[tokio::test]
async fn a_key_is_no_way_to_another_and_neither_is_a_token() {
    let accounts = Accounts::new("apikey: true, token: {}", RULES);
    let key = make(&accounts, "alice", &json!({})).await;
    let own = format!("{KEYS}?id={}", id(&key));
    let token = accounts.get("alice", "/zot/auth/token").await.json();
    let token = format!("Bearer {}", token["token"].as_str().unwrap());
    for (method, path) in [("GET", KEYS), ("POST", KEYS), ("DELETE", &own)] {
        let answer = ask(&accounts.fixture, "alice", &key, method, path, "{}").await;
        assert_eq!(answer.refusal(), (403, "DENIED".to_owned()), "{method}");
        let answer = accounts
            .fixture
            .request(method, path, &[("authorization", &token)], "{}")
            .await;
        assert_eq!(answer.refusal(), (401, "UNAUTHORIZED".to_owned()), "{method}");
        // Another token would not do either, and so none is asked for.
        assert_eq!(
            answer.header("www-authenticate"),
            Some("Basic realm=\"Authorization Required\"")
        );
    }
    assert_eq!(
        accounts.get("alice", KEYS).await.json()["apiKeys"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn a_token_that_is_issued_to_a_key_is_no_more_than_the_key_and_ends_with_it() {
    let accounts = Accounts::new("apikey: true, token: {}", RULES);
    let key = make(&accounts, "alice", &json!({ "scopes": ["team/app"] })).await;
    let issue = async |scope: &str| {
        let path = format!("/zot/auth/token?scope={scope}");
        let issued = ask(&accounts.fixture, "alice", &key, "GET", &path, "").await.json();
        format!("Bearer {}", issued["token"].as_str().unwrap())
    };
    let get = async |token: &str, path: &str| {
        let headers = [("authorization", token)];
        accounts
            .fixture
            .request("GET", path, &headers, "")
            .await
            .status
            .as_u16()
    };
    let within = issue("repository:team/app:pull").await;
    let beyond = issue("repository:team/other:pull").await;
    assert_eq!(get(&within, "/v2/team/app/tags/list").await, 404);
    assert_eq!(get(&beyond, "/v2/team/other/tags/list").await, 401);
    let catalog = issue("registry:catalog:*").await;
    assert_eq!(get(&catalog, "/v2/_catalog").await, 200);
    // As OAuth 2 has it.
    let form = format!("grant_type=password&username=alice&password={}", secret(&key));
    assert_eq!(
        accounts.send("", "POST", "/zot/auth/token", &[], &form).await.status,
        200
    );
    let deleted = accounts
        .send("alice", "DELETE", &format!("{KEYS}?id={}", id(&key)), &[], "")
        .await;
    assert_eq!(deleted.status, 200);
    for token in [within, catalog] {
        assert_eq!(get(&token, "/v2/").await, 401);
    }
}

#[tokio::test]
async fn what_is_asked_for_is_understood_or_refused() {
    let accounts = Accounts::new("apikey: true", RULES);
    let long = format!("{{\"label\":\"{}\"}}", "x".repeat(8 << 10));
    for (body, status) in [
        ("", 400),
        ("{", 400),
        ("[]", 400),
        ("{\"label\":1}", 400),
        ("{\"scopes\":\"team\"}", 400),
        ("{\"scopes\":[\"\"]}", 400),
        ("{\"scopes\":[\"a[\"]}", 400),
        // Whoever misspells the end of a key does not mean one without an end.
        ("{\"expirationdate\":\"2100-01-01T00:00:00Z\"}", 400),
        ("{\"expirationDate\":\"2001-01-01T00:00:00Z\"}", 400),
        ("{\"expirationDate\":\"tomorrow\"}", 400),
        ("{\"expirationDate\":\"2100-01-01\"}", 400),
        ("{\"label\":\"\\u0000\\ud800\"}", 400),
        (&long, 413),
    ] {
        let answer = accounts.send("alice", "POST", KEYS, &[], body).await;
        assert_eq!(answer.refusal(), (status, "UNSUPPORTED".to_owned()), "{body:.60}");
    }
    assert_eq!(accounts.get("alice", KEYS).await.json(), json!({ "apiKeys": [] }));
}

#[tokio::test]
async fn keys_survive_a_restart_and_end_with_the_switch() {
    let accounts = Accounts::new("apikey: true", RULES);
    let key = make(&accounts, "alice", &json!({ "scopes": ["team/app"] })).await;
    let fixture = accounts.fixture.reopened(|_| {});
    let path = "/v2/team/app/tags/list";
    assert_eq!(ask(&fixture, "alice", &key, "GET", path, "").await.status, 404);
    let path = "/v2/team/other/tags/list";
    assert_eq!(ask(&fixture, "alice", &key, "GET", path, "").await.status, 403);
    let fixture = fixture.reopened(|config| config.http.auth.api_keys = false);
    assert_eq!(ask(&fixture, "alice", &key, "GET", path, "").await.status, 401);
    for (credentials, method) in [
        ("", "GET"),
        ("", "OPTIONS"),
        (&*basic("alice", "alice-password"), "POST"),
        (&*basic("root", "root-password"), "DELETE"),
    ] {
        let answer = fixture
            .request(method, KEYS, &[("authorization", credentials)], "{}")
            .await;
        assert_eq!(answer.status, 404, "{method}");
    }
}

#[tokio::test]
async fn a_key_ends_when_it_expires_and_when_its_owner_is_taken_out() {
    let accounts = Accounts::new("apikey: true", RULES);
    let end = (Timestamp::now() + Duration::from_secs(2)).to_string();
    let short = make(&accounts, "alice", &json!({ "expirationDate": end })).await;
    let long = make(&accounts, "alice", &json!({ "expirationDate": "2100-01-01T00:00:00Z" })).await;
    let status = async |key: &Value| {
        let answer = ask(&accounts.fixture, "alice", key, "GET", "/v2/", "").await;
        answer.status.as_u16()
    };
    let out = async |key: &Value| {
        let out = async {
            while status(key).await != 401 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), out).await.expect("out");
    };
    assert_eq!(status(&short).await, 200);
    out(&short).await;
    assert!(Timestamp::now().to_string() >= end, "not before its time");
    assert_eq!(status(&long).await, 200);
    let listed = accounts.get("alice", KEYS).await.json();
    assert_eq!(listed["apiKeys"][0]["isExpired"], true);
    assert_eq!(listed["apiKeys"][1]["isExpired"], false);
    // An expired key is refused as a wrong password is.
    let expired = ask(&accounts.fixture, "alice", &short, "GET", "/v2/", "").await;
    let wrong = accounts
        .fixture
        .request("GET", "/v2/", &[("authorization", &basic("alice", "x"))], "")
        .await;
    assert_eq!((expired.body, expired.headers), (wrong.body, wrong.headers));
    fs::write(accounts.folder.path().join("htpasswd"), "# nobody\n").unwrap();
    out(&long).await;
}

#[tokio::test]
async fn who_is_known_by_a_certificate_has_keys_that_work_without_it() {
    let accounts = Accounts::new("", RULES);
    let mut htpasswd = None;
    let fixture = accounts.fixture.reopened(|config| {
        let file = std::path::PathBuf::from("unused.pem");
        htpasswd = config.http.auth.htpasswd.take();
        config.http.auth.api_keys = true;
        config.http.tls = Some(plimsoll_registry_core::config::Tls {
            cert: file.clone(),
            key: file.clone(),
            cacert: Some(file),
        });
    });
    let certified = Peer {
        secure: true,
        name: Some("alice".to_owned()),
        ..Peer::default()
    };
    let request = Request::post(KEYS).body(Body::from("{}")).unwrap();
    let answer = fixture.answer(request, &certified).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    let key = answer.json();
    let path = "/v2/team/app/tags/list";
    assert_eq!(ask(&fixture, "alice", &key, "GET", path, "").await.status, 404);
    assert_eq!(ask(&fixture, "bob", &key, "GET", path, "").await.status, 401);
    // Without the authorities nobody could prove to be its owner: the alice of a password file is another one.
    let fixture = fixture.reopened(|config| {
        config.http.tls = None;
        config.http.auth.htpasswd = htpasswd;
    });
    assert_eq!(ask(&fixture, "alice", &key, "GET", path, "").await.status, 401);
}

#[tokio::test]
async fn pages_of_one_origin_may_manage_keys() {
    let accounts = Accounts::new("apikey: true", RULES);
    for (user, method) in [("", "OPTIONS"), ("alice", "GET")] {
        let answer = accounts.send(user, method, KEYS, &[], "").await;
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "{method}");
        let methods = answer.header("access-control-allow-methods");
        assert_eq!(methods, Some("GET,POST,DELETE,OPTIONS"), "{method}");
    }
    // Content is for programs, which do not ask.
    let answer = accounts.get("alice", "/v2/").await;
    assert_eq!(answer.header("access-control-allow-origin"), None);
}
