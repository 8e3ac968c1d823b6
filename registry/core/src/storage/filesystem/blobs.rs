//! Blobs of a repository: look, read, take in, mount, remove, list.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    ops::Range,
    path::Path,
    sync::Arc,
};

use bytes::Bytes;
use futures_util::{StreamExt, stream};

use crate::{
    oci::{Algorithm, Digest},
    storage::{BlobContent, ByteStream, Listing, Page, Result, StorageError},
};

use super::{
    disk::{Output, age, create_new, list, list_paths, open_regular, remove_file, rename, stat_regular, touch},
    durability::failed,
    pool::link,
    repository::{Repository, lock, read, write},
    schedule,
};

/// So many bytes are read at once. A reader has one piece that is sent and one that is read, and perhaps one that waits.
const READ_SIZE: u64 = 256 << 10;

/// What becomes of a blob that is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Existing {
    /// It stays, as it has the same content.
    Kept,
    /// It goes, as its content is not what its name says.
    Replaced,
}

impl Repository {
    /// The size of a blob, which is now in use.
    pub(super) fn blob_size(self: &Arc<Self>, digest: &Digest) -> Result<Option<u64>> {
        if !self.load()? {
            return Ok(None);
        }
        let path = self.paths.blob(digest);
        let _presence = read(&self.presence);
        let Some(metadata) = stat_regular(&path).map_err(failed("look at", &path))? else {
            return Ok(None);
        };
        if age(&metadata) > self.context.slack
            && let Err(error) = touch(&path)
        {
            // As on a file system that is mounted to be read: then nothing is collected either.
            tracing::debug!(path = %path.display(), %error, "the time of use was not noted");
        }
        Ok(Some(metadata.len()))
    }

    /// Opens a blob, and reads its beginning.
    pub(super) fn read_blob(
        self: &Arc<Self>,
        digest: &Digest,
        range: Option<Range<u64>>,
    ) -> Result<Option<BlobContent>> {
        if !self.load()? {
            return Ok(None);
        }
        let path = self.paths.blob(digest);
        let Some((mut file, metadata)) = open_regular(&path).map_err(failed("open", &path))? else {
            return Ok(None);
        };
        let size = metadata.len();
        let range = range.unwrap_or(0..size);
        let (start, end) = (range.start.min(size), range.end.min(size));
        if start > 0 {
            file.seek(SeekFrom::Start(start)).map_err(failed("read", &path))?;
        }
        let rest = end.saturating_sub(start);
        let (file, first, rest) = schedule::strike(&path)
            .and_then(|()| read_piece(file, rest))
            .map_err(failed("read", &path))?;
        let body: ByteStream = if rest == 0 {
            Box::pin(stream::iter((!first.is_empty()).then_some(Ok(first))))
        } else {
            Box::pin(stream::iter([Ok(first)]).chain(pieces(file, rest)))
        };
        Ok(Some(BlobContent { size, body }))
    }

    /// Makes the file `source`, whose content has this digest, a blob. The file is gone afterwards. After an error it can be
    /// tried again, unless it was `sync` that failed: the file is not to be trusted then.
    pub(super) fn take_in(
        self: &Arc<Self>,
        source: &Path,
        digest: &Digest,
        size: u64,
        mut existing: Existing,
        sync: impl Fn(&File) -> io::Result<()>,
    ) -> Result<()> {
        let mut synced = false;
        loop {
            self.create()?;
            self.create_folder(&self.paths.blobs(digest.algorithm()))?;
            let presence = read(&self.presence);
            if !self.is_loaded() {
                // Garbage collection removed the empty repository since.
                continue;
            }
            let reused = existing == Existing::Kept
                && self.reuse(digest, size).unwrap_or_else(|error| {
                    self.distrust(digest, &error);
                    existing = Existing::Replaced;
                    false
                });
            if reused {
                remove_file(source).map_err(failed("remove", source))?;
            } else if synced {
                let target = self.paths.blob(digest);
                touch(source)
                    .and_then(|()| rename(source, &target))
                    .map_err(failed("store", &target))?;
                if let Err(error) = self.context.add_to_pool(digest, &target) {
                    tracing::warn!(%digest, %error, "the blob cannot be shared with other repositories");
                }
            } else {
                drop(presence);
                let opened = open_regular(source).map_err(failed("open", source))?;
                let Some((file, _)) = opened else {
                    return Err(failed("open", source)(io::ErrorKind::NotFound.into()));
                };
                sync(&file).map_err(failed("write", source))?;
                synced = true;
                continue;
            }
            break;
        }
        self.sync_blobs(digest.algorithm())
    }

