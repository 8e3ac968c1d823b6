//! Small files that the registry keeps for itself beside the repositories, in a folder that no repository can be.

use std::{
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
    time::SystemTime,
};

use super::{
    disk::{self, Output},
    durability::{Durability, failed},
};
use crate::storage::{Result, StorageError, UploadId};

/// Larger than any such file is, in bytes.
const LARGEST: u64 = 1 << 20;
/// What files are called that are not whole yet.
const TEMPORARY: &str = "new-";

/// A folder of files that are whole or not there, each readable to its owner alone.
///
/// The time of a file is when it was last [`touched`](Self::touch). Who opens the folder holds the root: it knows of no other
/// process.
#[derive(Clone, Debug)]
pub(crate) struct PrivateFolder {
    root: PathBuf,
    path: PathBuf,
    durability: Durability,
}

/// A file of the folder.
#[derive(Debug)]
pub(crate) struct PrivateFile {
    /// Its name.
    pub(crate) name: String,
    /// Where it is, for who is told of it.
    pub(crate) path: PathBuf,
    /// What it holds.
    pub(crate) content: Vec<u8>,
    /// When it was last touched; `None`: never.
    pub(crate) touched: Option<SystemTime>,
}

impl PrivateFolder {
    /// The folder `name` of the registry's own below `root`. It is made with its first file. `commit`: what it holds is on the
    /// disk when a change returns.
    pub(crate) fn below(root: &Path, name: &str, commit: bool) -> Self {
        Self {
            root: root.to_owned(),
            path: root.join(".plimsoll").join(name),
            durability: Durability { commit },
        }
    }

    /// Reads every file, and removes what a crash left of one that was being written.
    pub(crate) fn read(&self) -> Result<Vec<PrivateFile>> {
        let paths = disk::list_paths(&self.path).map_err(failed("read", &self.path))?;
        let mut files = Vec::new();
        for path in paths {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if name.starts_with(TEMPORARY) {
                disk::remove_file(&path).map_err(failed("remove", &path))?;
            } else {
                files.push(read(name, path)?);
            }
        }
        Ok(files)
    }

    /// Writes a file that is not there.
    pub(crate) fn write(&self, name: &str, content: &[u8]) -> Result<()> {
        let path = self.path.join(name);
        let temporary = self.path.join(format!("{TEMPORARY}{}", UploadId::new()));
        let written = self
            .durability
            .create_directories(&self.root, &self.path)
            .and_then(|()| self.write_whole(&temporary, content))
            .and_then(|()| self.durability.put(&temporary, &path));
        written.map_err(|error| {
            // It may not be there, and what matters is the first error.
            let _ = disk::remove_file(&temporary);
            failed("write", &path)(error)
        })
    }

    fn write_whole(&self, path: &Path, content: &[u8]) -> io::Result<()> {
        let file = disk::create_private(path)?;
        Output { path, file: &file }.write_all(content)?;
        file.set_modified(SystemTime::UNIX_EPOCH)?;
        self.durability.file(path, &file)
    }

    /// Removes a file. `false`: it was not there.
    pub(crate) fn remove(&self, name: &str) -> Result<bool> {
        let path = self.path.join(name);
        let removed = disk::remove_file(&path).map_err(failed("remove", &path))?;
        if removed {
            let synced = self.durability.directory(&self.path);
            synced.map_err(failed("write", &self.path))?;
        }
        Ok(removed)
    }

    /// Notes that a file was used now. It is not waited for the disk: nobody is promised more than about when that was.
    pub(crate) fn touch(&self, name: &str) -> Result<()> {
        let path = self.path.join(name);
        disk::touch(&path).map_err(failed("touch", &path))
    }
}

fn read(name: String, path: PathBuf) -> Result<PrivateFile> {
    let corrupt = |reason: &str| StorageError::Corrupt {
        path: path.display().to_string(),
        reason: reason.to_owned(),
    };
    let opened = disk::open_regular(&path).map_err(failed("open", &path))?;
    let (file, metadata) = opened.ok_or_else(|| corrupt("it is not a regular file; take it away"))?;
    if metadata.len() > LARGEST {
        return Err(corrupt(
            "it is larger than 1 MiB, which none of these files is; take it away",
        ));
    }
    let mut content = Vec::new();
    let read = file.take(LARGEST).read_to_end(&mut content);
    read.map_err(failed("read", &path))?;
    let touched = metadata.modified().ok();
    Ok(PrivateFile {
        name,
        touched: touched.filter(|time| *time != SystemTime::UNIX_EPOCH),
        path,
        content,
    })
}

#[cfg(test)]
mod tests {
    use std::{
        fs,
        os::unix::fs::{PermissionsExt as _, symlink},
    };

    use rustix::io::Errno;

    use super::*;
    use crate::storage::filesystem::faults::{Fault, Shape, Watch};

    fn folder(root: &Path) -> PrivateFolder {
        PrivateFolder::below(root, "things", true)
    }

    #[test]
    fn what_is_written_is_read_and_is_its_owners_alone() {
        let root = tempfile::tempdir().unwrap();
        let things = folder(root.path());
        assert!(things.read().unwrap().is_empty());
        things.write("one", b"content").unwrap();
        let path = root.path().join(".plimsoll/things/one");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let [file] = &things.read().unwrap()[..] else {
            panic!("one file")
        };
        assert_eq!(
            (file.name.as_str(), file.content.as_slice()),
            ("one", b"content".as_slice())
        );
        assert_eq!(file.touched, None);
        things.touch("one").unwrap();
        assert!(things.read().unwrap()[0].touched.is_some());
        assert!(things.remove("one").unwrap());
        assert!(!things.remove("one").unwrap());
        assert!(things.read().unwrap().is_empty());
    }

    #[test]
    fn what_a_crash_left_is_removed_and_what_is_no_file_is_told_of() {
        let root = tempfile::tempdir().unwrap();
        let things = folder(root.path());
        things.write("one", b"content").unwrap();
        let path = root.path().join(".plimsoll/things");
        fs::write(path.join("new-half"), b"cont").unwrap();
        assert_eq!(things.read().unwrap().len(), 1);
        assert!(!path.join("new-half").exists());
        symlink(path.join("one"), path.join("two")).unwrap();
        let error = things.read().unwrap_err().to_string();
        assert!(
            error.ends_with("two: it is not a regular file; take it away"),
            "{error}"
        );
    }

    #[test]
    fn a_file_that_could_not_be_written_is_whole_or_not_there_and_can_be_written_again() {
        let fault = Fault {
            error: Errno::NOSPC,
            shape: Shape::Short,
        };
        for number in 0.. {
            let root = tempfile::tempdir().unwrap();
            let things = folder(root.path());
            let disk = Watch::new(root.path(), Some((number, fault)));
            let written = things.write("one", b"content");
            let Some(struck) = disk.mend() else {
                assert!(written.is_ok() && number > 5, "too little was tried: {number}");
                break;
            };
            assert!(
                matches!(written, Err(StorageError::NoSpace(_))),
                "{struck}: {written:?}"
            );
            let left = things.read().unwrap();
            assert!(left.iter().all(|file| file.content == b"content"), "{struck}: {left:?}");
            things.write("one", b"content").unwrap();
            assert_eq!(things.read().unwrap().len(), 1, "{struck}");
        }
    }
}
