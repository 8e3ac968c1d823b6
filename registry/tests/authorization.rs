//! The authorisation matrix of what extensions add: every route that they declare, with every method that it has, for every kind
//! of caller, under rules of every kind. That of the registry's own routes is beside the core.

#![expect(
    clippy::unwrap_used,
    reason = "the lint lets tests be, but not the functions that they share"
)]

use std::{fmt::Write as _, fs, path::Path, sync::Arc};

use axum::body::Body;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use http::{Request, header};
use plimsoll_registry::BINARY;
use plimsoll_registry_core::{
    config::Config,
    hooks::{DeclaredRoute, Hooks},
    http::Api,
    service::Registry,
};
use tempfile::TempDir;

/// What somebody anonymous is answered, a wrong password, a user without the right, one with it, and an administrator. `alice` is
/// the one with it, who may read `team/**` and, where anybody may, the metrics.
type Statuses = [u16; 5];

const CALLERS: [&str; 5] = ["", "alice:wrong", "bob:password", "alice:password", "root:password"];

const OPEN: &str = "open/**: { anonymousPolicy: [read] }, ";

/// What a registry asks of its callers.
struct Situation {
    name: &'static str,
    /// Whether there are passwords. Without them nobody has a name.
    login: bool,
    /// Among the rules, what is open to everyone.
    open: &'static str,
    /// Among the rules, what they say of metrics. Without this there are no rules at all.
    metrics: Option<&'static str>,
}

const fn ruled(name: &'static str, open: &'static str, metrics: Option<&'static str>) -> Situation {
    Situation {
        name,
        login: true,
        open,
        metrics,
    }
}

const SITUATIONS: [Situation; 7] = [
    Situation {
        name: "nobody can log in",
        login: false,
        open: "",
        metrics: None,
    },
    ruled("no rules", "", None),
    ruled("rules", "", Some("")),
    ruled("rules by which everyone may read something", OPEN, Some("")),
    ruled("rules with `metrics.users`", "", Some("users: [alice]")),
    ruled(
        "rules with `metrics.anonymousPolicy`",
        "",
        Some("anonymousPolicy: [read]"),
    ),
    ruled(
        "rules with `metrics.users` and `metrics.anonymousPolicy`",
        "",
        Some("users: [alice], anonymousPolicy: [read]"),
    ),
];

/// Routes for those who may read the metrics, in each situation. The administrator's policy does not say so.
const SCRAPED: [Statuses; 7] = [
    [200, 200, 200, 200, 200],
    [401, 401, 200, 200, 200],
    [401, 401, 403, 403, 403],
    [401, 401, 403, 403, 403],
    [401, 401, 403, 200, 403],
    [200, 401, 403, 403, 403],
    [200, 401, 403, 200, 403],
];

/// Routes for every caller whom the registry lets in. What each sees there is another matter.
const CALLED: [Statuses; 7] = [
    [200, 200, 200, 200, 200],
    [401, 401, 200, 200, 200],
    [401, 401, 200, 200, 200],
    [200, 401, 200, 200, 200],
    [401, 401, 200, 200, 200],
    [401, 401, 200, 200, 200],
    [401, 401, 200, 200, 200],
];

/// Each route, with a method that it has, and what is answered.
const ROWS: &[(&str, &str, &[Statuses; 7])] = &[
    ("/metrics", "GET", &SCRAPED),
    ("/metrics", "HEAD", &SCRAPED),
    ("/v2/_zot/ext/search", "GET", &CALLED),
    ("/v2/_zot/ext/search", "HEAD", &CALLED),
    ("/v2/_zot/ext/search", "POST", &CALLED),
    ("/v2/_zot/ext/search/graphiql", "GET", &CALLED),
    ("/v2/_zot/ext/search/graphiql", "HEAD", &CALLED),
];

const HEAD: &str = "\
<!-- Generated from registry/tests/authorization.rs by `make docs`. -->

# The authorisation matrix of extensions

What each route that an extension adds answers to each kind of caller, as a test has seen it. The user with the right is one whom the
rules let read a repository and, where they say so of anybody, the metrics.
";

/// A registry with every extension that has something to serve.
struct Accounts {
    api: Arc<Api>,
    declared: Vec<DeclaredRoute>,
    _folder: TempDir,
}

