//! A project file as the loader leaves it: checked.

use std::path::{Path, PathBuf};

use crate::target::Serve;

/// What `plimsoll.toml` says.
#[derive(Clone, Debug)]
pub struct Project {
    /// The folder that the file stands in.
    pub root: PathBuf,
    /// What the system under test is called in reports.
    pub name: String,
    /// The scenario folder, below `root`.
    pub scenarios: PathBuf,
    /// Every extension, in the recommended order.
    pub extensions: Vec<String>,
    /// How it is built.
    pub build: Build,
    /// How it is started.
    pub serve: Serve,
    /// How it is configured for the official suite, where that differs.
    pub official_config: Option<serde_json::Value>,
}

impl Project {
    /// Where everything that the harness makes is kept.
    pub fn output(&self) -> PathBuf {
        self.root.join("target/plimsoll")
    }

    /// The scenario folder.
    pub fn scenario_folder(&self) -> PathBuf {
        self.root.join(&self.scenarios)
    }

    /// `path` below the project's root, where it is below it.
    pub fn shown<'a>(&self, path: &'a Path) -> &'a Path {
        path.strip_prefix(&self.root).unwrap_or(path)
    }
}

/// How a binary is made, and how it proves what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Build {
    /// The package that cargo builds.
    pub cargo: CargoBuild,
    /// Arguments with which the binary prints its extensions, one a line, asked after each build.
    pub verify: Option<Vec<String>>,
}

/// A package with one feature an extension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CargoBuild {
    /// The package.
    pub package: String,
    /// The profile.
    pub profile: String,
}
