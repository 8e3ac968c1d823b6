//! Who finds what: the gate is asked about every repository.

use std::{fmt::Write as _, sync::Arc};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use plimsoll_registry_core::{config::Config, hooks::Hooks, http::Api, oci::Algorithm, service::Registry};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::fixture::{Answer, request};

const PATH: &str = "/v2/_zot/ext/search";

/// `root` may do everything, `alice` may read `team/**` and everyone may read `open/**`.
struct Accounts {
    api: Arc<Api>,
    _folder: TempDir,
}

impl Accounts {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let mut accounts = String::new();
        for user in ["root", "alice"] {
            writeln!(accounts, "{user}:{}", bcrypt::hash(user, 4).unwrap()).unwrap();
        }
        let htpasswd = folder.path().join("htpasswd");
        std::fs::write(&htpasswd, accounts).unwrap();
        let config = json!({
            "storage": { "rootDirectory": folder.path().join("root") },
            "http": {
                "allowOrigin": "https://ui.example",
                "auth": { "htpasswd": { "path": htpasswd } },
                "accessControl": {
                    "repositories": {
                        "team/**": { "policies": [{ "users": ["alice"], "actions": ["read"] }] },
                        "open/**": { "anonymousPolicy": ["read"], "defaultPolicy": ["read"] },
                    },
                    "adminPolicy": { "users": ["root"], "actions": ["read", "create", "update", "delete"] },
                },
            },
            "extensions": { "search": {} },
        });
        let config = Config::parse("config.json", config.to_string())
            .unwrap_or_else(|error| panic!("{error}"))
            .config;
        let mut hooks = Hooks::default();
        crate::enable(&config, &mut hooks);
        let registry = Arc::new(Registry::open(&config, &mut hooks).unwrap());
        let api = Arc::new(Api::new(&config, registry, &mut hooks).unwrap());
        Self { api, _folder: folder }
    }

    /// Sends a request as `user`, who is anonymous without a name.
    async fn send(&self, user: &str, method: &str, path: &str, content_type: &str, body: &str) -> Answer {
        let credentials = format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{user}")));
        let mut headers = vec![("content-type", content_type)];
        if !user.is_empty() {
            headers.push(("authorization", &credentials));
        }
        request(&self.api, method, path, &headers, body).await
    }

    async fn push(&self, repository: &str) {
        let empty = Algorithm::Sha256.digest(b"{}");
        let path = format!("/v2/{repository}/blobs/uploads/?digest={empty}");
        assert_eq!(self.send("root", "POST", &path, "", "{}").await.status, 201);
        let part = json!({ "mediaType": "application/vnd.oci.image.config.v1+json", "digest": empty, "size": 2 });
        let media_type = "application/vnd.oci.image.manifest.v1+json";
        let image = json!({ "schemaVersion": 2, "mediaType": media_type, "config": part, "layers": [part] });
        let path = format!("/v2/{repository}/manifests/1");
        let answer = self.send("root", "PUT", &path, media_type, &image.to_string()).await;
        assert_eq!(answer.status, 201, "{answer:?}");
    }

    async fn query(&self, user: &str, query: &str) -> Value {
        let body = json!({ "query": query }).to_string();
        let answer = self.send(user, "POST", PATH, "application/json", &body).await;
        assert_eq!(answer.status, 200, "{user} {query}: {answer:?}");
        answer.json()
    }
}

fn names(found: &Value) -> Vec<&str> {
    let found = found.as_array().unwrap_or_else(|| panic!("no list: {found}"));
    found
        .iter()
        .map(|found| {
            found
                .as_str()
                .or_else(|| found["RepoName"].as_str())
                .or_else(|| found["Name"].as_str())
                .unwrap()
        })
        .collect()
}

