//! oras: artifacts and what refers to them.

use libtest_mimic::{Failed, Trial};
use plimsoll_blackbox::{
    registry::Registry,
    tool::{ORAS, trial},
};

pub(crate) fn trials() -> Vec<Trial> {
    vec![trial(
        "oras::an_artifact_attached_to_another_is_discovered_and_pulled",
        &[ORAS],
        attach,
    )]
}

fn attach() -> Result<(), Failed> {
    let registry = Registry::start(&[])?;
    let folder = tempfile::tempdir()?;
    let (note, sbom) = (folder.path().join("note.txt"), folder.path().join("sbom.json"));
    std::fs::write(&note, "a note")?;
    std::fs::write(&sbom, "{}")?;
    let subject = registry.image("app:1");
    let path = |path: &std::path::Path| path.display().to_string();
    ORAS.run(&[
        "push",
        "--plain-http",
        "--disable-path-validation",
        &subject,
        &format!("{}:text/plain", path(&note)),
    ])?;
    ORAS.run(&[
        "attach",
        "--plain-http",
        "--disable-path-validation",
        "--artifact-type=application/vnd.example.sbom",
        &subject,
        &format!("{}:application/json", path(&sbom)),
    ])?;
    let found: serde_json::Value =
        serde_json::from_str(&ORAS.run(&["discover", "--plain-http", "--format=json", &subject])?)?;
    let referrers = found["referrers"]
        .as_array()
        .or(found["manifests"].as_array())
        .cloned()
        .unwrap_or_default();
    assert_eq!(referrers.len(), 1, "{found}");
    assert_eq!(referrers[0]["artifactType"], "application/vnd.example.sbom");
    let out = folder.path().join("out");
    ORAS.run(&[
        "pull",
        "--plain-http",
        "--allow-path-traversal",
        "--output",
        &path(&out),
        &subject,
    ])?;
    assert_eq!(std::fs::read_to_string(&note)?, "a note");
    Ok(())
}