    /// Whether the blob is in the repository already, or in the pool and now in the repository too. For the holder of
    /// `presence`.
    fn reuse(&self, digest: &Digest, size: u64) -> Result<bool> {
        let target = self.paths.blob(digest);
        let there = stat_regular(&target).map_err(failed("look at", &target))?;
        let reused = match there {
            Some(metadata) => metadata.len() == size,
            None => self
                .context
                .link_from_pool(digest, size, &target)
                .map_err(failed("link", &target))?,
        };
        if reused {
            self.keep(&target)?;
        }
        Ok(reused)
    }

    /// A blob that is there cannot be kept. What it holds is not known if a sync failed, and no later sync would complain, so
    /// it is written anew.
    fn distrust(&self, digest: &Digest, error: &StorageError) {
        tracing::warn!(repository = %self.name, %digest, %error, "a blob that is there is written anew");
    }

    /// Removes a blob from the pool that was just removed from here, if nobody else has it.
    pub(super) fn release(&self, digest: &Digest) {
        if let Err(error) = self.context.release_from_pool(digest) {
            // It costs disk space, until the pool is swept.
            tracing::warn!(%digest, %error, "a blob stays in the pool for now");
        }
    }

    /// Sees to it that a blob which someone else wrote is in use and on disk.
    fn keep(&self, path: &Path) -> Result<()> {
        touch(path).map_err(failed("touch", path))?;
        match open_regular(path).map_err(failed("open", path))? {
            Some((file, _)) => self.context.durability.file(path, &file).map_err(failed("write", path)),
            None => Err(failed("open", path)(io::ErrorKind::NotFound.into())),
        }
    }

    fn sync_blobs(&self, algorithm: Algorithm) -> Result<()> {
        let folder = self.paths.blobs(algorithm);
        self.context
            .durability
            .directory(&folder)
            .map_err(failed("write", &folder))
    }

    /// Makes the blob at `source`, in another repository or the pool, one of this repository. `false`: it is not there.
    pub(super) fn mount(self: &Arc<Self>, source: &Path, digest: &Digest) -> Result<bool> {
        loop {
            let Some(metadata) = stat_regular(source).map_err(failed("look at", source))? else {
                return Ok(false);
            };
            self.create()?;
            self.create_folder(&self.paths.blobs(digest.algorithm()))?;
            let presence = read(&self.presence);
            if !self.is_loaded() {
                continue;
            }
            let linked = self.reuse(digest, metadata.len()).and_then(|reused| {
                let target = self.paths.blob(digest);
                if !reused && self.context.dedupe && link(source, &target).map_err(failed("link", &target))? {
                    self.keep(&target)?;
                    return Ok(true);
                }
                Ok(reused)
            });
            let existing = match linked {
                Ok(true) => break,
                Ok(false) => Existing::Kept,
                Err(error) => {
                    self.distrust(digest, &error);
                    Existing::Replaced
                }
            };
            drop(presence);
            let Some((mut file, _)) = open_regular(source).map_err(failed("open", source))? else {
                return Ok(false);
            };
            self.create_folder(&self.paths.private())?;
            let temporary = self.paths.temporary();
            let copied = create_new(&temporary).and_then(|copy| {
                let mut output = Output {
                    path: &temporary,
                    file: &copy,
                };
                io::copy(&mut file, &mut output)
            });
            let taken = copied.map_err(failed("copy", &temporary)).and_then(|size| {
                let sync = |file: &File| self.context.durability.file(&temporary, file);
                self.take_in(&temporary, digest, size, existing, sync)
            });
            if taken.is_err() {
                // It may be gone already, and the first error is what matters.
                let _ = remove_file(&temporary);
            }
            return taken.map(|()| true);
        }
        self.sync_blobs(digest.algorithm())?;
        Ok(true)
    }

