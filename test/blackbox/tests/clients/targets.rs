//! One folder of scenarios on everything that the harness can run against: a binary, a registry at a URL, containers of an
//! image, and a command that a project file names. What cannot be done there is left out with its reason, and nothing fails.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use libtest_mimic::{Failed, Trial};
use plimsoll::{cli, exit::Exit};
use plimsoll_blackbox::{
    build,
    certificate::{Authority, Certified},
    image,
    registry::{Registry, htpasswd, owned_by},
    tool::{DOCKER, DOCKER_REGISTRY, Tool, trial},
};
use serde_json::{Value, json};

const MAKE: Tool = Tool {
    name: "make",
    hint: "apt-get install make",
};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("targets::a_built_binary", &[], a_built_binary),
        trial("targets::a_url_with_a_password_behind_tls", &[], || {
            a_url(&json!({}), true)
        }),
        trial("targets::a_url_with_tokens", &[], || {
            a_url(&json!({ "token": {} }), false)
        }),
        trial(
            "targets::a_url_that_asks_for_a_certificate",
            &[],
            a_url_that_asks_for_a_certificate,
        ),
        trial(
            "targets::containers_of_an_image_from_scratch",
            &[DOCKER, MAKE],
            containers,
        ),
        trial(
            "targets::a_command_that_a_project_file_names",
            &[DOCKER_REGISTRY],
            a_command,
        ),
    ]
}

fn repository() -> Result<PathBuf, Failed> {
    Ok(Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize()?)
}

/// A project in a folder of its own: the scenarios of `fixtures/targets`, and what `file` says of the rest.
fn project(file: &str) -> Result<tempfile::TempDir, Failed> {
    let folder = tempfile::tempdir()?;
    let scenarios = repository()?.join("fixtures/targets/scenarios");
    fs::create_dir(folder.path().join("scenarios"))?;
    for entry in fs::read_dir(scenarios)? {
        let entry = entry?;
        fs::copy(entry.path(), folder.path().join("scenarios").join(entry.file_name()))?;
    }
    let images = folder.path().join("fixtures/images");
    fs::create_dir_all(&images)?;
    fs::copy(
        repository()?.join("fixtures/images/plain.yaml"),
        images.join("plain.yaml"),
    )?;
    fs::write(folder.path().join("plimsoll.toml"), file)?;
    Ok(folder)
}

/// The block of the page about project files that is for `name`.
fn documented(name: &str) -> Result<String, Failed> {
    let page = fs::read_to_string(repository()?.join("docs/project-file.md"))?;
    let blocks = page
        .split("```toml\n")
        .skip(1)
        .filter_map(|rest| rest.split_once("```"));
    let mut blocks = blocks.map(|(block, _)| block);
    let found = blocks.find(|block| block.contains(&format!("name = \"{name}\"")));
    Ok(found
        .ok_or_else(|| format!("the page has no project file for {name}"))?
        .to_owned())
}

