//! The advisories that anyone can ask any registry about: by its URL, with two accounts.

use std::{collections::BTreeMap, fs, path::Path};

use libtest_mimic::{Failed, Trial};
use plimsoll::{cli, exit::Exit};
use plimsoll_blackbox::{
    distribution::Distribution,
    registry::{Registry, htpasswd, owned_by},
    tool::{DOCKER_REGISTRY, trial},
};
use serde_json::{Value, json};
use tempfile::TempDir;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("advisories::hold_here_by_url_with_two_accounts", &[], || {
            hold_here(&json!({ "token": {} }), &[])
        }),
        trial(
            "advisories::about_tokens_are_unsupported_where_there_are_none",
            &[],
            || {
                hold_here(
                    &json!({}),
                    &["security/any/GHSA-78cx-cfhm-rgmx", "security/any/GHSA-qg67-7m6v-qg25"],
                )
            },
        ),
        trial(
            "advisories::find_what_docker_registry_admits",
            &[DOCKER_REGISTRY],
            find_a_fault,
        ),
    ]
}

/// A project in a folder of its own, with the scenarios for any registry and what they name.
fn project() -> Result<TempDir, Failed> {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder = tempfile::tempdir()?;
    for part in ["scenarios/security/any", "fixtures/security/tokens", "fixtures/images"] {
        let copy = folder.path().join(part);
        fs::create_dir_all(&copy)?;
        for entry in fs::read_dir(repository.join(part))? {
            let entry = entry?;
            fs::copy(entry.path(), copy.join(entry.file_name()))?;
        }
    }
    let file = "name = \"any\"\nscenarios = \"scenarios\"\nextensions = []\n[target]\nurl = \"http://127.0.0.1:1\"\n";
    fs::write(folder.path().join("plimsoll.toml"), file)?;
    Ok(folder)
}

/// Asks a registry about `scenarios`: how that ends, and the verdicts.
fn ask(scenarios: &str, folder: &TempDir, words: &[&str]) -> Result<(Exit, BTreeMap<String, Vec<String>>), Failed> {
    let (project, report) = (folder.path().join("plimsoll.toml"), folder.path().join("report.json"));
    let (project, json) = (project.display().to_string(), format!("json={}", report.display()));
    let words = ["plimsoll", "run", "--project", &project, "--report", &json, scenarios]
        .into_iter()
        .chain(words.iter().copied());
    let exit = cli::execute(words);
    let told = fs::read_to_string(&report).map_err(|error| format!("no report: {error}"))?;
    assert!(
        !told.contains("alice-password") && !told.contains("bob-password"),
        "a secret is told"
    );
    let report: Value = serde_json::from_str(&told)?;
    let mut verdicts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for run in report["combinations"][0]["runs"].as_array().into_iter().flatten() {
        let text = |key: &str| run[key].as_str().unwrap_or_default().to_owned();
        verdicts.entry(text("scenario")).or_default().push(text("verdict"));
    }
    Ok((exit, verdicts))
}

/// All of them pass before a registry with two accounts and this beside in `auth`, but for those that ask for what it does not have.
fn hold_here(auth: &Value, unsupported: &[&str]) -> Result<(), Failed> {
    let folder = project()?;
    let mut auth = auth.clone();
    auth["htpasswd"] = json!({ "path": htpasswd()? });
    let registry = Registry::start_with(
        &[],
        &json!({ "http": {
            "address": "127.0.0.1",
            "port": "0",
            "auth": auth,
            "accessControl": { "repositories": { "**": owned_by("alice"), "bob/**": owned_by("bob") } },
        } }),
    )?;
    let password = |user: &str| -> Result<String, Failed> {
        let path = folder.path().join(user);
        fs::write(&path, format!("{user}-password\n"))?;
        Ok(path.display().to_string())
    };
    let (url, alice, bob) = (
        format!("http://{}", registry.authority()),
        password("alice")?,
        password("bob")?,
    );
    let owner = ["--url", &url, "--user", "alice", "--password-file", &alice];
    let both = [&owner[..], &["--other-user", "bob", "--other-password-file", &bob]].concat();
    let (exit, verdicts) = ask("scenarios/security/any", &folder, &both)?;
    let wrong = verdicts.iter().find(|(scenario, runs)| {
        let right = if unsupported.contains(&scenario.as_str()) {
            "unsupported"
        } else {
            "pass"
        };
        runs.iter().any(|verdict| verdict != right)
    });
    assert!(exit == Exit::Passed && wrong.is_none(), "{exit:?} {wrong:?}");
    assert!(verdicts.len() >= 17, "{verdicts:?}");

    let (_, alone) = ask("scenarios/security/any", &folder, &owner)?;
    assert_eq!(alone["security/any/GHSA-55r9-5mx9-qq7r"], ["excluded", "excluded"]);
    assert_eq!(alone["security/any/CVE-2017-11468"], ["pass"]);
    Ok(())
}

/// A field that stands twice in a manifest is taken by Debian's docker-registry.
fn find_a_fault() -> Result<(), Failed> {
    let folder = project()?;
    let registry = Distribution::start(&json!({}), &Value::Null)?;
    let url = format!("http://{}", registry.authority());
    let (exit, verdicts) = ask("scenarios/security/any/CVE-2021-41190.yaml", &folder, &["--url", &url])?;
    assert_eq!(exit, Exit::Failed);
    assert!(
        verdicts["security/any/CVE-2021-41190"].contains(&"fail".to_owned()),
        "{verdicts:?}"
    );
    Ok(())
}
