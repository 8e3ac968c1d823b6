//! Builds one combination at a time.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use super::{BuildError, cargo, verify};
use crate::{combination::Combination, project::Project};

/// The binary of a combination.
#[derive(Clone, Debug)]
pub struct Built {
    /// The combination.
    pub combination: Combination,
    /// Its binary.
    pub binary: PathBuf,
    /// The binary's size in bytes.
    pub size: u64,
    /// Whether nothing had to be compiled or linked.
    pub fresh: bool,
    /// How long it took.
    pub duration: Duration,
}

/// Builds a project's combinations. Each has its own binary; all share what is built on the way.
#[derive(Debug)]
pub struct Builder<'project> {
    project: &'project Project,
    intermediates: PathBuf,
}

impl<'project> Builder<'project> {
    /// A builder that keeps intermediates where cargo itself would, so that what was built before is not built again.
    ///
    /// # Errors
    /// Cargo does not run, or cannot read the project's manifest.
    pub fn new(project: &'project Project) -> Result<Self, BuildError> {
        Ok(Self {
            project,
            intermediates: cargo::build_directory(&project.root)?,
        })
    }

    /// Builds `combination`, and makes sure that it is what it was to be. Compiles nothing if nothing changed.
    ///
    /// `progress` gets what cargo prints for people on the way.
    ///
    /// # Errors
    /// It does not build, or is not what was asked for.
    pub fn build(&self, combination: &Combination, progress: &(dyn Fn(&str) + Sync)) -> Result<Built, BuildError> {
        let began = Instant::now();
        let recipe = &self.project.build.cargo;
        let mut command = Command::new(cargo::program());
        command
            .current_dir(&self.project.root)
            .args(["build", "--package", &recipe.package, "--profile", &recipe.profile])
            .args([
                "--no-default-features",
                "--features",
                &combination.extensions().join(","),
            ])
            .arg("--target-dir")
            .arg(self.folder(combination))
            .env("CARGO_BUILD_BUILD_DIR", &self.intermediates);
        let artifact = cargo::build(&mut command, progress)?.pop();
        let (binary, features, fresh) = artifact
            .and_then(|artifact| Some((artifact.executable?, artifact.features, artifact.fresh)))
            .ok_or_else(|| BuildError::NoBinary(recipe.package.clone()))?;
        same_features(&binary, features, combination)?;
        if let Some(arguments) = &self.project.build.verify {
            verify::extensions(&binary, arguments, combination)?;
        }
        let size = fs::metadata(&binary).map_err(|source| BuildError::Run {
            program: binary.display().to_string(),
            source,
        })?;
        Ok(Built {
            combination: combination.clone(),
            binary,
            size: size.len(),
            fresh,
            duration: began.elapsed(),
        })
    }

    /// The target folder of `combination`.
    fn folder(&self, combination: &Combination) -> PathBuf {
        self.project.output().join("combinations").join(combination.to_string())
    }
}

/// Holds the features that cargo says it built with against `combination`.
fn same_features(binary: &Path, mut features: Vec<String>, combination: &Combination) -> Result<(), BuildError> {
    let mut asked = combination.extensions().to_vec();
    asked.sort();
    features.sort();
    if features == asked {
        return Ok(());
    }
    Err(BuildError::Features {
        binary: binary.to_owned(),
        built: features.join(", "),
        asked: asked.join(", "),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_that_were_not_asked_for_are_refused() {
        let known = ["scrub", "lint"].map(str::to_owned);
        let combination = Combination::new(&known, ["scrub"]);
        let built = |features: &[&str]| {
            let features = features.iter().map(|&feature| feature.to_owned()).collect();
            same_features(Path::new("x"), features, &combination)
        };
        assert!(built(&["scrub"]).is_ok());
        assert!(built(&["lint", "scrub"]).is_err());
        assert!(built(&[]).is_err());
    }
}
