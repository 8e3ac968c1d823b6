//! skopeo: images in and out.

use libtest_mimic::{Failed, Trial};
use plimsoll_blackbox::{
    image,
    registry::Registry,
    tool::{SKOPEO, trial},
};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial(
            "skopeo::an_image_comes_out_as_it_went_in",
            &[SKOPEO, image::TOOLS[0], image::TOOLS[1]],
            round_trip,
        ),
        trial(
            "skopeo::tags_are_listed_and_an_image_is_deleted",
            &[SKOPEO, image::TOOLS[0], image::TOOLS[1]],
            list_and_delete,
        ),
    ]
}

fn round_trip() -> Result<(), Failed> {
    let registry = Registry::start(&["metrics", "scrub", "lint"])?;
    let folder = tempfile::tempdir()?;
    let (there, back) = (folder.path().join("in"), folder.path().join("out"));
    image::busybox(&there, "1")?;
    let remote = format!("docker://{}/library/busybox:1", registry.authority());
    SKOPEO.run(&[
        "copy",
        "--dest-tls-verify=false",
        &format!("oci:{}:1", there.display()),
        &remote,
    ])?;
    SKOPEO.run(&[
        "copy",
        "--src-tls-verify=false",
        &remote,
        &format!("oci:{}:1", back.display()),
    ])?;
    let digest = image::digest(&there, "1")?;
    assert_eq!(
        digest,
        image::digest(&back, "1")?,
        "the manifest that came back is another"
    );
    let inspected = SKOPEO.run(&["inspect", "--tls-verify=false", "--format={{.Digest}}", &remote])?;
    assert_eq!(inspected.trim(), digest);
    Ok(())
}

fn list_and_delete() -> Result<(), Failed> {
    let registry = Registry::start(&["metrics", "scrub", "lint"])?;
    let folder = tempfile::tempdir()?;
    let layout = folder.path().join("layout");
    image::busybox(&layout, "1")?;
    let repository = format!("docker://{}/app", registry.authority());
    for tag in ["1", "2"] {
        let from = format!("oci:{}:1", layout.display());
        SKOPEO.run(&["copy", "--dest-tls-verify=false", &from, &format!("{repository}:{tag}")])?;
    }
    let listed: serde_json::Value =
        serde_json::from_str(&SKOPEO.run(&["list-tags", "--tls-verify=false", &repository])?)?;
    assert_eq!(listed["Tags"], serde_json::json!(["1", "2"]));
    // skopeo deletes by digest, which takes both tags with it.
    SKOPEO.run(&["delete", "--tls-verify=false", &format!("{repository}:1")])?;
    SKOPEO.refuses(&["inspect", "--tls-verify=false", &format!("{repository}:2")])?;
    Ok(())
}
