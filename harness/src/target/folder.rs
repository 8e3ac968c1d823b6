//! Where a server's folder lies while it runs: in memory, where the system offers that.

use std::{
    env, io,
    path::{Path, PathBuf},
};

use rustix::fs::{Access, access, statvfs};
use tempfile::TempDir;

/// A file system in memory, where Linux has it.
const MEMORY: &str = "/dev/shm";
/// What has to be free there, in bytes. Containers often have 64 MiB, which scenarios fill.
const ENOUGH: u64 = 2 << 30;

/// A new folder that is removed when it is dropped.
///
/// It is in `TMPDIR`, if that is set; else in memory, if there is room; else where temporary files are. What a killed
/// process leaves behind is the same in memory as on a disk, and a run waits for no disk.
pub(super) fn temporary() -> io::Result<TempDir> {
    tempfile::Builder::new().prefix("plimsoll-").tempdir_in(parent())
}

fn parent() -> PathBuf {
    let memory = Path::new(MEMORY);
    if env::var_os("TMPDIR").is_none() && has_room(memory) {
        return memory.to_owned();
    }
    env::temp_dir()
}

fn has_room(folder: &Path) -> bool {
    let writable = access(folder, Access::WRITE_OK | Access::EXEC_OK).is_ok();
    writable && statvfs(folder).is_ok_and(|system| system.f_bavail.saturating_mul(system.f_frsize) >= ENOUGH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_not_there_or_full_has_no_room() {
        assert!(!has_room(Path::new("/nowhere")));
        assert!(!has_room(Path::new("/proc")));
    }
}
