//! A registry with accounts: who there is, and what they may do.

use axum::{Router, routing::get};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use plimsoll_registry_core::{
    config::Config,
    hooks::{DeclaredRoute, Hooks},
};
use tempfile::TempDir;

use crate::support::{Answer, Fixture};

/// Whose password is their name with `-password` after it.
pub(crate) const USERS: [&str; 5] = ["alice", "bob", "carol", "root", "scraper"];

/// `alice` has every right to `team/**`, `bob` none, `carol` may read and create there, and `root` everything everywhere.
pub(crate) const RULES: &str = r#"{
    repositories: {
        "team/**": {
            policies: [
                { users: [alice], actions: [read, create, update, delete] },
                { groups: [creators], actions: [read, create] },
            ],
        },
        "open/**": { anonymousPolicy: [read], defaultPolicy: [read] },
    },
    groups: { creators: { users: [carol] } },
    adminPolicy: { users: [root], actions: [read, create, update, delete] },
    metrics: { users: [scraper] },
}"#;

/// A registry with [`USERS`], and files that go with it.
pub(crate) struct Accounts {
    pub(crate) fixture: Fixture,
    pub(crate) folder: TempDir,
}

impl Accounts {
    /// With `auth` beside the accounts, and `access_control`, both in YAML; `null` leaves out.
    pub(crate) fn new(auth: &str, access_control: &str) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let path = folder.path().join("htpasswd");
        let line = |user: &&str| {
            format!(
                "{user}:{}\n",
                bcrypt::hash(format!("{user}-password"), 4).expect("a hash")
            )
        };
        std::fs::write(&path, USERS.iter().map(line).collect::<String>()).expect("written");
        let mut text = format!(
            "storage: {{ rootDirectory: /r }}\nhttp:\n  auth: {{ htpasswd: {{ path: {:?} }}, {auth} }}\n",
            path.display().to_string()
        );
        if access_control == "null" {
            text.push('\n');
        } else {
            // YAML minds how what goes over several lines is indented.
            text.push_str("  accessControl: ");
            text.push_str(&access_control.replace('\n', " "));
        }
        let http = Config::parse("test.yaml", text)
            .unwrap_or_else(|error| panic!("{error}"))
            .config
            .http;
        let mut hooks = Hooks::default();
        hooks.routes([DeclaredRoute::reads("/v2/_zot/ext/example")], |_| {
            Router::new().route("/v2/_zot/ext/example", get(async || "example"))
        });
        hooks.metrics_routes([DeclaredRoute::reads("/metrics")], |_| {
            Router::new().route("/metrics", get(async || "metrics"))
        });
        let configure = |config: &mut Config| {
            config.http = http;
            config.storage.commit = false;
        };
        Self {
            fixture: Fixture::with(configure, hooks),
            folder,
        }
    }

    /// The same without any way to say who one is.
    pub(crate) fn without(access_control: &str) -> Self {
        let mut accounts = Self::new("", access_control);
        accounts.fixture = accounts.fixture.reopened(|config| config.http.auth.htpasswd = None);
        accounts
    }

    /// Sends a request as `user`, who is anonymous without a name.
    pub(crate) async fn send(
        &self,
        user: &str,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let credentials = basic(user, &format!("{user}-password"));
        let mut headers = headers.to_vec();
        if !user.is_empty() {
            headers.push(("authorization", &credentials));
        }
        self.fixture.request(method, path, &headers, body.to_owned()).await
    }

    /// A GET.
    pub(crate) async fn get(&self, user: &str, path: &str) -> Answer {
        self.send(user, "GET", path, &[], "").await
    }
}

/// The header of a user with a password.
pub(crate) fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{password}")))
}
