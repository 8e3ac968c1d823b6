//! What crashes leave on the disk: which files those are, and whether they go away.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io,
    os::unix::fs::MetadataExt,
    path::Path,
    time::{Duration, Instant, SystemTime},
};

use globset::GlobSet;
use serde_json::Value;

/// Older than anything that may still be in use.
const OLD: Duration = Duration::from_hours(48);
/// So long a registry has to sweep.
const WITHIN: Duration = Duration::from_secs(20);
/// How often it is looked whether it has.
const EVERY: Duration = Duration::from_millis(20);

/// What may lie below the root once nothing is left over, and how that comes about.
#[derive(Clone, Debug)]
pub struct Sweep {
    /// Merged into the configuration, so that what is old is swept soon.
    pub config: Option<Value>,
    /// The files that belong there, as patterns of paths below the root.
    pub files: GlobSet,
    /// Those that are further names of others, and left over where they have no other name.
    pub links: GlobSet,
}

/// The files below `root` that are left over, `garbage` among them.
pub(super) fn list(root: &Path, sweep: &Sweep, garbage: &BTreeSet<String>) -> io::Result<Vec<String>> {
    let mut left = Vec::new();
    visit(root, &mut |path, metadata| {
        let below = path.strip_prefix(root).unwrap_or(path);
        let lonely = sweep.links.is_match(below) && metadata.nlink() == 1;
        let shown = below.display().to_string();
        if lonely || !sweep.files.is_match(below) || garbage.contains(&shown) {
            left.push(shown);
        }
        Ok(())
    })?;
    left.sort_unstable();
    Ok(left)
}

/// Waits until nothing is left over, and says what is if that takes too long.
pub(super) async fn until_swept(root: &Path, sweep: &Sweep, garbage: &BTreeSet<String>) -> io::Result<Vec<String>> {
    let begun = Instant::now();
    loop {
        let left = list(root, sweep, garbage)?;
        if left.is_empty() || begun.elapsed() > WITHIN {
            return Ok(left);
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// Lets every file look as if nobody had used it for days.
pub(super) fn make_old(root: &Path) -> io::Result<()> {
    let then = SystemTime::now() - OLD;
    visit(root, &mut |path, _| File::open(path)?.set_modified(then))
}

fn visit(folder: &Path, see: &mut dyn FnMut(&Path, &fs::Metadata) -> io::Result<()>) -> io::Result<()> {
    let entries = match fs::read_dir(folder) {
        // A server may be at work.
        Err(error) if is_gone(&error) => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let path = entry?.path();
        match path.symlink_metadata() {
            Ok(metadata) if metadata.is_dir() => visit(&path, see)?,
            Ok(metadata) => see(&path, &metadata)?,
            Err(error) if is_gone(&error) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn is_gone(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound
}

#[cfg(test)]
mod tests {
    use globset::{Glob, GlobSetBuilder};

    use super::*;

    fn set(patterns: &[&str]) -> GlobSet {
        let mut set = GlobSetBuilder::new();
        for pattern in patterns {
            set.add(Glob::new(pattern).unwrap());
        }
        set.build().unwrap()
    }

    #[test]
    fn what_no_pattern_knows_what_has_no_other_name_and_garbage_are_left_over() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::create_dir_all(root.join("app/blobs")).unwrap();
        fs::create_dir(root.join("pool")).unwrap();
        for file in ["app/blobs/one", "app/blobs/two", "app/new", "pool/alone"] {
            fs::write(root.join(file), "").unwrap();
        }
        fs::hard_link(root.join("app/blobs/one"), root.join("pool/one")).unwrap();
        let sweep = Sweep {
            config: None,
            files: set(&["app/blobs/*", "pool/*"]),
            links: set(&["pool/*"]),
        };
        let garbage = BTreeSet::from(["app/blobs/two".to_owned()]);
        assert_eq!(
            list(root, &sweep, &garbage).unwrap(),
            ["app/blobs/two", "app/new", "pool/alone"]
        );
    }

    #[test]
    fn everything_can_be_made_old() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(&path, "").unwrap();
        make_old(folder.path()).unwrap();
        let age = fs::metadata(&path).unwrap().modified().unwrap().elapsed().unwrap();
        assert!(age >= OLD);
    }
}
