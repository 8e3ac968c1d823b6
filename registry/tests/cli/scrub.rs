//! The `scrub` command, in binaries that have it.

use std::{fs, path::Path, process::Output};

use super::running::{Running, binary, config};

fn has_scrub() -> bool {
    let output = binary().arg("extensions").output().unwrap();
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .any(|name| name == "scrub")
}

fn scrub(folder: &Path, more: &[&str]) -> Output {
    binary()
        .arg("scrub")
        .args(more)
        .arg(folder.join("config.yaml"))
        .output()
        .unwrap()
}

/// A repository as any tool would write it, with one image.
fn write_layout(root: &Path) {
    let blobs = root.join("test/blobs/sha256");
    fs::create_dir_all(&blobs).unwrap();
    let mut descriptors = Vec::new();
    for content in ["{}", "layer"] {
        descriptors.push(write_blob(&blobs, content));
    }
    let manifest = format!(
        r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{{"mediaType":"application/vnd.oci.image.config.v1+json",{}}},"layers":[{{"mediaType":"application/vnd.oci.image.layer.v1.tar",{}}}]}}"#,
        descriptors[0], descriptors[1]
    );
    let manifest = write_blob(&blobs, &manifest);
    let index = format!(
        r#"{{"schemaVersion":2,"manifests":[{{"mediaType":"application/vnd.oci.image.manifest.v1+json",{manifest},"annotations":{{"org.opencontainers.image.ref.name":"1.0"}}}}]}}"#
    );
    fs::write(root.join("test/index.json"), index).unwrap();
    fs::write(root.join("test/oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
}

/// Writes a blob and returns its part of a descriptor.
fn write_blob(blobs: &Path, content: &str) -> String {
    let digest = plimsoll_registry_core::oci::Algorithm::Sha256.digest(content.as_bytes());
    fs::write(blobs.join(digest.hex()), content).unwrap();
    format!(r#""digest":"{digest}","size":{}"#, content.len())
}

fn words(output: &[u8]) -> Vec<Vec<String>> {
    let text = String::from_utf8(output.to_vec()).unwrap();
    let words = |line: &str| line.split_whitespace().map(str::to_owned).collect();
    text.lines().map(words).collect()
}

#[test]
fn a_table_shows_what_is_well_and_what_is_not() {
    if !has_scrub() {
        let folder = config("");
        assert_eq!(scrub(folder.path(), &[]).status.code(), Some(2), "no such command");
        return;
    }
    let folder = config("");
    write_layout(&folder.path().join("root"));
    let output = scrub(folder.path(), &[]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let rows = words(&output.stdout);
    assert_eq!(rows[0], ["REPOSITORY", "TAG", "STATUS", "AFFECTED", "BLOB", "ERROR"]);
    assert_eq!(rows[1..], [["test", "1.0", "ok"]]);

    let layer = plimsoll_registry_core::oci::Algorithm::Sha256.digest(b"layer");
    fs::write(folder.path().join("root/test/blobs/sha256").join(layer.hex()), "lawyer").unwrap();
    let output = scrub(folder.path(), &["--json"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let expected = serde_json::json!({"scrubResults": [{
        "imageName": "test", "tag": "1.0", "status": "affected", "affectedBlob": layer.hex(), "error": "bad blob digest"
    }]});
    assert_eq!(found, expected);
}

#[test]
fn it_refuses_while_the_server_runs() {
    if !has_scrub() {
        return;
    }
    let folder = config("");
    let path = folder.path().join("config.yaml");
    let registry = Running::start(folder.path());
    registry.get("/v2/");
    let output = scrub(folder.path(), &[]);
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("another process uses this root directory"), "{told}");

    let text = fs::read_to_string(&path).unwrap();
    fs::write(
        &path,
        text.replace("port: 0", &format!("port: {}", registry.address.port())),
    )
    .unwrap();
    let output = scrub(folder.path(), &[]);
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("error: server is running\n"), "{told}");
}

#[test]
fn a_root_that_is_not_there_is_not_made() {
    if !has_scrub() {
        return;
    }
    let folder = config("");
    let output = scrub(folder.path(), &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(!folder.path().join("root").exists());
}

#[test]
fn a_registry_scrubs_when_it_starts() {
    if !has_scrub() {
        return;
    }
    let folder = config("extensions: {scrub: {}}");
    let root = folder.path().join("root");
    write_layout(&root);
    let mut registry = Running::start(folder.path());
    let image = registry.wait_for("blobs/manifest ok");
    assert_eq!(
        (&image["image"], &image["tag"], &image["status"]),
        (&"test".into(), &"1.0".into(), &"ok".into())
    );
    let path = root.join("test").display().to_string();
    registry.wait_for(&format!("scrub successfully completed for {path}"));
    let executing = format!("executing scrub to check manifest/blob integrity for {path}");
    assert!(
        registry.messages().contains(&executing.as_str()),
        "{:#?}",
        registry.lines
    );
}
