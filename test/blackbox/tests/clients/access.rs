//! Registries that want to know who asks: each client logs in, pushes, pulls, and is denied, with passwords and with tokens.

use std::path::Path;

use libtest_mimic::{Failed, Trial};
use plimsoll_blackbox::{
    image,
    registry::{Registry, htpasswd, owned_by},
    tool::{BUSYBOX, CRANE, DOCKER, ORAS, SKOPEO, Tool, trial},
};
use serde_json::json;
use testcontainers::{GenericImage, core::WaitFor, runners::SyncRunner};

const IMAGES: [Tool; 2] = image::TOOLS;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial(
            "access::skopeo_with_a_password",
            &[SKOPEO, IMAGES[0], IMAGES[1]],
            || skopeo(Way::Password),
        ),
        trial("access::skopeo_with_tokens", &[SKOPEO, IMAGES[0], IMAGES[1]], || {
            skopeo(Way::Token)
        }),
        trial("access::crane_with_a_password", &[CRANE, IMAGES[0], IMAGES[1]], || {
            crane(Way::Password)
        }),
        trial("access::crane_with_tokens", &[CRANE, IMAGES[0], IMAGES[1]], || {
            crane(Way::Token)
        }),
        trial("access::oras_with_a_password", &[ORAS], || oras(Way::Password)),
        trial("access::oras_with_tokens", &[ORAS], || oras(Way::Token)),
        trial("access::docker_with_a_password", &[DOCKER, BUSYBOX, IMAGES[1]], || {
            docker(Way::Password)
        }),
        trial("access::docker_with_tokens", &[DOCKER, BUSYBOX, IMAGES[1]], || {
            docker(Way::Token)
        }),
    ]
}

/// How a client is asked who it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// For a password, with every request. Nothing is open to anonymous callers, or clients would never be asked.
    Password,
    /// For a token, which some repositories do not need.
    Token,
}

const ALICE: &str = "alice:alice-password";
const BOB: &str = "bob:bob-password";

/// A registry in which `team` is alice's, and `open` hers to write and everyone's to read.
fn registry(way: Way) -> Result<Registry, Failed> {
    let mut auth = json!({ "htpasswd": { "path": htpasswd()? } });
    let mut open = owned_by("alice");
    if way == Way::Token {
        auth["token"] = json!({});
        open["anonymousPolicy"] = json!(["read"]);
    }
    let http = json!({
        "address": "127.0.0.1",
        "port": "0",
        "auth": auth,
        "accessControl": { "repositories": { "team/**": owned_by("alice"), "open/**": open } },
    });
    Registry::start_with(&[], &json!({ "http": http }))
}

fn parts(account: &str) -> (&str, &str) {
    account.split_once(':').unwrap_or((account, ""))
}

fn skopeo(way: Way) -> Result<(), Failed> {
    let registry = registry(way)?;
    let folder = tempfile::tempdir()?;
    let (there, back) = (folder.path().join("in"), folder.path().join("out"));
    image::busybox(&there, "1")?;
    let local = format!("oci:{}:1", there.display());
    let remote = |name: &str| format!("docker://{}/{name}:1", registry.authority());
    let push = ["copy", "--dest-tls-verify=false"];
    let pull = ["copy", "--src-tls-verify=false"];
    let out = format!("oci:{}:1", back.display());
    for name in ["team/app", "open/app"] {
        SKOPEO.run(&[&push[..], &["--dest-creds", ALICE, &local, &remote(name)]].concat())?;
    }
    SKOPEO.run(&[&pull[..], &["--src-creds", ALICE, &remote("team/app"), &out]].concat())?;
    assert_eq!(image::digest(&there, "1")?, image::digest(&back, "1")?);
    SKOPEO.refuses(&[&push[..], &["--dest-creds", BOB, &local, &remote("team/app")]].concat())?;
    SKOPEO.refuses(&[&push[..], &["--dest-creds", "alice:wrong", &local, &remote("team/app")]].concat())?;
    SKOPEO.refuses(&[&push[..], &["--dest-no-creds", &local, &remote("open/app")]].concat())?;
    SKOPEO.refuses(&[&pull[..], &["--src-creds", BOB, &remote("team/app"), &out]].concat())?;
    SKOPEO.refuses(&[&pull[..], &["--src-no-creds", &remote("team/app"), &out]].concat())?;
    if way == Way::Token {
        SKOPEO.run(&[&pull[..], &["--src-no-creds", &remote("open/app"), &out]].concat())?;
    }
    SKOPEO.run(&["delete", "--tls-verify=false", "--creds", ALICE, &remote("team/app")])?;
    Ok(())
}

