//! A project file as the loader leaves it: checked.

use std::path::{Path, PathBuf};

use crate::{extension::Guidelines, target::Serve};

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
    /// How it is built.
    pub build: Build,
    /// How it is started.
    pub serve: Serve,
    /// How it is configured for the official suite, where that differs.
    pub official_config: Option<serde_json::Value>,
    /// What its extensions are written by, if it says.
    pub guidelines: Option<Guidelines>,
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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::parse;

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
}
