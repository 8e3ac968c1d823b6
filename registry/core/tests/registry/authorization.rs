//! The authorisation matrix: every route, with every method that it has, for every kind of caller.

use std::{fmt::Write as _, fs, path::Path};

use plimsoll_registry_core::{
    config::Config,
    http::Api,
    oci::{Algorithm, media_type},
};

use crate::{
    accounts::{Accounts, RULES, USERS, basic},
    support::image,
};

const DENIED: u16 = 403;
const WHO: u16 = 401;

/// What a route with a method answers to somebody anonymous, to a wrong password, to a user without the right, to one with
/// it, and to an administrator.
const ROWS: &[(&str, &str, [u16; 5])] = &[
    // There is something for anonymous callers somewhere, and a list shows everyone what they may see.
    ("/v2/", "GET", [200, WHO, 200, 200, 200]),
    ("/v2/", "HEAD", [200, WHO, 200, 200, 200]),
    ("/v2/_catalog", "GET", [200, WHO, 200, 200, 200]),
    ("/v2/_catalog", "HEAD", [200, WHO, 200, 200, 200]),
    ("/v2/_oci/ext/discover", "GET", [200, WHO, 200, 200, 200]),
    ("/v2/_oci/ext/discover", "HEAD", [200, WHO, 200, 200, 200]),
    // Tokens are not issued here.
    ("/zot/auth/token", "GET", [404, WHO, 404, 404, 404]),
    ("/zot/auth/token", "POST", [404, WHO, 404, 404, 404]),
    // Whoever proves who they are has keys of their own, and sees and deletes no others.
    ("/zot/auth/apikey", "GET", [WHO, WHO, 200, 200, 200]),
    ("/zot/auth/apikey", "POST", [WHO, WHO, 201, 201, 201]),
    ("/zot/auth/apikey", "DELETE", [WHO, WHO, 200, 200, 200]),
    ("/v2/<name>/manifests/<reference>", "GET", [WHO, WHO, DENIED, 200, 200]),
    ("/v2/<name>/manifests/<reference>", "HEAD", [WHO, WHO, DENIED, 200, 200]),
    ("/v2/<name>/manifests/<reference>", "PUT", [WHO, WHO, DENIED, 201, 201]),
    (
        "/v2/<name>/manifests/<reference>",
        "DELETE",
        [WHO, WHO, DENIED, 202, 202],
    ),
    ("/v2/<name>/blobs/<digest>", "GET", [WHO, WHO, DENIED, 200, 200]),
    ("/v2/<name>/blobs/<digest>", "HEAD", [WHO, WHO, DENIED, 200, 200]),
    ("/v2/<name>/blobs/<digest>", "DELETE", [WHO, WHO, DENIED, 202, 202]),
    ("/v2/<name>/blobs/uploads/", "POST", [WHO, WHO, DENIED, 202, 202]),
    (
        "/v2/<name>/blobs/uploads/<session>",
        "GET",
        [WHO, WHO, DENIED, 204, 204],
    ),
    (
        "/v2/<name>/blobs/uploads/<session>",
        "HEAD",
        [WHO, WHO, DENIED, 204, 204],
    ),
    (
        "/v2/<name>/blobs/uploads/<session>",
        "PATCH",
        [WHO, WHO, DENIED, 202, 202],
    ),
    (
        "/v2/<name>/blobs/uploads/<session>",
        "PUT",
        [WHO, WHO, DENIED, 201, 201],
    ),
    (
        "/v2/<name>/blobs/uploads/<session>",
        "DELETE",
        [WHO, WHO, DENIED, 204, 204],
    ),
    ("/v2/<name>/tags/list", "GET", [WHO, WHO, DENIED, 200, 200]),
    ("/v2/<name>/tags/list", "HEAD", [WHO, WHO, DENIED, 200, 200]),
    ("/v2/<name>/referrers/<digest>", "GET", [WHO, WHO, DENIED, 200, 200]),
    ("/v2/<name>/referrers/<digest>", "HEAD", [WHO, WHO, DENIED, 200, 200]),
    ("/v2/<name>/_oci/ext/discover", "GET", [WHO, WHO, DENIED, 200, 200]),
    ("/v2/<name>/_oci/ext/discover", "HEAD", [WHO, WHO, DENIED, 200, 200]),
];

