//! The store's looks at the disk, and its changes of it. Each may fail in tests, and where it matters who comes first, others
//! go first.
//!
//! Whatever is not a regular file (a link, a pipe, a folder) counts as absent where a file is expected: following or waiting
//! for it would be worse.

use std::{
    fs::{self, DirEntry, File, Metadata, OpenOptions},
    io::{self, IoSlice, Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use rustix::fs::{AtFlags, CWD, OFlags, Timespec, Timestamps, UTIME_NOW, UTIME_OMIT};

use super::schedule;

/// Opens a regular file to read.
pub(super) fn open_regular(path: &Path) -> io::Result<Option<(File, Metadata)>> {
    open(OpenOptions::new().read(true), path)
}

/// Opens a regular file that is there, to write.
pub(super) fn open_to_write(path: &Path) -> io::Result<Option<File>> {
    Ok(open(OpenOptions::new().write(true), path)?.map(|(file, _)| file))
}

fn open(options: &mut OpenOptions, path: &Path) -> io::Result<Option<(File, Metadata)>> {
    schedule::step(path)?;
    let file = match options.custom_flags(flags(OFlags::NONBLOCK)?).open(path) {
        Err(error) if is_absent(&error) || is_no_file(&error) => return Ok(None),
        result => result?,
    };
    let metadata = file.metadata()?;
    Ok(metadata.is_file().then_some((file, metadata)))
}

/// Opens a folder, to sync it.
pub(super) fn open_folder(path: &Path) -> io::Result<File> {
    schedule::strike(path)?;
    let flags = flags(OFlags::DIRECTORY)?;
    OpenOptions::new().read(true).custom_flags(flags).open(path)
}

/// Opens a file that is locked, or makes it. Of anything else that it may be, waits for nothing.
pub(super) fn open_lock(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    options.custom_flags(flags(OFlags::NONBLOCK)?).open(path)
}

/// No link is followed, whatever else.
fn flags(more: OFlags) -> io::Result<i32> {
    i32::try_from((OFlags::NOFOLLOW | more).bits()).map_err(io::Error::other)
}

/// Makes a file that is not there, to write.
pub(super) fn create_new(path: &Path) -> io::Result<File> {
    schedule::strike(path)?;
    File::create_new(path)
}

/// The same, of a file that is its owner's alone.
pub(super) fn create_private(path: &Path) -> io::Result<File> {
    schedule::strike(path)?;
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

/// The metadata of a regular file, or `None` for whatever else.
pub(super) fn stat_regular(path: &Path) -> io::Result<Option<Metadata>> {
    schedule::step(path)?;
    match path.symlink_metadata() {
        Err(error) if is_absent(&error) => Ok(None),
        result => result.map(|metadata| metadata.is_file().then_some(metadata)),
    }
}

/// What is left of a file to read.
pub(super) fn read_rest(path: &Path, mut file: &File) -> io::Result<Vec<u8>> {
    schedule::strike(path)?;
    let length = file.metadata()?.len();
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or_default());
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A file as something to write to.
pub(super) struct Output<'a> {
    pub(super) path: &'a Path,
    pub(super) file: &'a File,
}

impl Write for Output<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = schedule::room(self.path, bytes.len())?;
        self.file.write(&bytes[..room])
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let first = slices.first().map_or(0, |slice| slice.len());
        let room = schedule::room(self.path, first)?;
        if room < first {
            return self.file.write(&slices[0][..room]);
        }
        self.file.write_vectored(slices)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Gives a file this length.
pub(super) fn set_len(path: &Path, file: &File, length: u64) -> io::Result<()> {
    schedule::strike(path)?;
    file.set_len(length)
}

/// Gives a file another name, in the place of whatever has it.
pub(super) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    schedule::strike(to)?;
    fs::rename(from, to)
}

/// Makes a folder.
pub(super) fn create_folder(path: &Path) -> io::Result<()> {
    schedule::strike(path)?;
    fs::create_dir(path)
}

/// Calls `visit` with everything that lies in a folder, which need not be there, nor be one.
pub(super) fn list(folder: &Path, mut visit: impl FnMut(&DirEntry) -> io::Result<()>) -> io::Result<()> {
    schedule::strike(folder)?;
    let is_folder = folder.symlink_metadata().map(|metadata| metadata.is_dir());
    let entries = match is_folder.and_then(|is_folder| {
        if is_folder {
            fs::read_dir(folder)
        } else {
            Err(io::ErrorKind::NotADirectory.into())
        }
    }) {
        Err(error) if is_absent(&error) => return Ok(()),
        result => result?,
    };
    for entry in entries {
        visit(&entry?)?;
    }
    Ok(())
}

/// The paths of everything that lies in a folder, which need not be there, nor be one.
pub(super) fn list_paths(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    list(folder, |entry| {
        paths.push(entry.path());
        Ok(())
    })?;
    Ok(paths)
}

/// Whether the path leads through a symbolic link below `base`, or is one.
pub(super) fn has_link(base: &Path, path: &Path) -> bool {
    let below = path.ancestors().take_while(|path| *path != base);
    below
        .filter_map(|path| path.symlink_metadata().ok())
        .any(|metadata| metadata.is_symlink())
}

/// Removes a file. `false`: it was not there.
pub(super) fn remove_file(path: &Path) -> io::Result<bool> {
    schedule::step(path)?;
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if is_absent(&error) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Marks a file as used now. Files that share an inode share this too, so the time only ever goes forward.
pub(super) fn touch(path: &Path) -> io::Result<()> {
    schedule::step(path)?;
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

fn is_absent(error: &io::Error) -> bool {
    // A link that must not be followed is told as a loop.
    let loops = error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error());
    loops || matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// What opening a pipe that nobody reads, a socket, or a folder to write is told as.
fn is_no_file(error: &io::Error) -> bool {
    let socket = error.raw_os_error() == Some(rustix::io::Errno::NXIO.raw_os_error());
    socket || error.kind() == io::ErrorKind::IsADirectory
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert!(open_to_write(&file).unwrap().is_some());
        for other in [&link, &pipe, &folder.path().to_owned(), &file.join("below")] {
            assert!(open_regular(other).unwrap().is_none(), "{}", other.display());
            assert!(open_to_write(other).unwrap().is_none(), "{}", other.display());
        }
    }

    #[test]
    fn a_linked_folder_has_nothing_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("real"), folder.path().join("link"));
        fs::create_dir(&real).unwrap();
        fs::write(real.join("file"), b"").unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        assert_eq!(list_paths(&real).unwrap().len(), 1);
        assert!(list_paths(&link).unwrap().is_empty());
        assert!(has_link(folder.path(), &link.join("file")));
        assert!(!has_link(folder.path(), &real.join("file")));
    }
}
