//! The binaries under test: each combination is built once, when a test first asks for it.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Arc, LazyLock, Mutex, OnceLock},
};

use libtest_mimic::Failed;
use plimsoll::{
    build::Builder,
    combination::{self, Combination},
    project::{self, Project},
};

static PROJECT: LazyLock<Project> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let file = root.canonicalize().unwrap_or(root).join("plimsoll.toml");
    project::load(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
});

type Slot = Arc<OnceLock<Result<PathBuf, String>>>;

static BUILT: LazyLock<Mutex<HashMap<Combination, Slot>>> = LazyLock::new(Mutex::default);

/// This project, as the harness sees it.
pub fn project() -> &'static Project {
    &PROJECT
}

/// The binary with just `extensions`.
pub fn binary(extensions: &[&str]) -> Result<PathBuf, Failed> {
    binary_of(&combination::select(&extensions.join(","), &PROJECT.extensions).map_err(|error| error.to_string())?)
}

/// The binary of a combination.
pub fn binary_of(combination: &Combination) -> Result<PathBuf, Failed> {
    let slot = {
        let mut built = BUILT.lock().map_err(|error| error.to_string())?;
        Arc::clone(built.entry(combination.clone()).or_default())
    };
    // Those that want the same combination wait for one build; the others build theirs meanwhile.
    let binary = slot.get_or_init(|| {
        let builder = Builder::new(&PROJECT).map_err(|error| error.to_string())?;
        let built = builder.build(combination, &|_| {}).map_err(|error| error.to_string())?;
        Ok(built.binary)
    });
    Ok(binary.clone()?)
}