/// Runs everything in `project`: the verdict of each scenario, with the reason if there is one.
fn run(project: &Path, arguments: &[&str]) -> Result<BTreeMap<String, (String, String)>, Failed> {
    let report = project.join("report.json");
    let (file, json) = (
        project.join("plimsoll.toml").display().to_string(),
        format!("json={}", report.display()),
    );
    let words = ["plimsoll", "run", "--project", &file, "--report", &json];
    let exit = cli::execute(words.into_iter().chain(arguments.iter().copied()));
    let report: Value = serde_json::from_slice(&fs::read(&report).map_err(|error| format!("no report: {error}"))?)?;
    let runs = report["combinations"][0]["runs"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let verdicts: BTreeMap<_, _> = runs
        .iter()
        .map(|run| {
            let scenario = text(&run["scenario"]);
            (scenario, (text(&run["verdict"]), text(&run["reason"])))
        })
        .collect();
    assert_eq!(exit, Exit::Passed, "{verdicts:#?}\n{report:#}");
    Ok(verdicts)
}

/// Everything passes but what is `excluded`, whose reasons have these texts in them.
fn hold(verdicts: &BTreeMap<String, (String, String)>, excluded: &[(&str, &str)]) {
    assert_eq!(verdicts.len(), 7, "{verdicts:#?}");
    for (scenario, (verdict, reason)) in verdicts {
        let wanted = excluded.iter().find(|(name, _)| name == scenario);
        match wanted {
            None => assert_eq!(verdict, "pass", "{scenario}: {reason}"),
            Some((_, part)) => {
                assert_eq!(verdict, "excluded", "{scenario}");
                assert!(reason.contains(part), "{scenario}: {reason}");
            }
        }
    }
}

/// Our own, as a program that is there.
const BINARY: &str = r#"
name = "plimsoll-registry"
scenarios = "scenarios"
extensions = []

[build]
program = "plimsoll-registry"

[serve]
arguments = ["serve", "{config}"]
address-from-log = "address"

[serve.config]
storage.rootDirectory = "{root}"
http = { address = "127.0.0.1", port = "0" }
"#;

fn a_built_binary() -> Result<(), Failed> {
    let project = project(BINARY)?;
    fs::copy(build::binary(&[])?, project.path().join("plimsoll-registry"))?;
    hold(&run(project.path(), &[])?, &[]);
    Ok(())
}

/// What needs a server of the harness's own.
const NOT_AT_A_URL: [(&str, &str); 5] = [
    (
        "clean-restart",
        "has a step `start, stop, kill, restart, pause or resume`",
    ),
    (
        "survives-a-kill",
        "has a step `start, stop, kill, restart, pause or resume`",
    ),
    ("paused", "has a step `start, stop, kill, restart, pause or resume`"),
    ("says-its-options", "has a step `command`"),
    ("bytes-on-the-wire", "has a step `raw`"),
];

/// Where everything is alice's, and nothing anybody else's.
fn alices() -> Value {
    json!({
        "address": "127.0.0.1",
        "port": "0",
        "accessControl": { "repositories": { "**": owned_by("alice") } },
    })
}

fn a_url(tokens: &Value, tls: bool) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let mut auth = json!({ "htpasswd": { "path": htpasswd()? } });
    if let (Some(auth), Some(tokens)) = (auth.as_object_mut(), tokens.as_object()) {
        auth.extend(tokens.clone());
    }
    let mut http = alices();
    http["auth"] = auth;
    let certificate = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()])?;
    let (cert, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    fs::write(&cert, certificate.cert.pem())?;
    fs::write(&key, certificate.signing_key.serialize_pem())?;
    if tls {
        http["tls"] = json!({ "cert": cert, "key": key });
    }
    let registry = Registry::start_with(&[], &json!({ "http": http }))?;
    let password = folder.path().join("password");
    fs::write(&password, "alice-password\n")?;
    let project = project(BINARY)?;
    let url = format!("{}://{}", if tls { "https" } else { "http" }, registry.authority());
    let (password, cert) = (password.display().to_string(), cert.display().to_string());
    let mut arguments = vec!["--url", &url, "--user", "alice", "--password-file", &password];
    if tls {
        arguments.extend(["--ca", &cert]);
    }
    hold(&run(project.path(), &arguments)?, &NOT_AT_A_URL);
    for entry in ["report.json", "target/plimsoll/events.jsonl"] {
        let told = fs::read_to_string(project.path().join(entry))?;
        assert!(
            !told.contains("alice-password") && !told.contains("eyJ"),
            "{entry} tells a secret"
        );
    }
    Ok(())
}

fn a_url_that_asks_for_a_certificate() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let authority = Authority::new()?;
    let ca = authority.trusted_in(folder.path())?;
    let (server, alice, bob) = (
        authority.certify(folder.path(), "server")?,
        authority.certify(folder.path(), "alice")?,
        authority.certify(folder.path(), "bob")?,
    );
    let mut http = alices();
    http["tls"] = json!({ "cert": server.certificate, "key": server.key, "cacert": ca });
    let registry = Registry::start_with(&[], &json!({ "http": http }))?;
    let project = project(BINARY)?;
    let url = format!("https://{}", registry.authority());
    let ca = ca.display().to_string();
    let to = ["--url", &url, "--ca", &ca];
    let shown = |who: &Certified| [&who.certificate, &who.key].map(|path| path.display().to_string());
    let [certificate, key] = shown(&alice);
    let as_alice = [&to[..], &["--certificate", &certificate, "--key", &key]].concat();
    hold(&run(project.path(), &as_alice)?, &NOT_AT_A_URL);
    let [certificate, key] = shown(&bob);
    let as_bob = [&to[..], &["--certificate", &certificate, "--key", &key]].concat();
    for arguments in [&to[..], &as_bob] {
        let file = project.path().join("plimsoll.toml").display().to_string();
        let words = ["plimsoll", "run", "--project", &file];
        let exit = cli::execute(words.into_iter().chain(arguments.iter().copied()));
        assert_ne!(exit, Exit::Passed, "{arguments:?}");
    }
    Ok(())
}

fn containers() -> Result<(), Failed> {
    let name = format!("plimsoll-registry:test-{}", std::process::id());
    let make = std::process::Command::new("make")
        .args(["image", &format!("IMAGE={name}"), "EXTENSIONS="])
        .current_dir(repository()?)
        .output()?;
    assert!(make.status.success(), "{}", String::from_utf8_lossy(&make.stderr));
    let _removed = image::Removed(&name);
    let project = project(&documented("containers")?.replace("plimsoll-registry:latest", &name))?;
    let verdicts = run(project.path(), &[])?;
    hold(&verdicts, &[("says-its-options", "the server is in a container")]);
    Ok(())
}

fn a_command() -> Result<(), Failed> {
    let project = project(&documented("distribution")?)?;
    hold(&run(project.path(), &[])?, &[]);
    Ok(())
}
