//! sha256, write and fsync: what a durable push cannot do without.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::Path,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Instant,
};

use sha2::{Digest as _, Sha256};

use super::super::{content::Blob, load::Timed};

/// Writes the blobs to files in `folder`, which go when all is done; so many at a time.
pub(in super::super) fn write(folder: &Path, blobs: &[Blob], clients: usize) -> io::Result<Timed> {
    fs::create_dir_all(folder)?;
    let next = AtomicUsize::new(0);
    let milliseconds = Mutex::new(Vec::new());
    let began = Instant::now();
    let work = || -> io::Result<()> {
        while let Some(blob) = blobs.get(next.fetch_add(1, Ordering::Relaxed)) {
            let began = Instant::now();
            write_one(folder, blob)?;
            let took = began.elapsed().as_secs_f64() * 1000.0;
            milliseconds.lock().unwrap_or_else(PoisonError::into_inner).push(took);
        }
        Ok(())
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..clients.min(blobs.len())).map(|_| scope.spawn(work)).collect();
        threads.into_iter().try_for_each(|thread| {
            thread
                .join()
                .unwrap_or_else(|_| Err(io::Error::other("a thread of the disk's died")))
        })
    })?;
    let seconds = began.elapsed().as_secs_f64();
    fs::remove_dir_all(folder)?;
    Ok(Timed {
        seconds,
        milliseconds: milliseconds.into_inner().unwrap_or_else(PoisonError::into_inner),
        bytes: blobs.iter().map(Blob::size).sum(),
    })
}

fn write_one(folder: &Path, blob: &Blob) -> io::Result<()> {
    let mut file = File::create_new(folder.join(blob.digest().replace(':', "-")))?;
    let mut hash = Sha256::new();
    for piece in blob.pieces() {
        hash.update(&piece);
        file.write_all(&piece)?;
    }
    // Looked at, so that nobody can leave the hashing out.
    std::hint::black_box(hash.finalize());
    file.sync_data()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_written_by_several_and_nothing_stays() {
        let folder = tempfile::tempdir().unwrap();
        let blobs: Vec<Blob> = (0..5).map(|number| Blob::new(70_000, &number.to_string())).collect();
        let timed = write(&folder.path().join("disk"), &blobs, 3).unwrap();
        assert_eq!((timed.milliseconds.len(), timed.bytes), (5, 350_000));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
