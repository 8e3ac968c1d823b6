//! Garbage collection, while the repository is in use.
//!
//! Candidates are found without a lock. Each is looked at once more, under the locks that pushes of manifests and promises
//! of blobs take, before it goes.

use std::{fs, path::Path, sync::Arc, time::Duration};

use crate::{
    oci::{Algorithm, Digest},
    storage::{GarbageReport, Result},
};

use super::{
    blobs::list_folder,
    disk::{age, remove_file, stat_regular},
    durability::failed,
    graph::Graph,
    index_draft, journal,
    repository::{Repository, lock, write},
    state::State,
    uploads::Sessions,
};

impl Repository {
    /// Removes what nothing names and nobody used for `delay`.
    pub(super) fn collect_garbage(self: &Arc<Self>, sessions: &Sessions, delay: Duration) -> Result<GarbageReport> {
        self.refuse_links()?;
        let mut report = GarbageReport {
            uploads: self.expire_uploads(sessions, delay)?,
            ..GarbageReport::default()
        };
        if !self.ensure_graph()? {
            self.remove_bare_folders();
            return Ok(report);
        }
        self.expire_temporary_files(delay)?;
        self.collect_blobs(delay, &mut report)?;
        report.repository_removed = self.remove_if_empty()?;
        Ok(report)
    }

    fn collect_blobs(self: &Arc<Self>, delay: Duration, report: &mut GarbageReport) -> Result<()> {
        let unreadable = self.ask(|state| state.graph.as_ref().map_or(0, Graph::unreadable))?;
        if let Some(count) = unreadable.filter(|count| *count > 0) {
            tracing::warn!(
                repository = %self.name,
                count,
                "no blobs were collected: manifests of the repository cannot be read, so what they name is not known"
            );
            return Ok(());
        }
        // A time of use may be noted too early by the slack, never too late.
        let delay = delay.saturating_add(self.context.slack);
        let mut candidates = Vec::new();
        self.visit_blobs(|digest, path| {
            if self.ask(|state| state.needs(&digest))? == Some(false) && is_old(path, delay)? {
                candidates.push(digest);
            }
            Ok(())
        })?;
        for digest in candidates {
            if let Some(size) = self.collect_blob(&digest, delay)? {
                report.blobs += 1;
                report.bytes += size;
                self.release(&digest);
            }
        }
        Ok(())
    }

    fn collect_blob(&self, digest: &Digest, delay: Duration) -> Result<Option<u64>> {
        let path = self.paths.blob(digest);
        let _journal = lock(&self.journal);
        let _presence = write(&self.presence);
        if self.change(|state| state.needs(digest)) != Some(false) {
            return Ok(None);
        }
        match stat_regular(&path).map_err(failed("look at", &path))? {
            Some(metadata) if age(&metadata) >= delay => {
                remove_file(&path).map_err(failed("remove", &path))?;
                Ok(Some(metadata.len()))
            }
            _ => Ok(None),
        }
    }

    /// Removes what writers that were cut off left behind.
    fn expire_temporary_files(&self, delay: Duration) -> Result<()> {
        for path in list_folder(&self.paths.private())? {
            // A writer needs far less than this, whatever the delay.
            if is_temporary(&path) && is_old(&path, delay.max(Duration::from_hours(1)))? {
                remove_file(&path).map_err(failed("remove", &path))?;
            }
        }
        Ok(())
    }

    fn expire_uploads(self: &Arc<Self>, sessions: &Sessions, delay: Duration) -> Result<u64> {
        let mut expired = 0;
        for path in list_folder(&self.paths.uploads())? {
            if is_old(&path, delay)? && sessions.expire(self, &path, delay)? {
                expired += 1;
            }
        }
        Ok(expired)
    }