/// The callers of [`ROWS`], with whom each of them says to be.
const CALLERS: [&str; 5] = ["", "alice with another password", "bob", "alice", "root"];

const REPOSITORY: &str = "team/app";

/// The path of a route that has something behind it, made by an administrator.
async fn prepared(accounts: &Accounts, template: &str) -> String {
    let send = async |method: &str, path: String, headers: &[(&str, &str)], body: &str| {
        let answer = accounts.send("root", method, &path, headers, body).await;
        assert!(answer.status.is_success(), "{method} {path}: {answer:?}");
        answer
    };
    let config = Algorithm::Sha256.digest(b"{}");
    let uploads = format!("/v2/{REPOSITORY}/blobs/uploads/");
    send("POST", format!("{uploads}?digest={config}"), &[], "{}").await;
    let manifest = image("matrix", None).to_string();
    let manifest_path = format!("/v2/{REPOSITORY}/manifests/v1");
    send("PUT", manifest_path, &[("content-type", media_type::IMAGE)], &manifest).await;
    // No manifest names it, so that it can be deleted.
    let blob = Algorithm::Sha256.digest(b"content");
    send("POST", format!("{uploads}?digest={blob}"), &[], "content").await;
    let session = send("POST", uploads, &[], "").await;
    let session = session
        .header("location")
        .and_then(|at| at.rsplit('/').next())
        .expect("a session")
        .to_owned();
    template
        .replace("<name>", REPOSITORY)
        .replace("<reference>", "v1")
        .replace("<digest>", &blob.to_string())
        .replace("<session>", &session)
}

async fn ask(accounts: &Accounts, caller: &str, template: &str, method: &str) -> u16 {
    let mut path = prepared(accounts, template).await;
    if (template, method) == ("/zot/auth/apikey", "DELETE") {
        let owner = if USERS.contains(&caller) { caller } else { "root" };
        let made = accounts.send(owner, "POST", &path, &[], "{}").await.json();
        path = format!("{path}?id={}", made["uuid"].as_str().expect("an id"));
    }
    let manifest = image("matrix", None).to_string();
    let body = match (template, method) {
        ("/v2/<name>/manifests/<reference>", "PUT") => manifest.as_str(),
        ("/v2/<name>/blobs/uploads/<session>", "PUT") => {
            path = format!("{path}?digest={}", Algorithm::Sha256.digest(b"content"));
            "content"
        }
        ("/zot/auth/apikey", "POST") => "{}",
        (_, "PATCH") => "content",
        _ => "",
    };
    let headers = [("content-type", media_type::IMAGE)];
    let answer = match caller.split_once(' ') {
        Some((user, _)) => {
            let credentials = basic(user, "another password");
            let headers = [headers[0], ("authorization", credentials.as_str())];
            accounts.send("", method, &path, &headers, body).await
        }
        None => accounts.send(caller, method, &path, &headers, body).await,
    };
    let challenged = answer.headers.contains_key("www-authenticate");
    assert_eq!(challenged, answer.status == WHO, "{method} {path}: {answer:?}");
    answer.status.as_u16()
}

#[tokio::test]
async fn every_route_has_its_row_and_answers_as_it_says() {
    let accounts = Accounts::new("apikey: true", RULES);
    let mut page = String::from(HEAD);
    for (template, methods) in Api::routes() {
        for method in methods {
            let row = ROWS.iter().find(|row| (row.0, row.1) == (template, method.as_str()));
            let (_, _, expected) = row.unwrap_or_else(|| panic!("{method} {template} has no row in the matrix"));
            let mut statuses = [0; 5];
            for (status, caller) in statuses.iter_mut().zip(CALLERS) {
                *status = ask(&accounts, caller, template, method.as_str()).await;
            }
            assert_eq!(statuses, *expected, "{method} {template}");
            let cells = statuses.map(|status| status.to_string()).join(" | ");
            writeln!(page, "| `{template}` | {method} | {cells} |").unwrap();
        }
        // A method that the route does not have is nobody's secret, and nothing to get by with.
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "BREW"] {
            if !methods.iter().any(|own| own == method) && template != "/zot/auth/token" {
                assert_eq!(
                    ask(&accounts, CALLERS[1], template, method).await,
                    WHO,
                    "{method} {template}"
                );
                assert_eq!(
                    ask(&accounts, "root", template, method).await,
                    405,
                    "{method} {template}"
                );
            }
        }
        assert_eq!(
            ask(&accounts, "", template, "OPTIONS").await,
            if template == "/zot/auth/token" { 404 } else { 204 }
        );
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/authorization.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&file, &page).unwrap();
    }
    let committed = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        committed == page,
        "docs/authorization.md is out of date: run `make docs`"
    );
}

