//! Docker: its engine pushes, pulls and runs what the registry keeps.

use libtest_mimic::{Failed, Trial};
use plimsoll_blackbox::{
    image,
    registry::Registry,
    tool::{BUSYBOX, DOCKER, trial},
};
use testcontainers::{
    GenericBuildableImage, GenericImage,
    core::WaitFor,
    runners::{SyncBuilder, SyncRunner},
};

pub(crate) fn trials() -> Vec<Trial> {
    vec![trial(
        "docker::an_image_is_pushed_pulled_and_run",
        &[DOCKER, BUSYBOX],
        round_trip,
    )]
}

fn round_trip() -> Result<(), Failed> {
    const DOCKERFILE: &str = "FROM scratch\nCOPY busybox /bin/busybox\nENTRYPOINT [\"/bin/busybox\"]\nCMD [\"echo\", \"hello from the registry\"]\n";
    let registry = Registry::start(&["metrics", "scrub", "lint"])?;
    // The engine takes a registry on loopback without TLS.
    let name = format!("{}/library/hello", registry.authority());
    let pushed = format!("{name}:1");
    let _built = GenericBuildableImage::new(&name, "1")
        .with_dockerfile_string(DOCKERFILE)
        .with_file(BUSYBOX.name, "./busybox")
        .build_image()?;
    let removed = image::Removed(&pushed);
    DOCKER.run(&["push", &pushed])?;
    // What runs next cannot be what was built: the engine has to pull it.
    DOCKER.run(&["image", "rm", &pushed])?;
    let container = GenericImage::new(name.as_str(), "1")
        .with_wait_for(WaitFor::message_on_stdout("hello from the registry"))
        .start()?;
    container.rm()?;
    drop(removed);
    Ok(())
}