    /// Removes the repository if it has neither manifests nor blobs nor sessions.
    fn remove_if_empty(self: &Arc<Self>) -> Result<bool> {
        if self.ask(|state| state.manifests.is_empty() && state.opaque.is_empty())? != Some(true) {
            return Ok(false);
        }
        let _writing = lock(&self.writing);
        let mut journal = lock(&self.journal);
        let presence = write(&self.presence);
        let mut blobs = 0;
        self.visit_blobs(|_, _| {
            blobs += 1;
            Ok(())
        })?;
        let empty = self.change(|state| state.manifests.is_empty() && state.opaque.is_empty()) == Some(true);
        let private = self.paths.private();
        let at_work = list_folder(&private)?.iter().any(|path| is_temporary(path));
        if blobs > 0 || !empty || at_work || !list_folder(&self.paths.uploads())?.is_empty() {
            return Ok(false);
        }
        // The journal's changes all came to nothing, so an empty index says the same without them.
        let index = self.paths.index();
        let content = index_draft::render(&State::new());
        self.create_folder(&private)?;
        let durability = self.context.durability;
        self.replace_index(&content)
            .and_then(|()| journal::remove_before(&private, journal.rotate(), durability))
            .map_err(failed("write", &index))?;
        // A writer that came since goes on, and makes the repository anew.
        for path in list_folder(&private)?.into_iter().filter(|path| !is_temporary(path)) {
            remove_file(&path).map_err(failed("remove", &path))?;
        }
        let layout = self.paths.layout();
        remove_file(&layout).map_err(failed("remove", &layout))?;
        self.forget();
        self.context.catalogue.remove(&self.name);
        self.report_change();
        durability
            .directory(&self.paths.directory)
            .map_err(failed("write", &self.paths.directory))?;
        remove_file(&index).map_err(failed("remove", &index))?;
        self.remove_folders();
        drop((presence, journal));
        Ok(true)
    }

    /// Removes folders that sessions alone had made.
    fn remove_bare_folders(&self) {
        let _journal = lock(&self.journal);
        let _presence = write(&self.presence);
        if !self.is_loaded() {
            self.remove_folders();
        }
    }

    /// Removes the repository's folders and those above it, as far as they are empty.
    fn remove_folders(&self) {
        let _tree = write(&self.context.tree);
        let root = self.context.root.path();
        let inside = Algorithm::ALL
            .map(|algorithm| self.paths.blobs(algorithm))
            .into_iter()
            .chain([self.paths.all_blobs(), self.paths.uploads(), self.paths.private()]);
        for folder in inside {
            // Not empty, or not there: either way it is not ours to remove.
            let _ = fs::remove_dir(folder);
        }
        for folder in self.paths.directory.ancestors().take_while(|path| *path != root) {
            if fs::remove_dir(folder).is_err() {
                break;
            }
        }
    }
}

/// Whether it is what a writer has not moved to its place yet.
fn is_temporary(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    name.is_some_and(|name| name.starts_with("new-"))
}

fn is_old(path: &Path, delay: Duration) -> Result<bool> {
    let metadata = stat_regular(path).map_err(failed("look at", path))?;
    Ok(metadata.is_some_and(|metadata| age(&metadata) >= delay))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::filesystem::commit::tests::repository;

    #[test]
    fn a_candidate_that_came_into_use_meanwhile_stays() {
        let folder = tempfile::tempdir().unwrap();
        let repository = repository(folder.path());
        let digest = Algorithm::Sha256.digest(b"blob");
        let path = repository.paths.blob(&digest);
        fs::write(&path, b"blob").unwrap();
        let delay = Duration::from_hours(1);
        let old = std::time::SystemTime::now() - 2 * delay;
        fs::File::open(&path).unwrap().set_modified(old).unwrap();
        assert_eq!(repository.blob_size(&digest).unwrap(), Some(4));
        assert_eq!(repository.collect_blob(&digest, delay).unwrap(), None);
        fs::File::open(&path).unwrap().set_modified(old).unwrap();
        assert_eq!(repository.collect_blob(&digest, delay).unwrap(), Some(4));
        assert!(!path.exists());
    }
}
