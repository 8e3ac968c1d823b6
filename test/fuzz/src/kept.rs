//! Inputs that something was once found with.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use plimsoll_registry_core::oci::Algorithm;

fn folder(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("kept").join(target)
}

/// Those of a target, with their files. None, if nothing was ever found.
pub(crate) fn of(target: &str) -> io::Result<Vec<(PathBuf, Vec<u8>)>> {
    let entries = match fs::read_dir(folder(target)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut paths = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    let read = |path: PathBuf| fs::read(&path).map(|bytes| (path, bytes));
    paths.into_iter().map(read).collect()
}

/// Keeps an input, under a name that follows from it.
pub(crate) fn keep(target: &str, input: &[u8]) -> io::Result<PathBuf> {
    let folder = folder(target);
    fs::create_dir_all(&folder)?;
    let path = folder.join(&Algorithm::Sha256.digest(input).hex()[..16]);
    fs::write(&path, input)?;
    Ok(path)
}
