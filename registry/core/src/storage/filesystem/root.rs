//! The root folder: the lock that keeps a second server out, and which path belongs to which repository.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use rustix::fs::FlockOperation;

use crate::{
    oci::{Algorithm, Digest, RepositoryName},
    storage::{Result, StorageError, UploadId},
};

use super::{disk::open_lock, durability::failed};

const LOCK_FILE: &str = ".plimsoll.lock";
/// What a layout itself has in its folder, and a repository below it therefore cannot be called on disk.
const LAYOUT_NAMES: [&str; 3] = ["blobs", "index.json", "oci-layout"];

/// The root folder, held by this process for as long as the value lives.
#[derive(Debug)]
pub(super) struct Root {
    path: PathBuf,
    _lock: File,
}

impl Root {
    /// Makes the folder if need be, and holds it.
    pub(super) fn open(path: &Path) -> Result<Self> {
        fs::create_dir_all(path).map_err(failed("create", path))?;
        let path = path.canonicalize().map_err(failed("open", path))?;
        let lock_path = path.join(LOCK_FILE);
        let lock = open_lock(&lock_path).map_err(failed("open", &lock_path))?;
        match rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Self { path, _lock: lock }),
            Err(rustix::io::Errno::WOULDBLOCK) => Err(StorageError::Io {
                context: format!("lock {}", lock_path.display()),
                source: io::Error::new(
                    io::ErrorKind::ResourceBusy,
                    "another process uses this root directory; stop it, or give this one a root directory of its own",
                ),
            }),
            Err(error) => Err(failed("lock", &lock_path)(error.into())),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Where hard links for dedupe are.
    pub(super) fn pool(&self) -> PathBuf {
        self.path.join(".pool")
    }

    /// The folder of a repository, whether it is there or not.
    pub(super) fn repository(&self, name: &RepositoryName) -> Paths {
        let mut directory = self.path.clone();
        for (position, component) in name.components().enumerate() {
            if position > 0 && LAYOUT_NAMES.contains(&component) {
                directory.push(format!("_{component}"));
            } else {
                directory.push(component);
            }
        }
        Paths { directory }
    }
}

/// The component of a repository's name that a folder stands for, or `None` if it is not part of one. `depth` is how many
/// folders lie between it and the root.
pub(super) fn component(folder: &str, depth: usize) -> Option<&str> {
    let escaped = folder.strip_prefix('_').filter(|name| LAYOUT_NAMES.contains(name));
    match (depth, escaped) {
        (0, _) => (!folder.starts_with(['.', '_'])).then_some(folder),
        (_, Some(name)) => Some(name),
        (_, None) => (!folder.starts_with(['.', '_']) && !LAYOUT_NAMES.contains(&folder)).then_some(folder),
    }
}

/// Where a repository's things are.
#[derive(Clone, Debug)]
pub(super) struct Paths {
    pub(super) directory: PathBuf,
}

impl Paths {
    pub(super) fn layout(&self) -> PathBuf {
        self.directory.join("oci-layout")
    }

    pub(super) fn index(&self) -> PathBuf {
        self.directory.join("index.json")
    }

    pub(super) fn seal(&self) -> PathBuf {
        self.private().join("index.seal")
    }

    pub(super) fn all_blobs(&self) -> PathBuf {
        self.directory.join("blobs")
    }

    pub(super) fn blobs(&self, algorithm: Algorithm) -> PathBuf {
        self.all_blobs().join(algorithm.name())
    }

    pub(super) fn blob(&self, digest: &Digest) -> PathBuf {
        self.blobs(digest.algorithm()).join(digest.hex())
    }

    pub(super) fn uploads(&self) -> PathBuf {
        self.directory.join(".uploads")
    }

    pub(super) fn upload(&self, id: &UploadId) -> PathBuf {
        self.uploads().join(id.to_string())
    }

    /// Our own files, which no other tool looks at.
    pub(super) fn private(&self) -> PathBuf {
        self.directory.join(".plimsoll")
    }

    /// A name for a file that is about to be moved to its place.
    pub(super) fn temporary(&self) -> PathBuf {
        self.private().join(format!("new-{}", UploadId::new()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_a_layout_needs_itself_are_escaped_below_the_first_component() {
        let folder = tempfile::tempdir().unwrap();
        let root = Root::open(folder.path()).unwrap();
        for (name, expected) in [
            ("alpine", "alpine"),
            ("blobs", "blobs"),
            ("library/alpine", "library/alpine"),
            ("a/blobs/index.json", "a/_blobs/_index.json"),
            ("a/oci-layout", "a/_oci-layout"),
        ] {
            let name: RepositoryName = name.parse().unwrap();
            let path = root.repository(&name).directory;
            let relative = path.strip_prefix(root.path()).unwrap();
            assert_eq!(relative, Path::new(expected));
            let back: Vec<_> = expected
                .split('/')
                .enumerate()
                .map(|(depth, folder)| component(folder, depth).unwrap())
                .collect();
            assert_eq!(back.join("/"), name.as_str());
        }
    }

    #[test]
    fn folders_of_the_layout_and_of_ours_stand_for_no_component() {
        for (folder, depth) in [
            (".pool", 0),
            ("_trivy", 0),
            ("_blobs", 0),
            ("blobs", 1),
            (".uploads", 1),
            ("_x", 2),
        ] {
            assert_eq!(component(folder, depth), None, "{folder}");
        }
    }

    #[test]
    fn a_second_server_is_kept_out_until_the_first_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let first = Root::open(folder.path()).unwrap();
        let error = Root::open(folder.path()).unwrap_err().to_string();
        assert!(error.contains("another process uses this root directory"), "{error}");
        drop(first);
        Root::open(folder.path()).unwrap();
    }
}
