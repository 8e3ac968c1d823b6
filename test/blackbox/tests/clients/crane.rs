//! crane: what go-containerregistry's users do.

use libtest_mimic::{Failed, Trial};
use plimsoll_blackbox::{
    image,
    registry::Registry,
    tool::{BUSYBOX, CRANE, UMOCI, trial},
};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial(
            "crane::a_copy_to_another_repository_has_the_same_digest",
            &[CRANE, BUSYBOX, UMOCI],
            copy,
        ),
        trial(
            "crane::an_index_of_two_platforms_is_pulled_by_platform",
            &[CRANE, BUSYBOX, UMOCI],
            index,
        ),
    ]
}

fn copy() -> Result<(), Failed> {
    let registry = Registry::start(&[])?;
    let folder = tempfile::tempdir()?;
    let layout = folder.path().join("layout");
    image::busybox(&layout, "1")?;
    let (first, second) = (registry.image("one/app:1"), registry.image("two/app:moved"));
    CRANE.run(&["push", "--insecure", &layout.display().to_string(), &first])?;
    CRANE.run(&["copy", "--insecure", &first, &second])?;
    let digest = CRANE.run(&["digest", "--insecure", &first])?;
    assert_eq!(digest, CRANE.run(&["digest", "--insecure", &second])?);
    assert_eq!(
        CRANE.run(&["catalog", "--insecure", registry.authority()])?,
        "one/app\ntwo/app\n"
    );
    assert_eq!(CRANE.run(&["ls", "--insecure", &registry.image("two/app")])?, "moved\n");
    CRANE.run(&["tag", "--insecure", &second, "again"])?;
    CRANE.run(&[
        "delete",
        "--insecure",
        &registry.image(&format!("two/app@{}", digest.trim())),
    ])?;
    CRANE.refuses(&["manifest", "--insecure", &registry.image("two/app:again")])?;
    assert_eq!(
        digest,
        CRANE.run(&["digest", "--insecure", &first])?,
        "a deletion reached another repository"
    );
    CRANE.run(&["validate", "--insecure", "--remote", &first])?;
    Ok(())
}

fn index() -> Result<(), Failed> {
    let registry = Registry::start(&[])?;
    let folder = tempfile::tempdir()?;
    let layout = folder.path().join("layout");
    image::busybox(&layout, "1")?;
    let (amd, arm, both) = (
        registry.image("app:amd64"),
        registry.image("app:arm64"),
        registry.image("app:both"),
    );
    CRANE.run(&["push", "--insecure", &layout.display().to_string(), &amd])?;
    CRANE.run(&[
        "mutate",
        "--insecure",
        "--set-platform=linux/arm64",
        "--tag",
        &arm,
        &amd,
    ])?;
    CRANE.run(&[
        "index",
        "append",
        "--insecure",
        "--manifest",
        &amd,
        "--manifest",
        &arm,
        "--tag",
        &both,
    ])?;
    let by_platform = |platform: &str| CRANE.run(&["digest", "--insecure", "--platform", platform, &both]);
    assert_eq!(by_platform("linux/arm64")?, CRANE.run(&["digest", "--insecure", &arm])?);
    assert_ne!(by_platform("linux/arm64")?, by_platform("linux/amd64")?);
    Ok(())
}
