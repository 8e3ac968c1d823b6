//! The pool: one more hard link to each blob of the store, by which repositories share equal blobs.
//!
//! It is a convenience, never the only place of anything: losing it costs disk space and no content.

use std::{
    fs, io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use crate::{oci::Digest, storage::UploadId};

use super::{
    disk::{has_link, list_paths, remove_file, rename, stat_regular},
    durability::Durability,
    repository::Context,
    schedule,
};

impl Context {
    /// Where a blob lies in the pool, if there is one. Somebody else's link would lead to files that are not ours.
    pub(super) fn place_in_pool(&self, digest: &Digest) -> Option<PathBuf> {
        let pooled = self.pooled(digest);
        (self.dedupe && !has_link(self.root.path(), &pooled)).then_some(pooled)
    }

    fn pooled(&self, digest: &Digest) -> PathBuf {
        self.root
            .pool()
            .join(digest.algorithm().name())
            .join(&digest.hex()[..2])
            .join(digest.hex())
    }

    /// Links a blob of the pool to `target`. `false`: the pool cannot help.
    pub(super) fn link_from_pool(&self, digest: &Digest, size: u64, target: &Path) -> io::Result<bool> {
        let Some(pooled) = self.place_in_pool(digest) else {
            return Ok(false);
        };
        match stat_regular(&pooled)? {
            Some(metadata) if metadata.len() == size => link(&pooled, target),
            _ => Ok(false),
        }
    }

    /// Puts a blob into the pool. One that is there gives way: it was of no use to whoever calls this.
    pub(super) fn add_to_pool(&self, digest: &Digest, blob: &Path) -> io::Result<()> {
        let Some(pooled) = self.place_in_pool(digest) else {
            return Ok(());
        };
        let folder = pooled.parent().ok_or(io::ErrorKind::InvalidInput)?;
        // Not worth an fsync: see above.
        Durability { commit: false }.create_directories(self.root.path(), folder)?;
        let temporary = folder.join(format!("{}{}", self.temporary_names(), UploadId::new()));
        if link(blob, &temporary)? {
            let renamed = rename(&temporary, &pooled);
            // Renaming a link over another of the same file does nothing, and leaves both.
            remove_file(&temporary)?;
            renamed?;
        }
        Ok(())
    }

    /// How names in the pool begin that are not for long, while this process lives.
    fn temporary_names(&self) -> String {
        format!(".{}-", self.life)
    }

    /// Removes what crashes left in the pool: blobs that no repository has any more, and names that were not for long.
    pub(super) fn sweep_pool(&self, is_stopped: impl Fn() -> bool) -> io::Result<()> {
        let ours = self.temporary_names();
        for algorithm in list_paths(&self.root.pool())? {
            for folder in list_paths(&algorithm)? {
                for path in list_paths(&folder)? {
                    if is_stopped() {
                        return Ok(());
                    }
                    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
                    let cut_off = name.starts_with('.') && !name.starts_with(&ours);
                    // As in `release_from_pool`, whoever links to it after the look has the file.
                    if cut_off || stat_regular(&path)?.is_some_and(|metadata| metadata.nlink() == 1) {
                        remove_file(&path)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Removes a blob from the pool if no repository has it.
    pub(super) fn release_from_pool(&self, digest: &Digest) -> io::Result<()> {
        let Some(pooled) = self.place_in_pool(digest) else {
            return Ok(());
        };
        // Should a repository link to it after the look, that repository has the file, and the next push pools it again.
        match stat_regular(&pooled)? {
            Some(metadata) if metadata.nlink() == 1 => remove_file(&pooled).map(|_| ()),
            _ => Ok(()),
        }
    }
}

/// Links `source`, which is a blob, to `target`, where that blob belongs. If it is there already, someone else brought the
/// same bytes at the same moment, and that is as good. `false`: `source` is not there any more, or the file system will
/// not have another link.
pub(super) fn link(source: &Path, target: &Path) -> io::Result<bool> {
    schedule::step(target)?;
    match fs::hard_link(source, target) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(stat_regular(target)?.is_some()),
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound
                    | io::ErrorKind::TooManyLinks
                    | io::ErrorKind::CrossesDevices
                    | io::ErrorKind::Unsupported
                    | io::ErrorKind::PermissionDenied
            ) =>
        {
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{oci::Algorithm, storage::filesystem::commit::tests::context};

    #[test]
    fn what_crashes_left_is_swept_and_what_is_in_use_stays() {
        let folder = tempfile::tempdir().unwrap();
        let context = Context {
            dedupe: true,
            ..context(folder.path())
        };
        let blobs: Vec<_> = ["used", "orphan"]
            .map(|text| {
                let digest = Algorithm::Sha256.digest(text.as_bytes());
                let blob = folder.path().join(text);
                fs::write(&blob, text).unwrap();
                context.add_to_pool(&digest, &blob).unwrap();
                (digest, blob)
            })
            .into();
        let [(used, blob), (orphan, gone)] = &blobs[..] else {
            unreachable!()
        };
        fs::remove_file(gone).unwrap();
        let place = context.pooled(used).parent().unwrap().to_owned();
        let earlier = place.join(format!(".{}-{}", UploadId::new(), UploadId::new()));
        let under_way = place.join(format!("{}{}", context.temporary_names(), UploadId::new()));
        for name in [&earlier, &under_way] {
            fs::hard_link(blob, name).unwrap();
        }
        context.sweep_pool(|| true).unwrap();
        assert!(earlier.exists(), "it is to stop");
        context.sweep_pool(|| false).unwrap();
        assert!(context.pooled(used).exists() && under_way.exists());
        assert!(!context.pooled(orphan).exists() && !earlier.exists());
    }

    #[test]
    fn whoever_links_second_has_what_the_first_linked() {
        let folder = tempfile::tempdir().unwrap();
        let (source, target) = (folder.path().join("source"), folder.path().join("target"));
        assert!(!link(&source, &target).unwrap());
        fs::write(&source, "blob").unwrap();
        assert!(link(&source, &target).unwrap());
        assert!(link(&source, &target).unwrap());
        assert_eq!(fs::read(&target).unwrap(), b"blob");
    }

    #[test]
    fn a_link_in_the_place_of_the_pool_is_not_followed() {
        let (folder, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let context = Context {
            dedupe: true,
            ..context(folder.path())
        };
        let digest = Algorithm::Sha256.digest(b"blob");
        std::os::unix::fs::symlink(outside.path(), context.root.pool()).unwrap();
        let theirs = context.pooled(&digest);
        fs::create_dir_all(theirs.parent().unwrap()).unwrap();
        fs::write(&theirs, "theirs").unwrap();
        let target = folder.path().join("target");
        assert!(!context.link_from_pool(&digest, 6, &target).unwrap());
        context.release_from_pool(&digest).unwrap();
        context.sweep_pool(|| false).unwrap();
        assert_eq!(fs::read(&theirs).unwrap(), b"theirs");
        assert!(!target.exists());
    }
}
