//! Images made of what Debian has: a static busybox in a root file system of its own.

use std::path::Path;

use libtest_mimic::Failed;

use crate::tool::{BUSYBOX, DOCKER, UMOCI};

/// What the tools are that [`busybox`] needs.
pub const TOOLS: [crate::tool::Tool; 2] = [BUSYBOX, UMOCI];

/// Makes an OCI layout at `layout` with one image, tagged `tag`, that holds busybox and says `hello from busybox`.
pub fn busybox(layout: &Path, tag: &str) -> Result<(), Failed> {
    let layout = layout.display().to_string();
    let image = format!("{layout}:{tag}");
    UMOCI.run(&["init", "--layout", &layout])?;
    UMOCI.run(&["new", "--image", &image])?;
    UMOCI.run(&["insert", "--rootless", "--image", &image, BUSYBOX.name, "/bin/busybox"])?;
    UMOCI.run(&[
        "config",
        "--image",
        &image,
        "--config.entrypoint=/bin/busybox",
        "--config.cmd=echo",
        "--config.cmd=hello from busybox",
        "--architecture=amd64",
        "--os=linux",
    ])?;
    Ok(())
}

/// The digest of the manifest that `tag` names in the layout.
pub fn digest(layout: &Path, tag: &str) -> Result<String, Failed> {
    let index: serde_json::Value = serde_json::from_slice(&std::fs::read(layout.join("index.json"))?)?;
    let manifests = index["manifests"].as_array().ok_or("index.json has no manifests")?;
    let named = |entry: &&serde_json::Value| entry["annotations"]["org.opencontainers.image.ref.name"] == tag;
    let entry = manifests
        .iter()
        .find(named)
        .ok_or_else(|| format!("no {tag} in {index}"))?;
    Ok(entry["digest"].as_str().ok_or("no digest")?.to_owned())
}

/// The blobs of the layout, each with its size in bytes.
pub fn blobs(layout: &Path) -> Result<Vec<(std::path::PathBuf, u64)>, Failed> {
    std::fs::read_dir(layout.join("blobs/sha256"))?
        .map(|entry| {
            let entry = entry?;
            Ok((entry.path(), entry.metadata()?.len()))
        })
        .collect()
}

/// Removes an image from the Docker engine when it is dropped, whatever became of the test.
#[derive(Debug)]
pub struct Removed<'a>(pub &'a str);

impl Drop for Removed<'_> {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = DOCKER.run(&["image", "rm", "--force", self.0]);
    }
}
