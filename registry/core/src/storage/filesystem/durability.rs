//! What it takes for a file or a name to survive a power cut, and how errors of the file system are told.

use std::{
    fs::{self, File, Metadata, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
    time::{Duration, SystemTime},
};

use rustix::fs::{AtFlags, CWD, OFlags, Timespec, Timestamps, UTIME_NOW, UTIME_OMIT};

use super::schedule;
use crate::storage::StorageError;

/// Whether to wait for the disk.
#[derive(Clone, Copy, Debug)]
pub(super) struct Durability {
    pub(super) commit: bool,
}

impl Durability {
    /// The file's content has reached the disk.
    pub(super) fn file(self, file: &File) -> io::Result<()> {
        if self.commit { file.sync_data() } else { Ok(()) }
    }

    /// The names in a folder have reached the disk.
    pub(super) fn directory(self, path: &Path) -> io::Result<()> {
        if !self.commit {
            return Ok(());
        }
        match File::open(path)?.sync_all() {
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
            let _ = fs::remove_file(temporary);
        }
        written
    }

    /// Gives the file `from`, which is on disk, the name `to`.
    pub(super) fn put(self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)?;
        to.parent().map_or(Ok(()), |parent| self.directory(parent))
    }

    /// Writes a file that is not there.
    pub(super) fn write_new(self, path: &Path, content: &[u8]) -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
        file.write_all(content)?;
        self.file(&file)
    }

    /// Makes `path` and what is missing between `base` (which is there) and it. Never goes through a symbolic link.
    pub(super) fn create_directories(self, base: &Path, path: &Path) -> io::Result<()> {
        if path == base || path.symlink_metadata().is_ok_and(|found| found.is_dir()) {
            return Ok(());
        }
        let parent = path
            .parent()
            .ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        self.create_directories(base, parent)?;
        match fs::create_dir(path) {
            Ok(()) => self.directory(parent),
            Err(_) if path.symlink_metadata().is_ok_and(|found| found.is_dir()) => Ok(()),
            Err(error) => Err(error),
        }
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

/// Opens a regular file to read. Anything else of that name (a link, a pipe, a folder) counts as absent: following or
/// waiting for it would be worse.
pub(super) fn open_regular(path: &Path) -> io::Result<Option<(File, Metadata)>> {
    schedule::step();
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let flags = i32::try_from(flags.bits()).map_err(io::Error::other)?;
    let file = match OpenOptions::new().read(true).custom_flags(flags).open(path) {
        Err(error) if is_absent(&error) => return Ok(None),
        result => result?,
    };
    let metadata = file.metadata()?;
    Ok(metadata.is_file().then_some((file, metadata)))
}

/// The metadata of a regular file, or `None` for whatever else.
pub(super) fn stat_regular(path: &Path) -> io::Result<Option<Metadata>> {
    schedule::step();
    match path.symlink_metadata() {
        Err(error) if is_absent(&error) => Ok(None),
        result => result.map(|metadata| metadata.is_file().then_some(metadata)),
    }
}

fn is_absent(error: &io::Error) -> bool {
    // A link that must not be followed is told as a loop.
    let loops = error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error());
    loops || matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// Removes a file. `false`: it was not there.
pub(super) fn remove_file(path: &Path) -> io::Result<bool> {
    schedule::step();
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if is_absent(&error) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Marks a file as used now. Files that share an inode share this too, so the time only ever goes forward.
pub(super) fn touch(path: &Path) -> io::Result<()> {
    schedule::step();
    let special = |tv_nsec| Timespec { tv_sec: 0, tv_nsec };
    let times = Timestamps {
        last_access: special(UTIME_OMIT),
        last_modification: special(UTIME_NOW),
    };
    rustix::fs::utimensat(CWD, path, &times, AtFlags::SYMLINK_NOFOLLOW)?;
    Ok(())
}

/// How long ago a file was used. A time in the future counts as now.
pub(super) fn age(metadata: &Metadata) -> Duration {
    metadata
        .modified()
        .ok()
        .and_then(|modified| SystemTime::now().duration_since(modified).ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn only_a_regular_file_is_opened() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, b"content").unwrap();
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&file, &link).unwrap();
        let pipe = folder.path().join("pipe");
        rustix::fs::mknodat(
            CWD,
            &pipe,
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::from_raw_mode(0o600),
            0,
        )
        .unwrap();
        assert!(open_regular(&file).unwrap().is_some());
        for other in [&link, &pipe, &folder.path().to_owned(), &file.join("below")] {
            assert!(open_regular(other).unwrap().is_none(), "{}", other.display());
        }
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
