//! The disk: repositories that other tools wrote, and ours as other tools read them.

use libtest_mimic::{Failed, Trial};
use plimsoll_blackbox::{
    image,
    registry::Registry,
    tool::{BUSYBOX, SKOPEO, UMOCI, trial},
};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial(
            "layout::a_repository_that_umoci_wrote_is_served_as_it_is",
            &[SKOPEO, UMOCI, BUSYBOX],
            served,
        ),
        trial(
            "layout::a_repository_is_an_image_layout_that_umoci_reads",
            &[SKOPEO, UMOCI, BUSYBOX],
            read,
        ),
    ]
}

fn served() -> Result<(), Failed> {
    let root = tempfile::tempdir()?;
    image::busybox(&root.path().join("foreign/busybox"), "1")?;
    let digest = image::digest(&root.path().join("foreign/busybox"), "1")?;
    let registry = Registry::start_in(&[], root, &serde_json::json!({}))?;
    let remote = format!("docker://{}/foreign/busybox:1", registry.authority());
    let inspected = SKOPEO.run(&["inspect", "--tls-verify=false", "--format={{.Digest}}", &remote])?;
    assert_eq!(inspected.trim(), digest);
    let out = tempfile::tempdir()?;
    SKOPEO.run(&[
        "copy",
        "--src-tls-verify=false",
        &remote,
        &format!("oci:{}:1", out.path().display()),
    ])?;
    Ok(())
}

fn read() -> Result<(), Failed> {
    let registry = Registry::start(&[])?;
    let folder = tempfile::tempdir()?;
    let layout = folder.path().join("layout");
    image::busybox(&layout, "1")?;
    let from = format!("oci:{}:1", layout.display());
    SKOPEO.run(&[
        "copy",
        "--dest-tls-verify=false",
        &from,
        &format!("docker://{}/a/b:one", registry.authority()),
    ])?;
    let root = registry.stop()?;
    let layout = root.path().join("a/b").display().to_string();
    assert_eq!(UMOCI.run(&["list", "--layout", &layout])?.trim(), "one");
    let bundle = folder.path().join("bundle").display().to_string();
    UMOCI.run(&["unpack", "--rootless", "--image", &format!("{layout}:one"), &bundle])?;
    let unpacked = std::fs::read(format!("{bundle}/rootfs/bin/busybox"))?;
    assert_eq!(unpacked, std::fs::read(BUSYBOX.name)?);
    Ok(())
}
