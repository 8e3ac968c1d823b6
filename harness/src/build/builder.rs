//! Builds one combination at a time.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use super::{BuildError, archive, cargo, command, image, verify};
use crate::{
    combination::Combination,
    extension::guest::Workspace,
    project::{CargoBuild, CommandBuild, Project, Recipe},
};

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

/// Builds a project's combinations. Each has its own binary; with cargo, all share what is built on the way.
#[derive(Debug)]
pub struct Builder<'project> {
    project: &'project Project,
    how: How<'project>,
}

/// How binaries are made, with what has to be known once.
#[derive(Debug)]
enum How<'project> {
    Cargo {
        recipe: &'project CargoBuild,
        /// The workspace of the thin crate: the project, unless it has guests.
        workspace: PathBuf,
        intermediates: PathBuf,
    },
    /// Commands leave their binaries in the same place: one at a time.
    Command(&'project CommandBuild, Mutex<()>),
    Program(PathBuf),
    Archive {
        archive: &'project Path,
        folder: &'project Path,
    },
    Image(&'project str),
}

impl<'project> Builder<'project> {
    /// A builder that keeps intermediates where cargo itself would, so that what was built before is not built again.
    ///
    /// # Errors
    /// Cargo does not run, or cannot read the project's manifest; a program that should be there is not.
    pub fn new(project: &'project Project) -> Result<Self, BuildError> {
        let how = match &project.build.recipe {
            Recipe::Cargo(recipe) => How::Cargo {
                recipe,
                workspace: Workspace::of(project)?.map_or_else(|| project.root.clone(), |workspace| workspace.root),
                intermediates: cargo::build_directory(&project.root)?,
            },
            Recipe::Command(recipe) => How::Command(recipe, Mutex::new(())),
            Recipe::Program(program) => How::Program(find(program, &project.root)?),
            Recipe::Archive { archive, folder } => How::Archive { archive, folder },
            Recipe::Image(image) => How::Image(image),
            Recipe::Elsewhere(there) => return Err(BuildError::Elsewhere(there.url.origin())),
        };
        Ok(Self { project, how })
    }

    /// Builds `combination`, and makes sure that it is what it was to be. Compiles nothing if nothing changed.
    ///
    /// `progress` gets what cargo or the command prints for people on the way.
    ///
    /// # Errors
    /// It does not build, or is not what was asked for.
    pub fn build(&self, combination: &Combination, progress: &(dyn Fn(&str) + Sync)) -> Result<Built, BuildError> {
        let began = Instant::now();
        let (binary, fresh) = match &self.how {
            How::Cargo {
                recipe,
                workspace,
                intermediates,
            } => self.with_cargo(recipe, (workspace, intermediates), combination, progress)?,
            How::Command(recipe, one_at_a_time) => {
                let _turn = one_at_a_time.lock().unwrap_or_else(PoisonError::into_inner);
                let folder = self.folder(combination);
                command::build(recipe, &self.project.root, &folder, combination, progress)?
            }
            How::Program(program) => (program.clone(), true),
            How::Archive { archive, folder } => {
                let binary = archive::binary(folder, &combination.to_string());
                (
                    binary.ok_or_else(|| BuildError::NotInArchive(archive.to_path_buf()))?,
                    true,
                )
            }
            How::Image(image) => {
                return Ok(Built {
                    combination: combination.clone(),
                    binary: PathBuf::from(image),
                    size: image::size(image)?,
                    fresh: true,
                    duration: began.elapsed(),
                });
            }
        };
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

    fn with_cargo(
        &self,
        recipe: &CargoBuild,
        (workspace, intermediates): (&Path, &Path),
        combination: &Combination,
        progress: &(dyn Fn(&str) + Sync),
    ) -> Result<(PathBuf, bool), BuildError> {
        let mut command = Command::new(cargo::program());
        command
            .current_dir(workspace)
            .args(["build", "--package", &recipe.package, "--profile", &recipe.profile])
            .args([
                "--no-default-features",
                "--features",
                &combination.extensions().join(","),
            ])
            .arg("--target-dir")
            .arg(self.folder(combination))
            .env("CARGO_BUILD_BUILD_DIR", intermediates);
        let artifact = cargo::build(&mut command, progress)?.pop();
        let (binary, features, fresh) = artifact
            .and_then(|artifact| Some((artifact.executable?, artifact.features, artifact.fresh)))
            .ok_or_else(|| BuildError::NoBinary(recipe.package.clone()))?;
        same_features(&binary, features, combination)?;
        Ok((binary, fresh))
    }

    /// The file that the binary is compiled from, where cargo compiles it.
    ///
    /// # Errors
    /// Cargo does not say.
    pub fn binary_source(&self) -> Result<Option<PathBuf>, BuildError> {
        match &self.how {
            How::Cargo { recipe, workspace, .. } => cargo::binary_source(workspace, &recipe.package).map(Some),
            How::Command(..) | How::Program(_) | How::Archive { .. } | How::Image(_) => Ok(None),
        }
    }

    /// The target folder of `combination`. The same one with a guest in the thin crate is another binary.
    fn folder(&self, combination: &Combination) -> PathBuf {
        let output = match &self.how {
            How::Cargo { workspace, .. } if *workspace != self.project.root => workspace.clone(),
            _ => self.project.output(),
        };
        output.join("combinations").join(combination.to_string())
    }
}

/// A program below the project, or in a folder of PATH.
fn find(program: &Path, root: &Path) -> Result<PathBuf, BuildError> {
    let below = root.join(program);
    if below.is_file() {
        return Ok(below);
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|file| file.is_file());
    found.ok_or_else(|| BuildError::NoProgram(program.to_owned()))
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
