//! A project file as the loader leaves it: checked.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use super::Guest;
use crate::{
    client::{AccessSettings, Url},
    combination::{Constraints, Space},
    extension::Guidelines,
    kill::Sweep,
    target::{ContainerSettings, Serve, merge},
};

/// What `plimsoll.toml` says.
#[derive(Clone, Debug)]
pub struct Project {
    /// The folder that the file stands in.
    pub root: PathBuf,
    /// What the system under test is called in reports.
    pub name: String,
    /// The scenario folder, below `root`.
    pub scenarios: PathBuf,
    /// What below `scenarios` holds for any registry. The rest says what this project's own does, and is not held
    /// against a registry at a URL unless somebody names it. `None`: everything does.
    pub any_registry: Option<Vec<String>>,
    /// Every extension, in the recommended order.
    pub extensions: Vec<String>,
    /// Which combinations of them there can be.
    pub constraints: Constraints,
    /// The file of the failures that are known, below `root`.
    pub expectations: Option<PathBuf>,
    /// The file that says how much a run checks at least, below `root`.
    pub census: Option<PathBuf>,
    /// How it is built.
    pub build: Build,
    /// How it is started.
    pub serve: Arc<Serve>,
    /// How it is reached in a container, if it can be in one.
    pub container: Option<InContainer>,
    /// How it is configured for the official suite, where that differs.
    pub official_config: Option<serde_json::Value>,
    /// How it is configured for benchmarks, where that differs.
    pub bench_config: Option<serde_json::Value>,
    /// What may be on its disk once nothing is left over, and how that is swept, if it says.
    pub sweep: Option<Sweep>,
    /// What its extensions are written by, if it says.
    pub guidelines: Option<Guidelines>,
    /// The extensions whose crates are not in it. They are the last of `extensions`.
    pub guests: Vec<Guest>,
}

impl Project {
    /// The extensions, with what there can be of them.
    pub fn space(&self) -> Space<'_> {
        Space {
            extensions: &self.extensions,
            constraints: &self.constraints,
        }
    }

    /// Has containers of `image` started instead of what would be built. Says whether the project knows how.
    pub fn put_in_container(&mut self, image: String) -> bool {
        let Some(container) = &self.container else {
            return false;
        };
        let serve = Arc::make_mut(&mut self.serve);
        serve.container = Some(ContainerSettings {
            image: image.clone(),
            port: container.port,
            project: self.root.clone(),
        });
        if let Some(over) = &container.config {
            merge(serve.config.get_or_insert_default(), over.clone());
        }
        self.build = Build {
            recipe: Recipe::Image(image),
            verify: None,
        };
        true
    }

    /// Where everything that the harness makes is kept.
    pub fn output(&self) -> PathBuf {
        self.root.join("target/plimsoll")
    }

    /// The scenario folder.
    pub fn scenario_folder(&self) -> PathBuf {
        self.root.join(&self.scenarios)
    }

    /// Whether the scenario called `name` says what any registry has to do.
    pub fn holds_for_any(&self, name: &str) -> bool {
        let Some(folders) = &self.any_registry else {
            return true;
        };
        let below = |folder: &String| {
            name.strip_prefix(folder.as_str())
                .is_some_and(|rest| rest.starts_with('/'))
        };
        folders.iter().any(below)
    }

    /// `path` below the project's root, where it is below it.
    pub fn shown<'a>(&self, path: &'a Path) -> &'a Path {
        path.strip_prefix(&self.root).unwrap_or(path)
    }
}

/// How a binary is made, and how it proves what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Build {
    /// Where it comes from.
    pub recipe: Recipe,
    /// Arguments with which the binary prints its extensions, one a line, asked after each build.
    pub verify: Option<Vec<String>>,
}

/// Where the binary of a combination comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recipe {
    /// Cargo builds it.
    Cargo(CargoBuild),
    /// A command builds it.
    Command(CommandBuild),
    /// It is there already, below the project or in a folder of PATH. There is one combination.
    Program(PathBuf),
    /// It was built elsewhere, and came in an archive.
    Archive {
        /// The archive.
        archive: PathBuf,
        /// What it was unpacked to: a folder for each combination, with its binary.
        folder: PathBuf,
    },
    /// A container image, which is there or can be pulled. There is one combination.
    Image(String),
    /// Somebody else runs it: nothing is built, and nothing is started.
    Elsewhere(Elsewhere),
}

/// How a server is reached in a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InContainer {
    /// The port that it listens on.
    pub port: u16,
    /// What its configuration says otherwise there.
    pub config: Option<serde_json::Value>,
}

/// A registry that somebody else runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Elsewhere {
    /// Where it is.
    pub url: Url,
    /// Who we are to it.
    pub settings: AccessSettings,
}

/// A command that builds any combination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandBuild {
    /// The command.
    pub command: BuildCommand,
    /// The one that is run instead where there is no extension.
    pub minimal: Option<BuildCommand>,
    /// What stands between extensions.
    pub separator: String,
}

/// A command, and where it leaves the binary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildCommand {
    /// The program and its arguments, in the project's folder. `{extensions}` stands for the combination, `{output}` for
    /// the file that is to be written.
    pub run: Vec<String>,
    /// Where the binary is then.
    pub output: Output,
}

/// Where a command leaves a binary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// At this path below the project. It is copied from there, for the next build overwrites it.
    Fixed(PathBuf),
    /// Where the harness says.
    Chosen,
}

/// A package with one feature an extension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CargoBuild {
    /// The package.
    pub package: String,
    /// The profile.
    pub profile: String,
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::{load, parse};

    #[test]
    fn what_holds_for_any_registry_is_what_the_file_says_or_everything() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let file = |key: &str| {
            let text = format!(
                "name = \"x\"\nscenarios = \"src\"\n{key}\nextensions = []\n[build.cargo]\npackage = \"x\"\n[serve]\narguments = \
                 [\"{{config}}\"]\naddress-from-log = \"address\"\n[serve.config]\nroot = \"{{root}}\"\n"
            );
            parse(&text, Path::new("plimsoll.toml"), root).unwrap()
        };
        let some = file("any-registry = [\"conformance\"]");
        assert!(some.holds_for_any("conformance/pull/range"));
        assert!(!some.holds_for_any("inputs/ranges"));
        assert!(!some.holds_for_any("conformance-of-ours/x"));
        assert!(file("").holds_for_any("inputs/ranges"));
    }

    #[test]
    fn the_project_of_an_extension_is_not_held_to_the_census_of_the_registry() {
        let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        assert!(load(&repository).unwrap().census.is_some());
        assert_eq!(
            load(&repository.join("fixtures/out-of-tree/motto")).unwrap().census,
            None
        );
    }
}
