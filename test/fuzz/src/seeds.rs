//! Seeds that stand in the repository.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// The files below `folder`, a path from the root of the repository, that end so; every `step`th of them.
pub(crate) fn files(folder: &str, ending: &str, step: usize) -> Vec<Vec<u8>> {
    let mut paths = Vec::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(folder);
    collect(&root, ending, &mut paths).unwrap_or_else(|error| panic!("{}: {error}", root.display()));
    paths.sort();
    let seeds: Vec<_> = paths
        .iter()
        .step_by(step)
        .map(|path| fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
        .collect();
    assert!(!seeds.is_empty(), "nothing in {folder} ends with {ending}");
    seeds
}

fn collect(folder: &Path, ending: &str, paths: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, ending, paths)?;
        } else if path.to_string_lossy().ends_with(ending) {
            paths.push(path);
        }
    }
    Ok(())
}
