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
    durability::{Durability, remove_file, stat_regular},
    repository::Context,
};

impl Context {
    /// Where a blob lies in the pool.
    pub(super) fn pooled(&self, digest: &Digest) -> PathBuf {
        self.root
            .pool()
            .join(digest.algorithm().name())
            .join(&digest.hex()[..2])
            .join(digest.hex())
    }

    /// Links a blob of the pool to `target`. `false`: the pool cannot help.
    pub(super) fn link_from_pool(&self, digest: &Digest, size: u64, target: &Path) -> io::Result<bool> {
        if !self.dedupe {
            return Ok(false);
        }
        let pooled = self.pooled(digest);
        match stat_regular(&pooled)? {
            Some(metadata) if metadata.len() == size => link(&pooled, target),
            _ => Ok(false),
        }
    }

    /// Puts a blob into the pool. One that is there gives way: it was of no use to whoever calls this.
    pub(super) fn add_to_pool(&self, digest: &Digest, blob: &Path) -> io::Result<()> {
        if !self.dedupe {
            return Ok(());
        }
        let pooled = self.pooled(digest);
        let folder = pooled.parent().ok_or(io::ErrorKind::InvalidInput)?;
        // Not worth an fsync: see above.
        Durability { commit: false }.create_directories(self.root.path(), folder)?;
        let temporary = folder.join(format!(".{}", UploadId::new()));
        if link(blob, &temporary)? {
            fs::rename(&temporary, &pooled)?;
            // Renaming a link over another of the same file does nothing, and leaves both.
            remove_file(&temporary)?;
        }
        Ok(())
    }

    /// Removes a blob from the pool if no repository has it.
    pub(super) fn release_from_pool(&self, digest: &Digest) -> io::Result<()> {
        let pooled = self.pooled(digest);
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
    match fs::hard_link(source, target) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(true),
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
}