const HEAD: &str = "\
<!-- Generated from registry/core/tests/registry/authorization.rs by `make docs`. -->

# The authorisation matrix

What each route answers to each kind of caller, as a test has seen it. The repository is one that the rules give to some
users; beside it there are others that are open to everyone to read. Without any of those an anonymous caller gets 401
everywhere but at the token endpoint, which is off here. API keys are each caller's own. Routes of extensions are in [authorization-extensions.md](authorization-extensions.md).

| Route | Method | anonymous | wrong password | user without the right | user with it | administrator |
|---|---|---|---|---|---|---|
";

#[tokio::test]
async fn who_may_create_may_not_point_a_tag_at_something_else() {
    let accounts = Accounts::new("", RULES);
    prepared(&accounts, "").await;
    let put = async |user: &str, reference: &str, note: &str| {
        let path = format!("/v2/{REPOSITORY}/manifests/{reference}");
        let body = image(note, None).to_string();
        accounts
            .send(user, "PUT", &path, &[("content-type", media_type::IMAGE)], &body)
            .await
            .status
            .as_u16()
    };
    let digest = Algorithm::Sha256.digest(image("other", None).to_string().as_bytes());
    for tag in ["v1", "latest"] {
        assert_eq!(put("alice", tag, "first").await, 201, "{tag}");
        assert_eq!(put("carol", tag, "other").await, DENIED, "{tag}");
        assert_eq!(put("carol", tag, "first").await, 201, "{tag} as it is");
        assert_eq!(
            put("carol", &format!("{digest}?tag={tag}"), "other").await,
            DENIED,
            "{tag} beside a digest"
        );
        assert_eq!(put("carol", &format!("{tag}-new"), "other").await, 201, "{tag}");
        assert_eq!(put("alice", tag, "other").await, 201, "{tag}");
    }
    let path = format!("/v2/{REPOSITORY}/manifests/v1");
    assert_eq!(
        accounts.send("carol", "DELETE", &path, &[], "").await.refusal(),
        (DENIED, "DENIED".to_owned())
    );
}

#[tokio::test]
async fn of_two_who_may_only_create_one_gets_the_tag() {
    let accounts = Accounts::new("", RULES);
    prepared(&accounts, "").await;
    let put = async |tag: &str, note: &str| {
        let path = format!("/v2/{REPOSITORY}/manifests/{tag}");
        let body = image(note, None).to_string();
        let headers = [("content-type", media_type::IMAGE)];
        let answer = accounts.send("carol", "PUT", &path, &headers, &body).await;
        answer.status.as_u16()
    };
    for round in 0..20 {
        let tag = format!("new-{round}");
        let (one, other) = tokio::join!(put(&tag, "one"), put(&tag, "other"));
        assert_eq!([one.min(other), one.max(other)], [201, DENIED], "{tag}");
    }
}