fn crane(way: Way) -> Result<(), Failed> {
    let registry = registry(way)?;
    let folder = tempfile::tempdir()?;
    let layout = folder.path().join("in");
    image::busybox(&layout, "1")?;
    let layout = layout.display().to_string();
    let home = |account: &str| -> Result<String, Failed> {
        let home = folder.path().join(parts(account).0);
        std::fs::create_dir_all(&home)?;
        Ok(home.display().to_string())
    };
    let remote = |name: &str| format!("{}/{name}:1", registry.authority());
    let (alice, bob, nobody) = (home(ALICE)?, home(BOB)?, home("nobody")?);
    for (home, account) in [(&alice, ALICE), (&bob, BOB)] {
        let (user, password) = parts(account);
        let login = ["auth", "login", registry.authority(), "-u", user, "-p", password];
        CRANE.run_in(&[("DOCKER_CONFIG", home)], &login)?;
    }
    let (as_alice, as_bob, as_nobody) = (
        [("DOCKER_CONFIG", &*alice)],
        [("DOCKER_CONFIG", &*bob)],
        [("DOCKER_CONFIG", &*nobody)],
    );
    for name in ["team/app", "open/app"] {
        CRANE.run_in(&as_alice, &["push", "--insecure", &layout, &remote(name)])?;
    }
    CRANE.run_in(&as_alice, &["validate", "--insecure", "--remote", &remote("team/app")])?;
    let catalog = CRANE.run_in(&as_alice, &["catalog", "--insecure", registry.authority()])?;
    assert_eq!(catalog.lines().collect::<Vec<_>>(), ["open/app", "team/app"]);
    CRANE.refuses_in(&as_bob, &["push", "--insecure", &layout, &remote("team/app")])?;
    CRANE.refuses_in(&as_bob, &["manifest", "--insecure", &remote("team/app")])?;
    CRANE.refuses_in(&as_nobody, &["manifest", "--insecure", &remote("team/app")])?;
    // Another tag: crane does not push what is there already, which it sees without a password.
    let other = format!("{}/open/app:2", registry.authority());
    CRANE.refuses_in(&as_nobody, &["push", "--insecure", &layout, &other])?;
    if way == Way::Token {
        CRANE.run_in(&as_nobody, &["validate", "--insecure", "--remote", &remote("open/app")])?;
    }
    CRANE.run_in(&as_alice, &["delete", "--insecure", &remote("team/app")])?;
    Ok(())
}

fn oras(way: Way) -> Result<(), Failed> {
    let registry = registry(way)?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("hello.txt");
    std::fs::write(&file, "hello")?;
    let file = format!("{}:text/plain", file.display());
    let remote = |name: &str| format!("{}/{name}:1", registry.authority());
    // A configuration of its own: nobody's other credentials are used, and none are kept.
    let config = folder.path().join("config.json");
    std::fs::write(&config, "{}")?;
    let config = config.display().to_string();
    let with = |account: &'static str, command: &[&'static str], rest: &[&str]| -> Vec<String> {
        let (user, password) = parts(account);
        let credentials = ["-u", user, "-p", password];
        let credentials = if user.is_empty() { &[][..] } else { &credentials[..] };
        let common = ["--plain-http", "--registry-config", &config];
        let words = [command, &common, credentials, rest].concat();
        words.into_iter().map(str::to_owned).collect()
    };
    let push = |account, name: &str| with(account, &["push", "--disable-path-validation"], &[name, &file]);
    let fetch = |account, name: &str| with(account, &["manifest", "fetch"], &[name]);
    let run = |words: Vec<String>| ORAS.run(&words.iter().map(String::as_str).collect::<Vec<_>>());
    let refuses = |words: Vec<String>| ORAS.refuses(&words.iter().map(String::as_str).collect::<Vec<_>>());
    for name in ["team/app", "open/app"] {
        run(push(ALICE, &remote(name)))?;
    }
    run(fetch(ALICE, &remote("team/app")))?;
    refuses(push(BOB, &remote("team/app")))?;
    refuses(fetch(BOB, &remote("team/app")))?;
    refuses(fetch("", &remote("team/app")))?;
    refuses(push("", &remote("open/app")))?;
    if way == Way::Token {
        run(fetch("", &remote("open/app")))?;
    }
    Ok(())
}

