//! API keys: what clients log in with instead of a password.

use std::path::Path;

use libtest_mimic::{Failed, Trial};
use plimsoll_blackbox::{
    image,
    registry::{Registry, htpasswd, owned_by},
    tool::{CRANE, ORAS, SKOPEO, trial},
};
use serde_json::{Value, json};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial(
            "api_keys::skopeo_crane_and_oras_use_one_until_it_is_taken_back",
            &[SKOPEO, CRANE, ORAS, image::TOOLS[0], image::TOOLS[1]],
            || clients_use_a_key(&json!({})),
        ),
        trial(
            "api_keys::skopeo_crane_and_oras_get_tokens_for_one_until_it_is_taken_back",
            &[SKOPEO, CRANE, ORAS, image::TOOLS[0], image::TOOLS[1]],
            || clients_use_a_key(&json!({ "token": {} })),
        ),
    ]
}

const KEYS: &str = "/zot/auth/apikey";

/// A key of alice's for `team/app` pushes and pulls there, does neither elsewhere, where she may, and is nothing once it is gone.
fn clients_use_a_key(auth: &Value) -> Result<(), Failed> {
    let registry = registry(auth)?;
    let asked = json!({ "label": "ci", "scopes": ["team/app"] });
    let key = manage(&registry, reqwest::Method::POST, KEYS, &asked.to_string())?;
    let key: Value = serde_json::from_str(&key)?;
    let secret = key["apiKey"].as_str().ok_or("no key")?;
    let folder = tempfile::tempdir()?;
    let layout = folder.path().join("in");
    image::busybox(&layout, "1")?;
    let commands = Commands::new(&registry, folder.path(), secret);
    let app = registry.image("team/app:1");
    let elsewhere = registry.image("team/other:1");

    commands.crane_logs_in()?;
    let layout_path = layout.display().to_string();
    CRANE.run_in(&commands.as_alice(), &["push", "--insecure", &layout_path, &app])?;
    CRANE.run_in(&commands.as_alice(), &["validate", "--insecure", "--remote", &app])?;
    CRANE.refuses_in(&commands.as_alice(), &["push", "--insecure", &layout_path, &elsewhere])?;

    let (back, credentials) = (folder.path().join("out"), format!("alice:{secret}"));
    let pulled = format!("oci:{}:1", back.display());
    let pull = [
        "copy",
        "--src-tls-verify=false",
        "--src-creds",
        &credentials,
        &format!("docker://{app}"),
        &pulled,
    ];
    SKOPEO.run(&pull)?;
    assert_eq!(image::digest(&layout, "1")?, image::digest(&back, "1")?);
    // It is a key of alice's, and opens nothing for who says to be somebody else.
    let of_bob = pull.map(|word| {
        if word == credentials {
            "bob:".to_owned() + secret
        } else {
            word.to_owned()
        }
    });
    SKOPEO.refuses(&of_bob.each_ref().map(String::as_str))?;

    ORAS.run(&commands.oras(&["repo", "tags"], &registry.image("team/app")))?;
    ORAS.refuses(&commands.oras(&["manifest", "fetch"], &elsewhere))?;

    let id = key["uuid"].as_str().ok_or("no id")?;
    manage(&registry, reqwest::Method::DELETE, &format!("{KEYS}?id={id}"), "")?;
    SKOPEO.refuses(&pull)?;
    CRANE.refuses_in(&commands.as_alice(), &["manifest", "--insecure", &app])?;
    ORAS.refuses(&commands.oras(&["repo", "tags"], &registry.image("team/app")))?;
    Ok(())
}

/// A registry whose `team` is alice's.
fn registry(auth: &Value) -> Result<Registry, Failed> {
    let mut auth = auth.clone();
    auth["htpasswd"] = json!({ "path": htpasswd()? });
    auth["apikey"] = json!(true);
    let http = json!({
        "address": "127.0.0.1",
        "port": "0",
        "auth": auth,
        "accessControl": { "repositories": { "team/**": owned_by("alice") } },
    });
    Registry::start_with(&[], &json!({ "http": http }))
}

/// What alice is answered who makes a key or takes one back, which she does with her password.
fn manage(registry: &Registry, method: reqwest::Method, path: &str, body: &str) -> Result<String, Failed> {
    let url = format!("http://{}{path}", registry.authority());
    let request = reqwest::Client::new()
        .request(method, url)
        .basic_auth("alice", Some("alice-password"))
        .body(body.to_owned());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    Ok(runtime.block_on(async { request.send().await?.error_for_status()?.text().await })?)
}

/// The words of commands that show a key, with files of their own: nobody's other credentials are used, and none are kept.
struct Commands {
    authority: String,
    secret: String,
    home: String,
    config: String,
}

impl Commands {
    fn new(registry: &Registry, folder: &Path, secret: &str) -> Self {
        Self {
            authority: registry.authority().to_owned(),
            secret: secret.to_owned(),
            home: folder.join("home").display().to_string(),
            config: folder.join("oras.json").display().to_string(),
        }
    }

    fn as_alice(&self) -> [(&str, &str); 1] {
        [("DOCKER_CONFIG", &self.home)]
    }

    fn crane_logs_in(&self) -> Result<(), Failed> {
        std::fs::create_dir_all(&self.home)?;
        let login = ["auth", "login", &self.authority, "-u", "alice", "-p", &self.secret];
        CRANE.run_in(&self.as_alice(), &login)?;
        Ok(())
    }

    fn oras<'a>(&'a self, command: &[&'a str], reference: &'a str) -> Vec<&'a str> {
        let credentials = [
            "--plain-http",
            "-u",
            "alice",
            "-p",
            &self.secret,
            "--registry-config",
            &self.config,
        ];
        [command, &credentials, &[reference]].concat()
    }
}
