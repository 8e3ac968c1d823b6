//! `layout: valid`: every repository on disk is a valid OCI image layout, and every blob has the digest of its name.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use serde_json::Value;
use tokio::time::{Instant, sleep};

use crate::{
    assertion::Mismatch,
    runner::{context::Context, site::Registry, stop::Stop},
    template::Algorithm,
};

/// `index.json` of a server that runs may be this much behind what it serves, and then some.
const CATCH_UP: Duration = Duration::from_secs(3);
/// How often it is looked at meanwhile.
const EVERY: Duration = Duration::from_millis(100);
/// How many of the things that are wrong are told.
const TOLD: usize = 10;

/// Looks at all repositories, of one server or of all. While one runs, it looks until all is right or the time to
/// catch up is over.
pub(super) async fn run(run: &mut Context, server: Option<&str>) -> Result<(), Stop> {
    run.checks += 1;
    let servers = run.site.servers()?.registries();
    let servers: Vec<&Registry> = servers
        .iter()
        .filter(|one| server.is_none_or(|name| one.name() == name))
        .collect();
    let running = servers.iter().any(|server| server.is_running());
    let roots: BTreeSet<&Path> = servers.iter().map(|server| server.root()).collect();
    let deadline = Instant::now() + CATCH_UP;
    loop {
        let (mut found, mut wrong) = (0, Vec::new());
        for root in &roots {
            for repository in repositories(root) {
                found += 1;
                let name = repository
                    .strip_prefix(root)
                    .unwrap_or(&repository)
                    .display()
                    .to_string();
                wrong.extend(verify(&repository).into_iter().map(|what| format!("{name}: {what}")));
            }
        }
        if found == 0 {
            return Err(Stop::failed("there is no repository on disk that could be valid"));
        }
        if wrong.is_empty() {
            return Ok(());
        }
        if !running || Instant::now() >= deadline {
            if wrong.len() > TOLD {
                let more = wrong.len() - TOLD;
                wrong.truncate(TOLD);
                wrong.push(format!("… {more} more"));
            }
            return Err(Mismatch::new(
                "not every repository is a valid OCI image layout",
                "valid",
                wrong.join("\n"),
            )
            .into());
        }
        sleep(EVERY).await;
    }
}

/// The folders below `root` that hold a part of an image layout. What begins with `.` or `_` cannot be a repository's
/// name, and is the registry's own.
fn repositories(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![root.to_owned()];
    while let Some(folder) = open.pop() {
        let Ok(entries) = fs::read_dir(&folder) else {
            continue;
        };
        let is_part = ["oci-layout", "index.json"]
            .iter()
            .any(|name| folder.join(name).is_file());
        if is_part {
            found.push(folder.clone());
        }
        for entry in entries.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let own = name.starts_with(['.', '_']) || (is_part && name == "blobs");
            if !own && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                open.push(entry.path());
            }
        }
    }
    found.sort();
    found
}

/// Everything that is wrong with a repository.
fn verify(repository: &Path) -> Vec<String> {
    let mut wrong = Vec::new();
    match read_json(&repository.join("oci-layout")) {
        Ok(layout) if layout.get("imageLayoutVersion").and_then(Value::as_str) == Some("1.0.0") => {}
        Ok(_) => wrong.push("oci-layout does not say imageLayoutVersion 1.0.0".to_owned()),
        Err(error) => wrong.push(format!("oci-layout {error}")),
    }
    blobs(repository, &mut wrong);
    match read_json(&repository.join("index.json")) {
        Ok(index) => {
            if index.get("schemaVersion").and_then(Value::as_u64) != Some(2) {
                wrong.push("index.json does not have schemaVersion 2".to_owned());
            }
            match index.get("manifests").and_then(Value::as_array) {
                Some(manifests) => {
                    for descriptor in manifests {
                        manifest(repository, descriptor, &mut wrong);
                    }
                }
                None => wrong.push("index.json has no list of manifests".to_owned()),
            }
        }
        Err(error) => wrong.push(format!("index.json {error}")),
    }
    wrong
}

fn read_json(path: &Path) -> Result<Value, String> {
    let bytes = fs::read(path).map_err(|error| format!("cannot be read: {error}"))?;
    serde_json::from_slice(&bytes).map_err(|error| format!("is not JSON: {error}"))
}

