//! A workspace whose only member of its own is the thin crate. The libraries are those of the project, by links, under the
//! paths that they have there: to cargo they are the same packages, and what it has compiled of them it does not compile
//! again.

use std::{
    fs, io,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};
use toml::de::DeTable;

use super::{GuestError, tree};
use crate::{
    build,
    extension::{Guidelines, Layout, ScaffoldError, Tree},
    project::{Guest, GuestSource, Project},
};

/// A workspace in which the thin crate has the project's guests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workspace {
    /// Its folder.
    pub root: PathBuf,
}

impl Workspace {
    /// Writes the workspace, where `project` has guests. What is there and right is left alone.
    ///
    /// # Errors
    /// The project's own thin crate has not the places that an extension is put into, or a file cannot be written.
    pub fn of(project: &Project) -> Result<Option<Self>, GuestError> {
        let Some(guidelines) = project.guidelines.as_ref().filter(|_| !project.guests.is_empty()) else {
            return Ok(None);
        };
        let workspace = Self {
            root: project.output().join("out-of-tree").join(folder(&project.guests)),
        };
        let tree = tree::tree(project, guidelines)?;
        workspace.write(&tree, guidelines)?;
        Ok(Some(workspace))
    }

    fn write(&self, tree: &Tree, guidelines: &Guidelines) -> Result<(), GuestError> {
        let manifest = tree.text(Layout::WORKSPACE).and_then(|text| manifest(&text));
        let manifest = manifest.ok_or_else(|| ScaffoldError::Place {
            what: "the members of the workspace",
            path: Layout::WORKSPACE.to_owned(),
        })?;
        self.put(Layout::WORKSPACE.as_ref(), &manifest)?;
        let mut thin = tree.all_files(Layout::THIN_SOURCES);
        thin.extend(tree.all_files(&guidelines.twins));
        thin.push(Layout::THIN.into());
        for path in thin {
            self.put(&path, &tree.text(&path).unwrap_or_default())?;
        }
        for library in Layout::LIBRARIES {
            self.link(tree.root(), library)?;
        }
        self.lock(&tree.root().join(Layout::LOCK))
    }

    /// Writes a file, unless it is as it should be: cargo goes by when it was written. Others may be reading it.
    fn put(&self, path: &Path, text: &str) -> Result<(), GuestError> {
        let path = self.root.join(path);
        if fs::read_to_string(&path).is_ok_and(|there| there == text) {
            return Ok(());
        }
        let written = || {
            let folder = path.parent().unwrap_or(&self.root);
            fs::create_dir_all(folder)?;
            let file = tempfile::NamedTempFile::new_in(folder)?;
            fs::write(file.path(), text)?;
            file.persist(&path)?;
            Ok(())
        };
        written().map_err(cannot(&path))
    }

    fn link(&self, project: &Path, library: &str) -> Result<(), GuestError> {
        let link = self.root.join(library);
        match symlink(project.join(library), &link) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            done => done.map_err(cannot(&link)),
        }
    }

    /// Begins with what the project has locked, so that both have the same versions. Cargo adds what the guests need.
    fn lock(&self, from: &Path) -> Result<(), GuestError> {
        let to = self.root.join(Layout::LOCK);
        let changed = |path: &Path| fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
        if changed(&to) < changed(from) {
            fs::copy(from, &to).map_err(cannot(&to))?;
        }
        Ok(())
    }

    /// The folder of a guest's package.
    ///
    /// # Errors
    /// Cargo does not find it.
    pub(super) fn folder_of(&self, guest: &Guest) -> Result<PathBuf, GuestError> {
        match &guest.source {
            GuestSource::Path(path) => Ok(path.clone()),
            GuestSource::Git { .. } => {
                let package = format!("{}{}", Layout::CRATE, guest.name);
                build::package_folder(&self.root, &package).map_err(|error| GuestError::NotFound {
                    name: guest.name.clone(),
                    reason: error.to_string(),
                })
            }
        }
    }
}

fn cannot(path: &Path) -> impl FnOnce(io::Error) -> GuestError {
    let path = path.to_owned();
    |source| GuestError::File { path, source }
}

/// The folder of a workspace: another for other guests, and for the same ones from elsewhere.
fn folder(guests: &[Guest]) -> String {
    let names: Vec<&str> = guests.iter().map(|guest| guest.name.as_str()).collect();
    let [a, b, c, d, ..] = Sha256::digest(format!("{guests:?}")).0;
    format!("{}-{:08x}", names.join("+"), u32::from_be_bytes([a, b, c, d]))
}

/// The workspace's manifest with the thin crate as its only member. Guests name the core by its version; it is the project's.
fn manifest(text: &str) -> Option<String> {
    let document = DeTable::parse(text).ok()?;
    let workspace = document.get_ref().get("workspace")?.get_ref().as_table()?;
    let members = workspace.get("members")?.span();
    let thin = Path::new(Layout::THIN).parent()?.display();
    let core = Layout::LIBRARIES[0];
    let patch = format!("[patch.crates-io]\n{} = {{ path = \"{core}\" }}\n", Layout::CORE);
    let text = format!("{}[\"{thin}\"]{}", &text[..members.start], &text[members.end..]);
    Some(if text.contains("\n[patch.crates-io]\n") {
        text.replacen("[patch.crates-io]\n", &patch, 1)
    } else {
        format!("{text}\n{patch}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manifest_keeps_everything_but_the_members() {
        let text = "[workspace]\nresolver = \"3\"\nmembers = [\n    \"registry\",\n    \"harness\",\n]\n\n[profile.release]\nstrip = true\n";
        let core = "plimsoll-registry-core = { path = \"registry/core\" }\n";
        let expected = format!(
            "[workspace]\nresolver = \"3\"\nmembers = [\"registry\"]\n\n[profile.release]\nstrip = true\n\n[patch.crates-io]\n{core}"
        );
        assert_eq!(manifest(text), Some(expected));
        let patched = manifest(&format!("{text}\n[patch.crates-io]\nother = {{ path = \"x\" }}\n")).unwrap();
        assert!(
            patched.ends_with(&format!("[patch.crates-io]\n{core}other = {{ path = \"x\" }}\n")),
            "{patched}"
        );
    }

    #[test]
    fn what_is_from_elsewhere_has_a_workspace_of_its_own() {
        let guest = |path: &str| Guest {
            name: "motto".into(),
            source: GuestSource::Path(path.into()),
        };
        assert_eq!(folder(&[guest("/a")]), folder(&[guest("/a")]));
        assert_ne!(folder(&[guest("/a")]), folder(&[guest("/b")]));
    }
}
