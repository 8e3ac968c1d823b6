//! A disk that fails as tests say: the operation of that number below a folder, with this error.

use std::{
    collections::{BTreeMap, HashMap},
    fs::OpenOptions,
    io,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use rustix::io::Errno;

/// How the disk fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) error: Errno,
    pub(super) shape: Shape,
}

/// How long it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// For this one operation.
    Once,
    /// Half of what is to be written is, before it does once.
    Short,
    /// Until it is mended.
    Lasting,
}

/// The disks that are watched, by the folder they stand for.
static DISKS: Mutex<BTreeMap<PathBuf, Disk>> = Mutex::new(BTreeMap::new());

#[derive(Debug, Default)]
struct Disk {
    operations: usize,
    /// Whether nothing is counted, and nothing fails.
    at_rest: bool,
    /// What fails, and how. `None`: nothing, any more.
    plan: Option<(usize, Fault)>,
    /// What failed: the number and the path of the first.
    struck: Option<String>,
    /// How long each file was when it was synced last, by its inode.
    synced: HashMap<u64, u64>,
}

/// A disk that is watched, for as long as this lives.
#[derive(Debug)]
pub(super) struct Watch(PathBuf);

impl Watch {
    /// Watches what is done below `root`. The operation with this number fails.
    pub(super) fn new(root: &Path, plan: Option<(usize, Fault)>) -> Self {
        let disk = Disk {
            plan,
            ..Disk::default()
        };
        disks().insert(root.to_owned(), disk);
        Self(root.to_owned())
    }

    /// From now on nothing fails. What failed until then, if anything did.
    pub(super) fn mend(&self) -> Option<String> {
        let mut disks = disks();
        let disk = disks.get_mut(&self.0)?;
        if disk.struck.is_some() {
            disk.plan = None;
        }
        disk.struck.clone()
    }

    /// While `look` looks, nothing is counted, and nothing fails.
    pub(super) fn rest<T>(&self, look: impl FnOnce() -> T) -> T {
        let set = |at_rest| {
            if let Some(disk) = disks().get_mut(&self.0) {
                disk.at_rest = at_rest;
            }
        };
        set(true);
        let seen = look();
        set(false);
        seen
    }

    /// How many operations there were.
    pub(super) fn operations(&self) -> usize {
        disks().get(&self.0).map_or(0, |disk| disk.operations)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        disks().remove(&self.0);
    }
}

fn disks() -> MutexGuard<'static, BTreeMap<PathBuf, Disk>> {
    DISKS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Asks the disk that the path is on.
fn ask<T>(path: &Path, none: T, question: impl FnOnce(&mut Disk) -> T) -> T {
    let mut disks = disks();
    let disk = disks.iter_mut().find(|(root, _)| path.starts_with(root));
    disk.map_or(none, |(_, disk)| question(disk))
}

impl Disk {
    /// Counts an operation. `Some`: how it fails.
    fn count(&mut self, path: &Path) -> Option<Fault> {
        if self.at_rest {
            return None;
        }
        let number = self.operations;
        self.operations += 1;
        let (at, fault) = self.plan?;
        let fails = if fault.shape == Shape::Lasting {
            number >= at
        } else {
            number == at
        };
        if !fails {
            return None;
        }
        self.struck
            .get_or_insert_with(|| format!("operation {number}, {}", path.display()));
        Some(fault)
    }
}

/// An operation on `path` fails if it is its turn.
pub(super) fn strike(path: &Path) -> io::Result<()> {
    room(path, 0).map(drop)
}

/// How many of the bytes that are to be written the disk takes.
pub(super) fn room(path: &Path, wanted: usize) -> io::Result<usize> {
    ask(path, Ok(wanted), |disk| match disk.count(path) {
        None => Ok(wanted),
        Some(fault) if fault.shape == Shape::Short && wanted > 1 => {
            // The rest is the next operation.
            let once = Fault {
                shape: Shape::Once,
                ..fault
            };
            disk.plan = Some((disk.operations, once));
            Ok(wanted / 2)
        }
        Some(fault) => Err(fault.error.into()),
    })
}

/// A file is synced. Where that fails, what was not synced before is lost, and the next sync has nothing to complain about:
/// as Linux does it.
pub(super) fn sync(path: &Path) -> io::Result<()> {
    let Ok(metadata) = path.symlink_metadata() else {
        return strike(path);
    };
    ask(path, Ok(()), |disk| {
        if let Some(fault) = disk.count(path) {
            let kept = disk.synced.get(&metadata.ino()).copied().unwrap_or_default();
            let file = OpenOptions::new().write(true).open(path)?;
            file.set_len(kept.min(metadata.len()))?;
            return Err(fault.error.into());
        }
        disk.synced.insert(metadata.ino(), metadata.len());
        Ok(())
    })
}