#[tokio::test]
async fn nothing_is_mounted_from_where_the_caller_may_not_read() {
    let accounts = Accounts::new("", RULES);
    prepared(&accounts, "").await;
    let blob = Algorithm::Sha256.digest(b"content");
    let rules = r#"{ repositories: {
        "team/**": { policies: [{ users: [alice], actions: [read] }] },
        "mine/**": { defaultPolicy: [read, create] },
    }, adminPolicy: { users: [root], actions: [read, create] } }"#;
    let accounts = Accounts {
        fixture: accounts.fixture.reopened(|config| {
            let text = format!(
                "storage: {{ rootDirectory: /r }}\nhttp: {{ accessControl: {} }}\n",
                rules.replace('\n', " ")
            );
            config.http.access_control = Config::parse("test.yaml", text).unwrap().config.http.access_control;
        }),
        folder: accounts.folder,
    };
    let post = async |user: &str, from: &str| {
        let path = format!("/v2/mine/{user}/blobs/uploads/?mount={blob}{from}");
        accounts.send(user, "POST", &path, &[], "").await.status.as_u16()
    };
    for (user, from, status) in [
        ("bob", "&from=team/app", 202),
        ("bob", "", 202),
        ("alice", "", 202),
        ("alice", "&from=team/app", 201),
        ("root", "", 201),
    ] {
        assert_eq!(post(user, from).await, status, "{user} {from}");
    }
    let there = accounts.get("bob", &format!("/v2/mine/bob/blobs/{blob}")).await;
    assert_eq!(there.status, 404, "nothing came of it");
}

#[tokio::test]
async fn lists_show_what_the_caller_may_read() {
    let accounts = Accounts::new("", RULES);
    prepared(&accounts, "").await;
    let manifest = image("open", None).to_string();
    let config = Algorithm::Sha256.digest(b"{}");
    for repository in ["open/one", "other/two"] {
        let path = format!("/v2/{repository}/blobs/uploads/?digest={config}");
        accounts.send("root", "POST", &path, &[], "{}").await;
        let path = format!("/v2/{repository}/manifests/v1");
        let answer = accounts
            .send("root", "PUT", &path, &[("content-type", media_type::IMAGE)], &manifest)
            .await;
        assert_eq!(answer.status, 201);
    }
    for (user, repositories) in [
        ("", &["open/one"][..]),
        ("bob", &["open/one"]),
        ("alice", &["open/one", "team/app"]),
        ("root", &["open/one", "other/two", "team/app"]),
    ] {
        let all = accounts.get(user, "/v2/_catalog").await.json();
        assert_eq!(all["repositories"], serde_json::json!(repositories), "{user}");
        let page = accounts.get(user, "/v2/_catalog?n=1").await;
        assert_eq!(
            page.json()["repositories"],
            serde_json::json!(repositories[..1]),
            "{user}"
        );
    }
    // That a repository is not there is not told to who could not read it.
    assert_eq!(accounts.get("bob", "/v2/team/absent/tags/list").await.status, DENIED);
    assert_eq!(accounts.get("alice", "/v2/team/absent/tags/list").await.status, 404);
}

#[tokio::test]
async fn several_tags_are_not_deleted_at_once_by_who_shall_be_stopped() {
    let rules = r#"{ repositories: { "**": { policies: [
        { users: [alice], actions: [read, create, delete] },
        { users: [carol], actions: [read, create, delete, detectManifestCollision] },
    ] } } }"#;
    let accounts = Accounts::new("", rules);
    let config = Algorithm::Sha256.digest(b"{}");
    accounts
        .send(
            "alice",
            "POST",
            &format!("/v2/a/blobs/uploads/?digest={config}"),
            &[],
            "{}",
        )
        .await;
    let manifest = image("twice", None).to_string();
    let digest = Algorithm::Sha256.digest(manifest.as_bytes());
    for tag in ["one", "two"] {
        let headers = [("content-type", media_type::IMAGE)];
        accounts
            .send("alice", "PUT", &format!("/v2/a/manifests/{tag}"), &headers, &manifest)
            .await;
    }
    let delete = async |user: &str, reference: &str| {
        accounts
            .send(user, "DELETE", &format!("/v2/a/manifests/{reference}"), &[], "")
            .await
    };
    let answer = delete("carol", &digest.to_string()).await;
    assert_eq!(answer.refusal(), (409, "MANIFEST_INVALID".to_owned()));
    assert_eq!(delete("carol", "one").await.status, 202);
    assert_eq!(
        delete("carol", &digest.to_string()).await.status,
        202,
        "only one is left"
    );
}
