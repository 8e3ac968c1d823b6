//! A checkout of this repository that a test may change, and the harness at work in it.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Mutex, MutexGuard, PoisonError},
};

use libtest_mimic::Failed;
use tempfile::TempDir;

use crate::build;

/// Checkouts compile into the same folder under the same names, so there is one at a time: its files are newer than
/// whatever an earlier one left there.
static TURN: Mutex<()> = Mutex::new(());

/// A copy of the repository. It goes when this is dropped.
#[derive(Debug)]
pub struct Checkout {
    folder: TempDir,
    harness: PathBuf,
    _turn: MutexGuard<'static, ()>,
}

/// What a command of the harness came to.
#[derive(Clone, Debug)]
pub struct Said {
    /// What it printed.
    pub output: String,
    /// What it said beside that.
    pub errors: String,
    /// How it ended.
    pub status: Option<i32>,
}

impl Checkout {
    /// Everything that git knows of, with what is not committed yet and without anything that was built. `harness` is the
    /// program that is to work in it.
    pub fn new(harness: &str) -> Result<Self, Failed> {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let repository = &build::project().root;
        let listed = Command::new("git")
            .args(["ls-files", "--cached", "--others", "--exclude-standard"])
            .current_dir(repository)
            .output()?;
        if !listed.status.success() {
            return Err(String::from_utf8_lossy(&listed.stderr).into_owned().into());
        }
        let folder = tempfile::tempdir()?;
        for file in String::from_utf8(listed.stdout)?.lines() {
            let (from, to) = (repository.join(file), folder.path().join(file));
            if from.is_file() {
                fs::create_dir_all(to.parent().ok_or("a file is in a folder")?)?;
                fs::copy(from, to)?;
            }
        }
        let checkout = Self {
            folder,
            harness: harness.into(),
            _turn: turn,
        };
        checkout.compile_quickly()?;
        Ok(checkout)
    }

    /// Has the workspace's own libraries compiled without optimisation: what a test changes is compiled anew, and what cargo
    /// has of the repository's own stays as it is.
    fn compile_quickly(&self) -> Result<(), Failed> {
        let manifest = self.path("Cargo.toml");
        let mut text = fs::read_to_string(&manifest)?;
        for line in text.clone().lines() {
            let package = line.split_once(" = { path = \"registry/").map(|(package, _)| package);
            if let Some(package) = package {
                text.extend(["\n[profile.release.package.", package, "]\nopt-level = 0\n"]);
            }
        }
        Ok(fs::write(manifest, text)?)
    }

    /// The path of a file in it.
    pub fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }

    /// Changes a file: `from`, which has to be in it, becomes `to`.
    pub fn replace(&self, file: &str, from: &str, to: &str) -> Result<(), Failed> {
        let path = self.path(file);
        let text = fs::read_to_string(&path)?;
        if !text.contains(from) {
            return Err(format!("{file} has no {from:?}:\n{text}").into());
        }
        Ok(fs::write(path, text.replace(from, to))?)
    }

    /// Every file, with what is in it, without what was built.
    pub fn files(&self) -> Result<BTreeMap<PathBuf, Vec<u8>>, Failed> {
        let mut files = BTreeMap::new();
        let mut folders = vec![self.folder.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder)? {
                let path = entry?.path();
                if !path.is_dir() {
                    files.insert(path.clone(), fs::read(path)?);
                } else if path != self.path("target") {
                    folders.push(path);
                }
            }
        }
        Ok(files)
    }

    /// Runs the harness in it.
    pub fn plimsoll<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Result<Said, Failed> {
        let output = Command::new(&self.harness)
            .args(arguments)
            .current_dir(self.folder.path())
            .env("CARGO_TARGET_DIR", target(&self.harness)?)
            .env("NO_COLOR", "1")
            .env_remove("PLIMSOLL_PROJECT")
            .stdin(Stdio::null())
            .output()?;
        Ok(Said {
            output: String::from_utf8(output.stdout)?,
            errors: String::from_utf8(output.stderr)?,
            status: output.status.code(),
        })
    }

    /// The same, which has to end well.
    pub fn plimsoll_succeeds<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Result<String, Failed> {
        let said = self.plimsoll(arguments)?;
        if said.status == Some(0) {
            return Ok(said.output);
        }
        Err(format!("{:?}:\n{}{}", said.status, said.output, said.errors).into())
    }
}

/// The target folder that a program was built into, `target/debug/program`.
fn target(program: &Path) -> Result<&Path, Failed> {
    let folder = program.parent().and_then(Path::parent);
    folder.ok_or_else(|| "the program is in no target folder".into())
}
