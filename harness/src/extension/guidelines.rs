//! What a project's guidelines are: how its language gates a file, how twins are called, and where things stand.

use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::Language;

/// Guidelines that are built in. A project file starts from one and changes what differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Preset {
    /// A cargo workspace: a feature an extension, gated by `#![cfg(feature = "…")]`, with a crate each.
    Rust,
    /// A Go module in zot's manner: a build tag an extension, gated by `//go:build …`.
    Go,
}

/// A project's guidelines. In patterns `{name}` stands for the extension's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guidelines {
    /// The language of the twins.
    pub language: Language,
    /// The folder of the twins.
    pub twins: PathBuf,
    /// The file name of the twin that does the work.
    pub enabled: String,
    /// The file name of the twin that stands in for it.
    pub disabled: String,
    /// The first line of the one.
    pub gate: String,
    /// The first line of the other.
    pub anti_gate: String,
    /// The function or method by which a disabled twin warns.
    pub warning: String,
    /// The folders in which nothing else may name a feature.
    pub sources: Vec<PathBuf>,
    /// The scenario folder.
    pub scenarios: PathBuf,
    /// Where tests with real clients are.
    pub blackbox: PathBuf,
    /// Where everything else stands, in a workspace as the contract lays it out.
    pub layout: Option<Layout>,
}

/// The places of a workspace, relative to its root. They are what the contract of the registry says, and nobody's choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout;

impl Layout {
    pub(crate) const WORKSPACE: &str = "Cargo.toml";
    pub(crate) const LOCK: &str = "Cargo.lock";
    pub(crate) const THIN: &str = "registry/Cargo.toml";
    pub(crate) const THIN_SOURCES: &str = "registry/src";
    pub(crate) const LIBRARIES: [&str; 2] = ["registry/core", Self::CRATES];
    pub(crate) const CRATES: &str = "registry/extensions";
    pub(crate) const CRATE: &str = "plimsoll-extension-";
    pub(crate) const CORE: &str = "plimsoll-registry-core";
    pub(crate) const CONFIG: &str = "registry/core/src/config";
    pub(crate) const KEYS: &str = "registry/core/src/config/keys.rs";
    pub(crate) const MODEL: &str = "registry/core/src/config/model.rs";
    pub(crate) const SCHEMA: &str = "docs/config.schema.json";
    pub(crate) const CONFIGURATION: &str = "docs/configuration.md";
    pub(crate) const CLIENTS: &str = "test/blackbox/tests/clients/main.rs";
    pub(crate) const DOCS: &str = "docs";
    pub(crate) const PAGES: &str = "docs/extensions";
    pub(crate) const SUMMARY: &str = "docs/SUMMARY.md";
    pub(crate) const CHANGELOG: &str = "CHANGELOG.md";
}

impl Preset {
    /// The guidelines as they come.
    pub fn guidelines(self) -> Guidelines {
        let paths = |paths: &[&str]| paths.iter().map(PathBuf::from).collect();
        match self {
            Self::Rust => Guidelines {
                language: Language::Rust,
                twins: "registry/src/extensions".into(),
                enabled: "extension_{name}.rs".into(),
                disabled: "extension_{name}_disabled.rs".into(),
                gate: "#![cfg(feature = \"{name}\")]".into(),
                anti_gate: "#![cfg(not(feature = \"{name}\"))]".into(),
                warning: "warn_not_included".into(),
                sources: paths(&["registry", "harness", "test"]),
                scenarios: "scenarios".into(),
                blackbox: "test/blackbox".into(),
                layout: Some(Layout),
            },
            Self::Go => Guidelines {
                language: Language::Go,
                twins: "pkg/extensions".into(),
                enabled: "extension_{name}.go".into(),
                disabled: "extension_{name}_disabled.go".into(),
                gate: "//go:build {name}".into(),
                anti_gate: "//go:build !{name}".into(),
                warning: "Warn".into(),
                sources: paths(&["cmd", "pkg"]),
                scenarios: "scenarios".into(),
                blackbox: "test/blackbox".into(),
                layout: None,
            },
        }
    }
}

impl Guidelines {
    /// The path of a twin.
    pub(crate) fn twin(&self, half: Half, name: &str) -> PathBuf {
        self.twins.join(fill(half.file(self), name))
    }

    /// The extension of which `path` is a twin, and which half it is.
    pub(crate) fn twin_of(&self, path: &Path) -> Option<(String, Half)> {
        if path.parent() != Some(&self.twins) {
            return None;
        }
        let file = path.file_name()?.to_str()?;
        // `extension_foo_disabled.rs` fits the pattern of both halves; the longer one is meant.
        [Half::Disabled, Half::Enabled]
            .into_iter()
            .find_map(|half| Some((unfill(half.file(self), file)?, half)))
    }
}

/// One of two twins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Half {
    /// The one that does the work.
    Enabled,
    /// The one that stands in for it.
    Disabled,
}

impl Half {
    fn file(self, guidelines: &Guidelines) -> &str {
        match self {
            Self::Enabled => &guidelines.enabled,
            Self::Disabled => &guidelines.disabled,
        }
    }

    /// The first line of this half.
    pub(crate) fn gate(self, guidelines: &Guidelines, name: &str) -> String {
        let gate = match self {
            Self::Enabled => &guidelines.gate,
            Self::Disabled => &guidelines.anti_gate,
        };
        fill(gate, name)
    }
}

/// `pattern` with a name in its place.
pub(crate) fn fill(pattern: &str, name: &str) -> String {
    pattern.replace("{name}", name)
}

/// The name that `text` has where `pattern` has its place.
pub(crate) fn unfill(pattern: &str, text: &str) -> Option<String> {
    let (before, after) = pattern.split_once("{name}")?;
    let name = text.strip_prefix(before)?.strip_suffix(after)?;
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (!name.is_empty() && name.bytes().all(fits)).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_twin_is_known_by_its_name_and_its_folder() {
        let guidelines = Preset::Go.guidelines();
        let twin = |path: &str| guidelines.twin_of(Path::new(path));
        assert_eq!(
            twin("pkg/extensions/extension_sync.go"),
            Some(("sync".into(), Half::Enabled))
        );
        assert_eq!(
            twin("pkg/extensions/extension_sync_disabled.go"),
            Some(("sync".into(), Half::Disabled))
        );
        assert_eq!(twin("pkg/extensions/sync/extension_sync.go"), None);
        assert_eq!(twin("pkg/extensions/extensions.go"), None);
    }
}
