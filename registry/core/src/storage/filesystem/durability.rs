//! What it takes for a file or a name to survive a power cut, and how errors of the file system are told.

use std::{
    collections::BTreeSet,
    fs::File,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Mutex,
};

use super::{
    disk::{Output, create_folder, create_new, open_folder, remove_file, rename},
    repository::lock,
    schedule,
};
use crate::storage::StorageError;

/// The folders whose names are not on the disk, as far as is known: someone makes them at this moment, or failed to sync them.
static UNSYNCED: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// Whether to wait for the disk.
#[derive(Clone, Copy, Debug)]
pub(super) struct Durability {
    pub(super) commit: bool,
}

impl Durability {
    /// The file's content has reached the disk.
    pub(super) fn file(self, path: &Path, file: &File) -> io::Result<()> {
        if !self.commit {
            return Ok(());
        }
        schedule::sync(path)?;
        file.sync_data()
    }

    /// The names in a folder have reached the disk.
    pub(super) fn directory(self, path: &Path) -> io::Result<()> {
        if !self.commit {
            return Ok(());
        }
        match open_folder(path)?.sync_all() {
            // Some file systems have nothing to do here, and say so in this way.
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
            result => result,
        }
    }

    /// Gives `path` this content, so that at any instant it has either the old or the new. `temporary` must be in the
    /// same file system, and no one else's.
    pub(super) fn replace(self, path: &Path, temporary: &Path, content: &[u8]) -> io::Result<()> {
        let written = self
            .write_new(temporary, content)
            .and_then(|()| self.put(temporary, path));
        if written.is_err() {
            // It may not be there, and what matters is the first error.
            let _ = remove_file(temporary);
        }
        written
    }

    /// Gives the file `from`, which is on disk, the name `to`.
    pub(super) fn put(self, from: &Path, to: &Path) -> io::Result<()> {
        rename(from, to)?;
        to.parent().map_or(Ok(()), |parent| self.directory(parent))
    }

    /// Writes a file that is not there.
    pub(super) fn write_new(self, path: &Path, content: &[u8]) -> io::Result<()> {
        let file = create_new(path)?;
        Output { path, file: &file }.write_all(content)?;
        self.file(path, &file)
    }

    /// Makes `path` and what is missing between `base` (which is there) and it. Never goes through a symbolic link.
    ///
    /// A folder that somebody else made counts once its name is on the disk, as what is put into it is promised to be.
    pub(super) fn create_directories(self, base: &Path, path: &Path) -> io::Result<()> {
        let is_folder = || path.symlink_metadata().is_ok_and(|found| found.is_dir());
        if path == base || (is_folder() && !lock(&UNSYNCED).contains(path)) {
            return Ok(());
        }
        let parent = path
            .parent()
            .ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        self.create_directories(base, parent)?;
        if self.commit {
            lock(&UNSYNCED).insert(path.to_owned());
        }
        match create_folder(path) {
            Err(error) if !is_folder() => {
                lock(&UNSYNCED).remove(path);
                return Err(error);
            }
            _ => self.directory(parent)?,
        }
        lock(&UNSYNCED).remove(path);
        Ok(())
    }
}

/// Turns an error of the file system into the store's, saying what was being done.
pub(super) fn failed(doing: &str, path: &Path) -> impl FnOnce(io::Error) -> StorageError {
    let context = format!("{doing} {}", path.display());
    move |source| match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StorageError::NoSpace(source),
        _ => StorageError::Io { context, source },
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use rustix::io::Errno;

    use super::*;
    use crate::storage::filesystem::faults::{Fault, Shape, Watch};

    const DURABLE: Durability = Durability { commit: true };

    #[test]
    fn a_replaced_file_leaves_no_temporary_one() {
        let folder = tempfile::tempdir().unwrap();
        let (path, temporary) = (folder.path().join("file"), folder.path().join("temporary"));
        DURABLE.replace(&path, &temporary, b"old").unwrap();
        DURABLE.replace(&path, &temporary, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert!(!temporary.exists());
    }

    #[test]
    fn folders_are_not_made_through_a_symbolic_link() {
        let folder = tempfile::tempdir().unwrap();
        let outside = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(outside.path(), folder.path().join("link")).unwrap();
        let made = DURABLE.create_directories(folder.path(), &folder.path().join("link/inside"));
        assert!(made.is_err());
        assert!(!outside.path().join("inside").exists());
    }

    #[test]
    fn a_folder_that_could_not_be_synced_is_synced_before_it_is_used() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("made");
        let fault = Fault {
            error: Errno::MFILE,
            shape: Shape::Lasting,
        };
        let make = || DURABLE.create_directories(folder.path(), &path);
        // The first operation makes it, the second opens the one above.
        let watch = Watch::new(folder.path(), Some((1, fault)));
        make().unwrap_err();
        assert!(path.exists());
        make().unwrap_err();
        watch.mend();
        make().unwrap();
        let before = watch.operations();
        make().unwrap();
        assert_eq!(watch.operations(), before, "that is known from then on");
    }

    #[test]
    fn a_full_disk_is_told_apart_from_other_errors() {
        let path = Path::new("file");
        let full = failed("write", path)(io::Error::from(io::ErrorKind::StorageFull));
        assert!(matches!(full, StorageError::NoSpace(_)));
        let other = failed("write", path)(io::Error::from(io::ErrorKind::PermissionDenied));
        assert_eq!(other.to_string(), "write file: permission denied");
    }
}