impl Accounts {
    fn new(situation: &Situation) -> Self {
        let Situation {
            login, open, metrics, ..
        } = situation;
        let folder = TempDir::new().unwrap();
        let users = folder.path().join("htpasswd");
        let line = |user: &&str| format!("{user}:{HASH}\n");
        fs::write(&users, ["alice", "bob", "root"].iter().map(line).collect::<String>()).unwrap();
        let sections = BINARY.extensions.iter().map(|extension| match extension.name {
            "search" => "search: { graphiql: true }".to_owned(),
            name => format!("{name}: {{}}"),
        });
        let rules = metrics.map(|metrics| {
            format!(
                "\n  accessControl: {{ repositories: {{ {open} team/**: {{ policies: [{{ users: [alice], actions: [read] }}] }} }}, \
                 adminPolicy: {{ users: [root], actions: [read, create, update, delete] }}, metrics: {{ {metrics} }} }}"
            )
        });
        let htpasswd = login.then(|| format!("htpasswd: {{ path: {:?} }}", users.display().to_string()));
        let text = format!(
            "storage: {{ rootDirectory: {:?}, commit: false }}\nhttp:\n  auth: {{ {} }}{}\nextensions: {{ {} }}\n",
            folder.path().join("root").display().to_string(),
            htpasswd.unwrap_or_default(),
            rules.unwrap_or_default(),
            sections.collect::<Vec<_>>().join(", "),
        );
        let config = Config::parse("test.yaml", text)
            .unwrap_or_else(|error| panic!("{error}"))
            .config;
        let mut hooks: Hooks = BINARY.hooks(&config);
        let declared = hooks.declared_routes().cloned().collect();
        let registry = Arc::new(Registry::open(&config, &mut hooks).unwrap());
        let api = Arc::new(Api::new(&config, registry, &mut hooks).unwrap());
        Self {
            api,
            declared,
            _folder: folder,
        }
    }

    /// The status of the answer to something that can be answered, and whether the caller is asked who it is.
    async fn ask(&self, caller: &str, path: &str, method: &str) -> u16 {
        let (target, body) = match method {
            "GET" | "HEAD" => (format!("{path}?query=%7B__typename%7D"), ""),
            _ => (path.to_owned(), r#"{"query":"{__typename}"}"#),
        };
        let mut request = Request::builder()
            .method(method)
            .uri(target)
            .header(header::HOST, "registry.example")
            .header(header::CONTENT_TYPE, "application/json");
        if !caller.is_empty() {
            let credentials = format!("Basic {}", BASE64_STANDARD.encode(caller));
            request = request.header(header::AUTHORIZATION, credentials);
        }
        let answer = Arc::clone(&self.api)
            .respond(request.body(Body::from(body)).unwrap())
            .await;
        let is_asked = answer.headers().contains_key(header::WWW_AUTHENTICATE);
        assert_eq!(is_asked, answer.status() == 401, "{method} {path}: {answer:?}");
        answer.status().as_u16()
    }
}

/// Of `password`, as cheaply as bcrypt does it.
const HASH: &str = "$2y$04$abcdefghijklmnopqrstuughE8Ev8uGFaUgY2cNEySvxngrb/Jzdm";

#[tokio::test(flavor = "multi_thread")]
async fn every_route_that_an_extension_declares_has_its_row_and_answers_as_it_says() {
    let mut page = String::from(HEAD);
    for (situation, asked) in SITUATIONS.iter().enumerate() {
        let (name, accounts) = (asked.name, Accounts::new(asked));
        write!(page, "\n## {}\n\n{TABLE}", upper(name)).unwrap();
        for route in &accounts.declared {
            let path = &route.path;
            for method in &route.methods {
                let row = ROWS.iter().find(|row| row.0 == path && row.1 == method.as_str());
                let (_, _, expected) = row.unwrap_or_else(|| panic!("{method} {path} has no row in the matrix"));
                let mut statuses = [0; 5];
                for (status, caller) in statuses.iter_mut().zip(CALLERS) {
                    *status = accounts.ask(caller, path, method.as_str()).await;
                }
                assert_eq!(statuses, expected[situation], "{method} {path}: {name}");
                let cells = statuses.map(|status| status.to_string()).join(" | ");
                writeln!(page, "| `{path}` | {method} | {cells} |").unwrap();
            }
            // A method that was not declared is nothing to get by with.
            for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "BREW"] {
                if !route.methods.iter().any(|own| own == method) {
                    let denied = accounts.ask(CALLERS[1], path, method).await;
                    assert_eq!(denied, if asked.login { 401 } else { 405 }, "{method} {path}");
                    let allowed = accounts.ask(CALLERS[3], path, method).await;
                    assert!(matches!(allowed, 403 | 405), "{method} {path}: {allowed}");
                }
            }
            assert_eq!(accounts.ask("", path, "OPTIONS").await, 204, "{path}");
        }
    }
    let is_whole = BINARY.extensions.iter().all(|extension| extension.included);
    if is_whole {
        hold("authorization-extensions.md", &page);
    }
}

const TABLE: &str = "\
| Route | Method | anonymous | wrong password | user without the right | user with it | administrator |
|---|---|---|---|---|---|---|
";

fn upper(text: &str) -> String {
    let (first, rest) = text.split_at(1);
    first.to_uppercase() + rest
}

/// Holds a page of the documentation to what it should be, or makes it so.
fn hold(page: &str, text: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(page);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&file, text).unwrap();
    }
    let committed = fs::read_to_string(&file).unwrap_or_default();
    assert!(committed == text, "docs/{page} is out of date: run `make docs`");
}