/// Every file in `blobs` has the digest of its name.
fn blobs(repository: &Path, wrong: &mut Vec<String>) {
    for name in ["sha256", "sha512"] {
        let Some(algorithm) = Algorithm::from_name(name) else {
            continue;
        };
        let Ok(entries) = fs::read_dir(repository.join("blobs").join(name)) else {
            continue;
        };
        for entry in entries.flatten() {
            let digest = format!("{name}:{}", entry.file_name().to_string_lossy());
            match fs::read(entry.path()) {
                Ok(bytes) if algorithm.digest(&bytes) == digest => {}
                Ok(bytes) => wrong.push(format!(
                    "the blob {digest} has the bytes of {}",
                    algorithm.digest(&bytes)
                )),
                Err(error) => wrong.push(format!("the blob {digest} cannot be read: {error}")),
            }
        }
    }
}

/// The blob of a descriptor: its path, if it is there with the right size. That its bytes are right is seen in `blobs`.
fn blob(repository: &Path, descriptor: &Value, wrong: &mut Vec<String>) -> Option<PathBuf> {
    let digest = descriptor
        .get("digest")
        .and_then(Value::as_str)
        .and_then(|digest| digest.split_once(':'));
    let Some((algorithm, hex)) = digest.filter(|(_, hex)| hex.bytes().all(|byte| byte.is_ascii_hexdigit())) else {
        wrong.push(format!("a descriptor has no right digest: {descriptor}"));
        return None;
    };
    let path = repository.join("blobs").join(algorithm).join(hex);
    let size = descriptor.get("size").and_then(Value::as_u64);
    match fs::metadata(&path) {
        Ok(metadata) if Some(metadata.len()) == size => Some(path),
        Ok(metadata) => {
            wrong.push(format!(
                "{algorithm}:{hex} has {} bytes, its descriptor says {size:?}",
                metadata.len()
            ));
            None
        }
        Err(_) => {
            wrong.push(format!("{algorithm}:{hex} is named and not there"));
            None
        }
    }
}

/// A manifest that index.json names is there, and what it names is too. Of an index, children may be left out.
fn manifest(repository: &Path, descriptor: &Value, wrong: &mut Vec<String>) {
    let mut open = vec![descriptor.clone()];
    while let Some(descriptor) = open.pop() {
        let Some(path) = blob(repository, &descriptor, wrong) else {
            continue;
        };
        // Any bytes may be a manifest of a type that we do not know.
        let Ok(document) = read_json(&path) else {
            continue;
        };
        let layers = document.get("layers").and_then(Value::as_array).into_iter().flatten();
        for part in document.get("config").into_iter().chain(layers) {
            let elsewhere = part
                .get("urls")
                .and_then(Value::as_array)
                .is_some_and(|urls| !urls.is_empty());
            if part.get("digest").is_some() && !elsewhere {
                blob(repository, part, wrong);
            }
        }
        for child in document
            .get("manifests")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            // Looked at only if it is there.
            if blob(repository, child, &mut Vec::new()).is_some() {
                open.push(child.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::Content;

    fn repository() -> (tempfile::TempDir, PathBuf, Content) {
        let folder = tempfile::tempdir().unwrap();
        let repository = folder.path().join("a/b");
        fs::create_dir_all(repository.join("blobs/sha256")).unwrap();
        fs::write(repository.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
        let layer = Content::new("layer", Algorithm::Sha256);
        let hex = |content: &Content| content.digest()["sha256:".len()..].to_owned();
        fs::write(repository.join("blobs/sha256").join(hex(&layer)), "layer").unwrap();
        let manifest = serde_json::json!({ "layers": [{ "digest": layer.digest(), "size": 5 }] }).to_string();
        let content = Content::new(manifest.clone(), Algorithm::Sha256);
        fs::write(repository.join("blobs/sha256").join(hex(&content)), &manifest).unwrap();
        let index = serde_json::json!({
            "schemaVersion": 2,
            "manifests": [{ "digest": content.digest(), "size": manifest.len() }],
        });
        fs::write(repository.join("index.json"), index.to_string()).unwrap();
        (folder, repository, layer)
    }

    #[test]
    fn a_whole_layout_is_valid_and_is_found_where_it_is() {
        let (folder, repository, _) = repository();
        assert_eq!(repositories(folder.path()), std::slice::from_ref(&repository));
        assert_eq!(verify(&repository), Vec::<String>::new());
    }

    #[test]
    fn everything_that_is_wrong_is_found() {
        let (_folder, repository, layer) = repository();
        let path = repository.join("blobs/sha256").join(&layer.digest()["sha256:".len()..]);
        fs::write(&path, "lager").unwrap();
        assert!(verify(&repository)[0].contains("has the bytes of"));
        fs::remove_file(&path).unwrap();
        assert!(verify(&repository)[0].contains("is named and not there"));
        fs::write(repository.join("index.json"), "{}").unwrap();
        assert_eq!(verify(&repository).len(), 2);
        fs::write(repository.join("oci-layout"), "{").unwrap();
        assert!(verify(&repository)[0].contains("is not JSON"));
    }
}
