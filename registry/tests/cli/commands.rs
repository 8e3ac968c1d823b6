//! The commands that only say something.

use std::{fs, path::Path};

use assert_cmd::assert::OutputAssertExt as _;

use super::running::{binary, config, recommended};

fn said(arguments: &[&str]) -> String {
    let output = binary().args(arguments).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn extensions_are_listed_in_the_recommended_order_and_alike_as_json() {
    let lines = said(&["extensions"]);
    let names: Vec<_> = lines.lines().collect();
    let mut expected = recommended();
    expected.retain(|name| names.contains(&name.as_str()));
    assert_eq!(names, expected);
    let json: Vec<String> = serde_json::from_str(&said(&["extensions", "--json"])).unwrap();
    assert_eq!(json, names);
    let listed = if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    };
    assert!(said(&["--version"]).ends_with(&format!("(extensions: {listed})\n")));
}

#[test]
fn a_good_configuration_verifies() {
    let folder = config("");
    let path = folder.path().join("config.yaml");
    let assert = binary().arg("verify").arg(&path).assert().success();
    assert_eq!(
        assert.get_output().stdout,
        format!("{}: valid\n", path.display()).into_bytes()
    );
    assert!(!folder.path().join("root").exists(), "verify only looks");
}

#[test]
fn a_broken_configuration_is_refused_by_every_command_that_reads_one() {
    let broken = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/broken/config/several-at-once.json");
    for command in ["verify", "serve"] {
        let output = binary().arg(command).arg(&broken).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{command}");
        assert!(output.stdout.is_empty(), "{command}");
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(text.matches("error: ").count(), 8, "{command}: {text}");
        assert!(
            text.contains(":5:5: storage.dedup: unknown key; did you mean `dedupe`?"),
            "{text}"
        );
    }
}

#[test]
fn a_configuration_that_is_not_there_is_wrong_usage() {
    let output = binary().args(["verify", "/nowhere/config.yaml"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.starts_with("error: /nowhere/config.yaml: "), "{text}");
}

#[test]
fn warnings_stand_beside_errors_and_alone_do_not_refuse() {
    let folder = config("extensions: {mgmt: {}}");
    let path = folder.path().join("config.yaml");
    let output = binary().arg("verify").arg(&path).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stderr.starts_with(b"warning: "), "{output:?}");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("{text}log: {{level: loud}}\n")).unwrap();
    let output = binary().arg("verify").arg(&path).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8(output.stderr).unwrap();
    let severities: Vec<_> = text
        .lines()
        .filter_map(|line| line.split_once(": "))
        .map(|(word, _)| word)
        .collect();
    assert!(
        severities.starts_with(&["warning"]) && severities.contains(&"error"),
        "{text}"
    );
}

#[test]
fn wrong_usage_is_told_apart_from_help() {
    binary().assert().code(2);
    binary().arg("srve").assert().code(2);
    binary().args(["verify"]).assert().code(2);
    binary().arg("--help").assert().success();
}

/// The commands of this binary, as the help lists them.
fn commands() -> Vec<String> {
    let help = said(&["--help"]);
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let listed = listed.take_while(|line| !line.is_empty());
    let names: Vec<_> = listed
        .filter_map(|line| line.strip_prefix("  ")?.split(' ').next())
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect();
    assert!(names.contains(&"serve".to_owned()), "{help}");
    names
}

#[test]
fn every_command_teaches_by_examples_and_has_a_page() {
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("share/man1");
    binary().arg("man").arg(&pages).assert().success();
    let page = |name: &str| fs::read_to_string(pages.join(format!("{name}.1"))).unwrap_or_default();
    assert!(page("plimsoll-registry").contains("Exit status"));
    for command in commands() {
        let help = said(&[&command, "--help"]);
        assert!(help.contains("Usage: plimsoll-registry"), "{help}");
        let examples = help.lines().skip_while(|line| !line.starts_with("Example")).skip(1);
        let examples: Vec<_> = examples.take_while(|line| !line.is_empty()).collect();
        let begins = |line: &&str| line.starts_with("  plimsoll-registry ") || line.starts_with("  source <(");
        assert!(!examples.is_empty() && examples.iter().all(begins), "{help}");
        let text = page(&format!("plimsoll-registry-{command}"));
        assert!(text.contains(".TH") && text.contains("Example"), "{command}: {text}");
    }
    let blocked = folder.path().join("file");
    fs::write(&blocked, "").unwrap();
    let output = binary().arg("man").arg(&blocked).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        output.stderr.starts_with(b"error: cannot write the pages to "),
        "{output:?}"
    );
}

#[test]
fn each_shell_completes_every_command() {
    for shell in ["bash", "zsh", "fish"] {
        let script = said(&["completions", shell]);
        for command in commands() {
            assert!(script.contains(&command), "{shell} does not know {command}");
        }
    }
    binary().args(["completions", "csh"]).assert().code(2);
}

#[test]
fn the_documentation_says_what_the_binary_does() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    for (format, file) in [("json", "config.schema.json"), ("markdown", "configuration.md")] {
        let committed = fs::read_to_string(docs.join(file)).unwrap();
        let current = said(&["schema", "--format", format]);
        assert!(committed == current, "docs/{file} is out of date: run `make docs`");
    }
}
