//! OCI image layouts on a disk: whether each repository is a valid one, and every blob has the digest of its name.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

use crate::template::Algorithm;

/// What makes a folder one that is, or was to be, a repository.
pub(crate) const ANY_PART: &[&str] = &["oci-layout", "index.json"];
/// What makes a folder a repository: without it, what is there is left over from one that never came to be.
pub(crate) const ITS_MARK: &[&str] = &["oci-layout"];

/// Everything that is wrong with the repositories below `root`: the folders that hold one of `marks`. `None` where there
/// is none.
pub(crate) fn problems(root: &Path, marks: &[&str]) -> Option<Vec<String>> {
    let repositories = repositories(root, marks);
    if repositories.is_empty() {
        return None;
    }
    let mut wrong = Vec::new();
    for repository in &repositories {
        let name = repository.strip_prefix(root).unwrap_or(repository).display();
        wrong.extend(verify(repository).into_iter().map(|what| format!("{name}: {what}")));
    }
    Some(wrong)
}

/// Everything that cannot be read of the indexes below `root`, while nothing is said of what they name: a registry may be
/// about to write them anew.
pub(crate) fn unreadable(root: &Path) -> Vec<String> {
    let mut wrong = Vec::new();
    for repository in repositories(root, ITS_MARK) {
        let name = repository
            .strip_prefix(root)
            .unwrap_or(&repository)
            .display()
            .to_string();
        let mut found = Vec::new();
        head(&repository, &mut found);
        wrong.extend(found.into_iter().map(|what| format!("{name}: {what}")));
    }
    wrong
}

/// The folders below `root` that hold one of `marks`. What begins with `.` or `_` cannot be a repository's
/// name, and is the registry's own.
fn repositories(root: &Path, marks: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![root.to_owned()];
    while let Some(folder) = open.pop() {
        let Ok(entries) = fs::read_dir(&folder) else {
            continue;
        };
        let is_marked = marks.iter().any(|name| folder.join(name).is_file());
        if is_marked {
            found.push(folder.clone());
        }
        for entry in entries.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let own = name.starts_with(['.', '_']) || (is_marked && name == "blobs");
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
    blobs(repository, &mut wrong);
    for descriptor in head(repository, &mut wrong) {
        manifest(repository, &descriptor, &mut wrong);
    }
    wrong
}

/// What oci-layout and index.json say: the descriptors of the manifests.
fn head(repository: &Path, wrong: &mut Vec<String>) -> Vec<Value> {
    match read_json(&repository.join("oci-layout")) {
        Ok(layout) if layout.get("imageLayoutVersion").and_then(Value::as_str) == Some("1.0.0") => {}
        Ok(_) => wrong.push("oci-layout does not say imageLayoutVersion 1.0.0".to_owned()),
        Err(error) => wrong.push(format!("oci-layout {error}")),
    }
    match read_json(&repository.join("index.json")) {
        Ok(index) => {
            if index.get("schemaVersion").and_then(Value::as_u64) != Some(2) {
                wrong.push("index.json does not have schemaVersion 2".to_owned());
            }
            match index.get("manifests").and_then(Value::as_array) {
                Some(manifests) => return manifests.clone(),
                None => wrong.push("index.json has no list of manifests".to_owned()),
            }
        }
        Err(error) => wrong.push(format!("index.json {error}")),
    }
    Vec::new()
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
        assert_eq!(repositories(folder.path(), ANY_PART), std::slice::from_ref(&repository));
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
        assert_eq!(unreadable(repository.parent().unwrap()).len(), 2);
        fs::write(repository.join("oci-layout"), "{").unwrap();
        assert!(verify(&repository)[0].contains("is not JSON"));
        assert_eq!(unreadable(repository.parent().unwrap()).len(), 3);
    }
}
