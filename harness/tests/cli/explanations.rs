//! What a failure tells: a code, what a step saw while it waited, a script that asks all of it again, and no secret.

use std::{
    fs,
    io::{BufRead, BufReader},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use serde_json::Value;

use super::{
    interactions::{has_python, project},
    plimsoll,
};

/// Runs `arguments` in `project`, which has to fail: the first failure, and what was printed.
fn failing(project: &Path, arguments: &[&str]) -> (Value, String) {
    let output = plimsoll()
        .args([
            "run",
            "--seed",
            "3",
            "--report",
            "json=report.json",
            "--report",
            "html=report.html",
        ])
        .args(["--report", "junit=junit.xml", "--report", "tap=report.tap"])
        .args(arguments)
        .current_dir(project)
        .output()
        .expect("the program starts");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(
        output.status.code(),
        Some(1),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let report = fs::read_to_string(project.join("report.json")).expect("the report was written");
    let report: Value = serde_json::from_str(&report).expect("it is JSON");
    (report["failures"][0]["run"]["failure"].clone(), said)
}

/// A server that ends with the test.
struct Server {
    process: Child,
    url: String,
    _root: tempfile::TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The fixture's registry, built with `extensions` and started by hand.
fn registry(project: &Path, extensions: &str) -> Server {
    let built = plimsoll()
        .args(["build", "--extensions", extensions])
        .current_dir(project)
        .output()
        .expect("the program starts");
    let binary = PathBuf::from(String::from_utf8_lossy(&built.stdout).trim());
    let root = tempfile::tempdir().expect("there is room for a folder");
    let mut process = Command::new(project.join(binary))
        .arg(root.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the registry starts");
    let mut line = String::new();
    let log = process.stdout.take().expect("it is piped");
    BufReader::new(log)
        .read_line(&mut line)
        .expect("it says where it listens");
    let said: Value = serde_json::from_str(&line).expect("a line of JSON");
    let address = said["address"].as_str().expect("an address");
    Server {
        process,
        url: format!("http://{address}"),
        _root: root,
    }
}

fn repeated(script: &Path, server: &Server) -> (Output, String) {
    let output = Command::new(script)
        .arg(&server.url)
        .output()
        .expect("the script starts");
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    (output, said)
}

#[test]
fn a_failure_leaves_a_script_that_sees_the_same_again_and_something_else_where_it_is_mended() {
    if !has_python() {
        return;
    }
    let project = project();
    let (failure, said) = failing(
        project.path(),
        &["blob-is-served", "--extensions", "compress,encrypt,mirror"],
    );
    assert_eq!(failure["code"], "PLM1006", "{failure}");
    assert!(said.contains("plimsoll explain PLM1006"), "{said}");
    let script = failure["script"].as_str().expect("there is a script");
    assert!(said.contains(script), "{said}");
    let steps = failure["steps"].as_array().expect("the steps");
    assert!(
        steps
            .iter()
            .any(|step| step["text"].as_str().is_some_and(|text| text.starts_with("upload"))),
        "{failure}"
    );

    let script = project.path().join(script);
    assert_eq!(
        fs::metadata(&script).expect("it is there").permissions().mode() & 0o111,
        0o111
    );
    let broken = registry(project.path(), "compress,encrypt,mirror");
    let (output, said) = repeated(&script, &broken);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("200 sha256:") && !said.contains("and was"), "{said}");

    let mended = registry(project.path(), "compress");
    let (output, said) = repeated(&script, &mended);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains(", and was 200 sha256:"), "{said}");
}

#[test]
fn what_was_seen_while_it_was_waited_is_told_and_no_secret_is() {
    if !has_python() {
        return;
    }
    let project = project();
    let scenario = "\
scenario: something comes that never does
steps:
  - eventually:
      get: /v2/{{ repo }}/manifests/never
      auth: alice:open-sesame
      expect: { status: 200 }
    every: 50 ms
    within: 2 s
";
    fs::write(project.path().join("scenarios/never.yaml"), scenario).unwrap();
    let (failure, said) = failing(project.path(), &["never", "--extensions", "none"]);
    assert_eq!(failure["code"], "PLM1009", "{failure}");
    let looks = failure["looks"].as_array().expect("looks");
    assert_eq!(looks.len(), 1, "what is the same in a row is one: {failure}");
    assert!(
        looks[0]["times"].as_u64() > Some(1) && looks[0]["saw"].as_str().unwrap().contains("404"),
        "{failure}"
    );
    assert!(said.contains("looks"), "{said}");

    let files = [
        "report.json",
        "report.html",
        "junit.xml",
        "report.tap",
        "target/plimsoll/events.jsonl",
    ];
    let script = failure["script"].as_str().expect("there is a script");
    for file in files.into_iter().chain([script]) {
        let text = fs::read_to_string(project.path().join(file)).unwrap();
        assert!(
            !text.contains("open-sesame") && !text.contains("YWxpY2U6b3Blbi1zZXNhbWU"),
            "{file}:\n{text}"
        );
    }
    assert!(
        !said.contains("open-sesame") && !said.contains("YWxpY2U6b3Blbi1zZXNhbWU"),
        "{said}"
    );
}

#[test]
fn every_code_of_a_failure_is_explained() {
    for kind in plimsoll::assertion::Kind::ALL {
        let output = plimsoll().args(["explain", kind.code()]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success() && said.contains(kind.advice()), "{said}");
    }
}