#[tokio::test]
async fn only_what_the_caller_may_read_is_found() {
    let accounts = Accounts::new();
    for repository in ["team/app", "open/app", "secret/app"] {
        accounts.push(repository).await;
    }
    let query = "{ GlobalSearch(query:\"app\") { Repos { Name } Page { TotalCount } }
        RepoListWithNewestImage { Results { Name } }
        ImageList(repo:\"\") { Results { RepoName PushedBy IsDeletable } }
        ImageListForDigest(id:\"sha256:\") { Results { RepoName } } }";
    for (user, expected) in [
        ("root", &["open/app", "secret/app", "team/app"][..]),
        ("alice", &["open/app", "team/app"]),
        ("", &["open/app"]),
    ] {
        let data = &accounts.query(user, query).await["data"];
        assert_eq!(names(&data["GlobalSearch"]["Repos"]), expected, "{user}");
        assert_eq!(data["GlobalSearch"]["Page"]["TotalCount"], expected.len());
        for field in ["RepoListWithNewestImage", "ImageList", "ImageListForDigest"] {
            assert_eq!(names(&data[field]["Results"]), expected, "{user} {field}");
        }
        for image in data["ImageList"]["Results"].as_array().unwrap() {
            assert_eq!(image["PushedBy"], "root");
            assert_eq!(image["IsDeletable"], user == "root");
        }
    }
}

#[tokio::test]
async fn what_is_hidden_looks_the_same_whether_it_is_there_or_not() {
    let accounts = Accounts::new();
    for repository in ["team/app", "secret/app"] {
        accounts.push(repository).await;
    }
    let digest = Algorithm::Sha256.digest(b"");
    let of = |repository: &str| {
        format!(
            "{{ Image(image:\"{repository}:1\") {{ RepoName Digest Manifests {{ Digest }} }}
            ExpandedRepoInfo(repo:\"{repository}\") {{ Images {{ Tag }} Summary {{ Name }} }}
            Referrers(repo:\"{repository}\", digest:\"{digest}\", type:[]) {{ Digest }}
            DerivedImageList(image:\"{repository}:1\") {{ Results {{ Tag }} }}
            ImageList(repo:\"{repository}\") {{ Results {{ Tag }} }} }}"
        )
    };
    let hidden = accounts.query("alice", &of("secret/app")).await;
    assert_eq!(hidden, accounts.query("alice", &of("secret/none")).await);
    let expected = json!({
        "Image": { "RepoName": null, "Digest": null, "Manifests": null },
        "ExpandedRepoInfo": { "Images": null, "Summary": null },
        "Referrers": [],
        "DerivedImageList": { "Results": [] },
        "ImageList": { "Results": [] },
    });
    assert_eq!(hidden["data"], expected);
    assert_eq!(hidden["errors"], Value::Null);
    let shown = accounts.query("alice", &of("team/app")).await;
    assert_eq!(shown["data"]["Image"]["RepoName"], "team/app");
    assert!(accounts.query("alice", &of("team/none")).await["errors"].is_array());
}

#[tokio::test]
async fn the_endpoint_is_for_those_who_may_be_here_and_browsers_are_told_so() {
    let accounts = Accounts::new();
    let wrong = [("authorization", "Basic eDp5"), ("content-type", "application/json")];
    let answer = request(&accounts.api, "POST", PATH, &wrong, "{\"query\":\"{__typename}\"}").await;
    assert_eq!(answer.status, 401, "{answer:?}");
    let answer = request(&accounts.api, "OPTIONS", PATH, &wrong, "").await;
    assert_eq!(answer.status, 204, "{answer:?}");
    for (name, value) in [
        ("access-control-allow-origin", "https://ui.example"),
        ("access-control-allow-methods", "GET,HEAD,POST,OPTIONS"),
        (
            "access-control-allow-headers",
            "Authorization,content-type,X-ZOT-API-CLIENT",
        ),
        ("access-control-allow-credentials", "true"),
    ] {
        assert_eq!(answer.headers[name], value);
    }
    let discovered = accounts
        .send("root", "GET", "/v2/_oci/ext/discover", "", "")
        .await
        .json();
    assert_eq!(discovered["extensions"][0]["endpoints"], json!([PATH]));
    let page = accounts
        .send("root", "GET", "/v2/_zot/ext/search/graphiql", "", "")
        .await;
    assert_eq!(page.status, 404, "it is off unless configured");
}