fn docker(way: Way) -> Result<(), Failed> {
    let registry = registry(way)?;
    let folder = tempfile::tempdir()?;
    let homes = ["alice", "bob", "nobody"].map(|name| folder.path().join(name).display().to_string());
    let [alice, bob, nobody] = &homes;
    let built = Built::new(folder.path(), registry.authority())?;
    let (team, open) = (built.name("team/hello"), built.name("open/hello"));
    for (home, account) in [(alice, ALICE), (bob, BOB)] {
        let (user, password) = parts(account);
        DOCKER.run(&[
            "--config",
            home,
            "login",
            "-u",
            user,
            "-p",
            password,
            registry.authority(),
        ])?;
    }
    DOCKER.refuses(&[
        "--config",
        nobody,
        "login",
        "-u",
        "alice",
        "-p",
        "wrong",
        registry.authority(),
    ])?;
    for image in [&team, &open] {
        DOCKER.run(&["--config", alice, "push", image])?;
    }
    let said = DOCKER.refuses(&["--config", bob, "push", &team])?;
    assert!(said.contains("denied") || said.contains("unauthorized"), "{said}");
    DOCKER.refuses(&["--config", nobody, "push", &open])?;
    DOCKER.run(&["image", "rm", &team, &open])?;
    DOCKER.refuses(&["--config", bob, "pull", &team])?;
    DOCKER.refuses(&["--config", nobody, "pull", &team])?;
    if way == Way::Token {
        // The engine pulls it by itself, and has nothing to log in with.
        run(&open)?;
    }
    DOCKER.run(&["--config", alice, "pull", &team])?;
    run(&team)
}

/// Runs an image, which has to be there or be pulled.
fn run(image: &str) -> Result<(), Failed> {
    let (name, tag) = image.rsplit_once(':').ok_or("no tag")?;
    let container = GenericImage::new(name, tag)
        .with_wait_for(WaitFor::message_on_stdout("hello from busybox"))
        .start()?;
    container.rm()?;
    Ok(())
}

/// An image in the engine, under names of a registry that it is not in yet.
struct Built(Vec<String>);

impl Built {
    fn new(folder: &Path, authority: &str) -> Result<Self, Failed> {
        let context = folder.join("context");
        std::fs::create_dir(&context)?;
        std::fs::copy(BUSYBOX.name, context.join("busybox"))?;
        let dockerfile = "FROM scratch\nCOPY busybox /bin/busybox\nENTRYPOINT [\"/bin/busybox\"]\nCMD [\"echo\", \"hello from busybox\"]\n";
        std::fs::write(context.join("Dockerfile"), dockerfile)?;
        let names = ["team/hello", "open/hello"].map(|name| format!("{authority}/{name}:1"));
        let built = Self(names.into());
        let context = context.display().to_string();
        DOCKER.run(&["build", "--tag", &built.0[0], "--tag", &built.0[1], &context])?;
        Ok(built)
    }

    fn name(&self, name: &str) -> String {
        let found = self.0.iter().find(|image| image.contains(name));
        found.cloned().unwrap_or_default()
    }
}

impl Drop for Built {
    fn drop(&mut self) {
        for image in &self.0 {
            // It may be gone already.
            let _ = DOCKER.run(&["image", "rm", "--force", image]);
        }
    }
}
