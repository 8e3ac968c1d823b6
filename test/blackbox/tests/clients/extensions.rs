//! Each extension with a client that its users have.

use std::fmt::Write as _;

use libtest_mimic::{Failed, Trial};
use plimsoll_blackbox::{
    image,
    registry::Registry,
    tool::{BUSYBOX, CRANE, SKOPEO, UMOCI, trial},
};
use serde_json::json;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial(
            "metrics::what_skopeo_pushes_and_pulls_is_counted",
            &[SKOPEO, UMOCI, BUSYBOX],
            metrics,
        ),
        trial(
            "search::what_skopeo_pushes_is_found_and_counted",
            &[SKOPEO, UMOCI, BUSYBOX],
            search,
        ),
        trial(
            "scrub::a_broken_layer_of_a_layout_that_umoci_wrote_is_found",
            &[UMOCI, BUSYBOX],
            scrub,
        ),
        trial(
            "lint::crane_may_push_once_the_annotation_is_there",
            &[CRANE, UMOCI, BUSYBOX],
            lint,
        ),
    ]
}

fn metrics() -> Result<(), Failed> {
    let config = json!({ "extensions": { "metrics": { "enable": true } } });
    let registry = Registry::start_with(&["metrics"], &config)?;
    let folder = tempfile::tempdir()?;
    image::busybox(&folder.path().join("in"), "1")?;
    let remote = format!("docker://{}/counted:1", registry.authority());
    let layout = |name: &str| format!("oci:{}:1", folder.path().join(name).display());
    SKOPEO.run(&["copy", "--dest-tls-verify=false", &layout("in"), &remote])?;
    for name in ["one", "two"] {
        SKOPEO.run(&["copy", "--src-tls-verify=false", &remote, &layout(name)])?;
    }
    let text = registry.get("/metrics")?;
    for line in [
        r#"zot_repo_uploads_total{repo="counted"} 1"#,
        r#"zot_repo_downloads_total{repo="counted"} 2"#,
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
    }
    Ok(())
}

fn search() -> Result<(), Failed> {
    let config = json!({ "extensions": { "search": {} } });
    let registry = Registry::start_with(&["search"], &config)?;
    let ask = |query: &str| -> Result<serde_json::Value, Failed> {
        // In a URL a query has no spaces and quotes.
        let query = query.bytes().fold(String::new(), |mut encoded, byte| {
            let _ = write!(encoded, "%{byte:02X}");
            encoded
        });
        let answer = registry.get(&format!("/v2/_zot/ext/search?query={query}"))?;
        Ok(serde_json::from_str(&answer)?)
    };
    let query = "{ GlobalSearch(query: \"team/busybox:1\", filter: {Os: [\"linux\"]}) { Images { RepoName Tag Digest DownloadCount
        Manifests { Platform { Arch } Layers { Digest } } } } }";
    assert_eq!(ask(query)?["data"]["GlobalSearch"]["Images"], json!([]));

    let folder = tempfile::tempdir()?;
    image::busybox(&folder.path().join("in"), "1")?;
    let remote = format!("docker://{}/team/busybox:1", registry.authority());
    let layout = |name: &str| format!("oci:{}:1", folder.path().join(name).display());
    SKOPEO.run(&["copy", "--dest-tls-verify=false", &layout("in"), &remote])?;
    SKOPEO.run(&["copy", "--src-tls-verify=false", &remote, &layout("out")])?;
    let answer = ask(query)?;
    let found = &answer["data"]["GlobalSearch"]["Images"][0];
    assert_eq!(found["RepoName"], "team/busybox", "{answer}");
    assert_eq!(found["Digest"], image::digest(&folder.path().join("in"), "1")?);
    assert_eq!(found["DownloadCount"], 1);
    assert_eq!(found["Manifests"][0]["Platform"]["Arch"], "amd64");
    assert_eq!(found["Manifests"][0]["Layers"].as_array().map(Vec::len), Some(1));

    SKOPEO.run(&["delete", "--tls-verify=false", &remote])?;
    assert_eq!(ask(query)?["data"]["GlobalSearch"]["Images"], json!([]));
    Ok(())
}

fn scrub() -> Result<(), Failed> {
    let root = tempfile::tempdir()?;
    let layout = root.path().join("app");
    image::busybox(&layout, "1")?;
    let config = json!({ "extensions": { "scrub": { "enable": true } } });
    let sound = Registry::command(&["scrub"], root.path(), &config, &["scrub"])?;
    assert!(sound.status.success(), "{sound:?}");
    assert!(String::from_utf8_lossy(&sound.stdout).contains("ok"), "{sound:?}");

    let layer = image::blobs(&layout)?
        .into_iter()
        .max_by_key(|(_, size)| *size)
        .ok_or("no blobs")?
        .0;
    let mut bytes = std::fs::read(&layer)?;
    bytes[100] ^= 1;
    std::fs::write(&layer, bytes)?;
    let broken = Registry::command(&["scrub"], root.path(), &config, &["scrub"])?;
    let said = String::from_utf8_lossy(&broken.stdout).into_owned();
    let hex = layer.file_name().and_then(|name| name.to_str()).ok_or("no name")?;
    assert!(
        said.contains("affected") && said.contains(hex) && said.contains("bad blob digest"),
        "{said}"
    );
    Ok(())
}

fn lint() -> Result<(), Failed> {
    let key = "org.opencontainers.image.licenses";
    let config = json!({ "extensions": { "lint": { "enable": true, "mandatoryAnnotations": [key] } } });
    let registry = Registry::start_with(&["lint"], &config)?;
    let folder = tempfile::tempdir()?;
    let layout = folder.path().join("layout");
    image::busybox(&layout, "1")?;
    let remote = registry.image("app:1");
    let layout = layout.display().to_string();
    let refused = CRANE.refuses(&["push", "--insecure", &layout, &remote])?;
    assert!(refused.contains("MANIFEST_INVALID"), "{refused}");
    UMOCI.run(&[
        "config",
        "--image",
        &format!("{layout}:1"),
        &format!("--manifest.annotation={key}=MIT"),
    ])?;
    CRANE.run(&["push", "--insecure", &layout, &remote])?;
    Ok(())
}