    /// Removes a blob that no manifest names. `false`: it was not there.
    pub(super) fn delete_blob(self: &Arc<Self>, digest: &Digest) -> Result<bool> {
        if !self.ensure_graph()? {
            return Ok(false);
        }
        let path = self.paths.blob(digest);
        {
            let _journal = lock(&self.journal);
            let _presence = write(&self.presence);
            if stat_regular(&path).map_err(failed("look at", &path))?.is_none() {
                return Ok(false);
            }
            if self.change(|state| state.needs(digest)) != Some(false) {
                return Err(StorageError::StillNamed);
            }
            remove_file(&path).map_err(failed("remove", &path))?;
        }
        self.sync_blobs(digest.algorithm())?;
        self.release(digest);
        Ok(true)
    }

    /// Every blob, in order.
    pub(super) fn blobs(self: &Arc<Self>, page: &Page<Digest>) -> Result<Listing<Digest>> {
        let mut items = Vec::new();
        if self.load()? {
            self.visit_blobs(|digest, _| {
                if page.after.as_ref().is_none_or(|after| digest > *after) {
                    items.push(digest);
                }
                Ok(())
            })?;
        }
        items.sort_unstable();
        let more = items.len() > page.limit;
        items.truncate(page.limit);
        Ok(Listing { items, more })
    }

    /// Calls `visit` with every blob file and its path, in no order.
    pub(super) fn visit_blobs(&self, mut visit: impl FnMut(Digest, &Path) -> Result<()>) -> Result<()> {
        for algorithm in Algorithm::ALL {
            let folder = self.paths.blobs(algorithm);
            let mut found: Vec<Digest> = Vec::new();
            list(&folder, |entry| {
                let name = entry.file_name();
                let digest = name.to_str().and_then(|hex| format!("{algorithm}:{hex}").parse().ok());
                if entry.file_type().is_ok_and(|kind| kind.is_file()) {
                    found.extend(digest);
                }
                Ok(())
            })
            .map_err(failed("list", &folder))?;
            for digest in found {
                let path = self.paths.blob(&digest);
                visit(digest, &path)?;
            }
        }
        Ok(())
    }

    /// The bytes of all files of the repository.
    pub(super) fn usage(self: &Arc<Self>) -> Result<u64> {
        if !self.load()? {
            return Ok(0);
        }
        let mut total = 0;
        let mut add = |path: &Path| -> Result<()> {
            let metadata = stat_regular(path).map_err(failed("look at", path))?;
            total += metadata.map_or(0, |metadata| metadata.len());
            Ok(())
        };
        self.visit_blobs(|_, path| add(path))?;
        add(&self.paths.layout())?;
        add(&self.paths.index())?;
        for folder in [self.paths.uploads(), self.paths.private()] {
            for path in list_folder(&folder)? {
                add(&path)?;
            }
        }
        Ok(total)
    }
}

/// The paths of what lies in a folder, which need not exist.
pub(super) fn list_folder(folder: &Path) -> Result<Vec<std::path::PathBuf>> {
    list_paths(folder).map_err(failed("list", folder))
}

/// Reads the next piece of a file that has `rest` bytes to come.
fn read_piece(mut file: File, rest: u64) -> io::Result<(File, Bytes, u64)> {
    let wanted = rest.min(READ_SIZE);
    let mut buffer = Vec::with_capacity(usize::try_from(wanted).map_err(io::Error::other)?);
    let read = file.by_ref().take(wanted).read_to_end(&mut buffer)? as u64;
    if read < wanted {
        return Err(io::Error::new(
            io::ErrorKind::UnexpectedEof,
            "the file became shorter while it was read",
        ));
    }
    Ok((file, buffer.into(), rest - wanted))
}

/// The rest of a file. A piece is read while the one before it is on its way to the client.
fn pieces(file: File, rest: u64) -> impl stream::Stream<Item = io::Result<Bytes>> + Send {
    let read = |file, rest| (rest > 0).then(|| tokio::task::spawn_blocking(move || read_piece(file, rest)));
    stream::try_unfold(read(file, rest), move |reading| async move {
        let Some(reading) = reading else { return Ok(None) };
        let (file, piece, rest) = reading.await.map_err(io::Error::other)??;
        Ok(Some((piece, read(file, rest))))
    })
}
