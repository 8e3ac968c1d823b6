//! A file system of its own for the content of a server: small, so that it can be filled, and made read-only under it.

use std::{
    ffi::CString,
    fs::{self, File, OpenOptions},
    io,
    path::{Path, PathBuf},
};

use rustix::{
    fs::{FallocateFlags, StatVfsMountFlags, fallocate, statvfs},
    io::Errno,
    mount::{MountFlags, UnmountFlags, mount, mount_bind, mount_remount, unmount},
};

/// What `fill` writes, beside the server's root.
const FILLER: &str = "filler";
/// How it is mounted: nothing in it is a program or a device.
const FLAGS: MountFlags = MountFlags::NOSUID.union(MountFlags::NODEV).union(MountFlags::NOEXEC);

/// A file system in memory. Dropping it unmounts it, whoever still has files of it open.
#[derive(Debug)]
pub struct Disk {
    path: PathBuf,
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily: a server that is killed a moment later must not keep it mounted.
        // While it is read-only it is mounted over itself.
        while unmount(&self.path, UnmountFlags::DETACH).is_ok() {}
    }
}

impl Disk {
    /// Mounts a file system of `size` bytes at a folder.
    pub(super) fn mount(at: &Path, size: u64) -> io::Result<Self> {
        let data = CString::new(format!("size={size},mode=0700"))?;
        mount("plimsoll", at, "tmpfs", FLAGS, Some(data.as_c_str()))?;
        Ok(Self { path: at.to_owned() })
    }

    /// Where it is mounted.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Takes space until no more than `leave` bytes are free, in whole pages.
    pub fn fill(&self, leave: u64) -> io::Result<()> {
        let filler: File = OpenOptions::new().create(true).append(true).open(self.filler())?;
        loop {
            let free = statvfs(&self.path)?;
            let free = free.f_bavail.saturating_mul(free.f_frsize);
            let Some(taken) = free.checked_sub(leave).filter(|taken| *taken > 0) else {
                return Ok(());
            };
            match fallocate(&filler, FallocateFlags::empty(), filler.metadata()?.len(), taken) {
                // The server was faster: what is free now is less.
                Ok(()) | Err(Errno::NOSPC) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Gives back what `fill` took.
    pub fn free(&self) -> io::Result<()> {
        match fs::remove_file(self.filler()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => removed,
        }
    }

    /// Makes it read-only, or writable again. What was opened before can still be written to: by then a server has a lock
    /// open at least, and Linux makes no file system read-only of which a file is. So it is mounted over itself.
    pub fn remount(&self, read_only: bool) -> io::Result<()> {
        let is_read_only = statvfs(&self.path)?.f_flag.contains(StatVfsMountFlags::RDONLY);
        if is_read_only && !read_only {
            unmount(&self.path, UnmountFlags::DETACH)?;
        }
        if !is_read_only && read_only {
            mount_bind(&self.path, &self.path)?;
            let flags = FLAGS.union(MountFlags::BIND).union(MountFlags::RDONLY);
            mount_remount(&self.path, flags, "")?;
        }
        Ok(())
    }

    fn filler(&self) -> PathBuf {
        self.path.join(FILLER)
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;

    const SIZE: u64 = 1 << 20;

    /// A disk; none where nothing may be mounted, which CI does not accept.
    fn mounted(at: &Path) -> Option<Disk> {
        match Disk::mount(at, SIZE) {
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                assert!(
                    std::env::var_os("PLIMSOLL_REQUIRE_TOOLS").is_none(),
                    "mounting needs root"
                );
                None
            }
            disk => Some(disk.unwrap()),
        }
    }

    fn is_mounted(at: &Path) -> bool {
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
        mounts.contains(&format!(" {} ", at.display()))
    }

    #[test]
    fn a_disk_is_full_when_it_is_filled_and_has_room_when_it_is_freed() {
        let folder = tempfile::tempdir().unwrap();
        let Some(disk) = mounted(folder.path()) else { return };
        let write = |length: usize| fs::write(folder.path().join("file"), vec![7; length]);
        disk.fill(64 << 10).unwrap();
        write(64 << 10).unwrap();
        assert_eq!(write(80 << 10).unwrap_err().kind(), io::ErrorKind::StorageFull);
        disk.fill(0).unwrap();
        assert!(write(80 << 10).is_err());
        disk.free().unwrap();
        disk.free().unwrap();
        write(512 << 10).unwrap();
        assert!(write(2 << 20).is_err());
    }

    #[test]
    fn a_disk_is_read_only_until_it_is_writable_again() {
        let folder = tempfile::tempdir().unwrap();
        let Some(disk) = mounted(folder.path()) else { return };
        let file = folder.path().join("file");
        fs::write(&file, "kept").unwrap();
        let _lock = File::create(folder.path().join("lock")).unwrap();
        disk.remount(true).unwrap();
        disk.remount(true).unwrap();
        let refused = fs::write(&file, "new").unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::ReadOnlyFilesystem);
        assert_eq!(fs::read_to_string(&file).unwrap(), "kept");
        disk.remount(false).unwrap();
        disk.remount(false).unwrap();
        fs::write(&file, "new").unwrap();
        disk.remount(true).unwrap();
        drop(disk);
        assert!(!is_mounted(folder.path()));
    }

    #[test]
    fn a_disk_is_unmounted_when_something_panics_and_a_file_of_it_is_open() {
        let folder = tempfile::tempdir().unwrap();
        let Some(disk) = mounted(folder.path()) else { return };
        let _open = File::create(folder.path().join("file")).unwrap();
        assert!(is_mounted(folder.path()));
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            let _disk = disk;
            panic!("on purpose");
        }));
        assert!(panicked.is_err());
        assert!(!is_mounted(folder.path()));
    }
}
