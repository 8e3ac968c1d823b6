//! A project's text files, as they are on disk or as somebody is about to make them.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use similar::TextDiff;

use crate::output;

/// A file of a tree cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[error("{} cannot be {what}: {source}", path.display())]
pub struct TreeError {
    /// The file.
    pub path: PathBuf,
    /// What was tried: `read` or `written`.
    pub what: &'static str,
    /// Why not.
    pub source: io::Error,
}

/// A file that becomes another: what it was and what it will be, where it is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The file, relative to the tree.
    pub path: PathBuf,
    /// Its text on disk.
    pub before: Option<Arc<str>>,
    /// Its text then.
    pub after: Option<Arc<str>>,
}

impl Change {
    /// As a unified diff.
    pub fn diff(&self) -> String {
        let shown = |side: &str, text: &Option<Arc<str>>| match text {
            Some(_) => format!("{side}/{}", self.path.display()),
            None => "/dev/null".to_owned(),
        };
        let text = |text: &Option<Arc<str>>| text.clone().unwrap_or_default();
        TextDiff::from_lines(&*text(&self.before), &*text(&self.after))
            .unified_diff()
            .header(&shown("a", &self.before), &shown("b", &self.after))
            .to_string()
    }
}

/// The text files below a folder. Changes are kept in memory until they are written out.
#[derive(Clone, Debug)]
pub struct Tree {
    root: PathBuf,
    read: RefCell<BTreeMap<PathBuf, Option<Arc<str>>>>,
    changed: BTreeMap<PathBuf, Option<Arc<str>>>,
}

impl Tree {
    /// The tree below `root`.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self {
            root: root.into(),
            read: RefCell::default(),
            changed: BTreeMap::new(),
        }
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The text of a file; none if it is not there, or no text.
    pub fn text(&self, path: impl AsRef<Path>) -> Option<Arc<str>> {
        let path = path.as_ref();
        if let Some(changed) = self.changed.get(path) {
            return changed.clone();
        }
        self.on_disk(path)
    }

    fn on_disk(&self, path: &Path) -> Option<Arc<str>> {
        let mut read = self.read.borrow_mut();
        read.entry(path.to_owned())
            .or_insert_with(|| fs::read_to_string(self.root.join(path)).ok().map(Arc::from))
            .clone()
    }

    /// Whether the file is there.
    pub fn has(&self, path: impl AsRef<Path>) -> bool {
        self.text(path).is_some()
    }

    /// The files below `folder` whose names end with `.extension`, in order. Hidden folders and `target` are left out, and
    /// links are not followed.
    pub fn files(&self, folder: impl AsRef<Path>, extension: &str) -> Vec<PathBuf> {
        let folder = folder.as_ref();
        let mut found = BTreeSet::new();
        self.walk(folder, Some(extension), &mut found);
        let fits = |path: &Path| path.starts_with(folder) && path.extension().is_some_and(|end| end == extension);
        for (path, text) in &self.changed {
            if text.is_none() {
                found.remove(path);
            } else if fits(path) {
                found.insert(path.clone());
            }
        }
        found.into_iter().collect()
    }

    /// Every text file below `folder`, in order.
    pub fn all_files(&self, folder: impl AsRef<Path>) -> Vec<PathBuf> {
        let folder = folder.as_ref();
        let mut found = BTreeSet::new();
        self.walk(folder, None, &mut found);
        found.extend(self.changed.keys().filter(|path| path.starts_with(folder)).cloned());
        found.into_iter().filter(|path| self.has(path)).collect()
    }

    fn walk(&self, folder: &Path, extension: Option<&str>, found: &mut BTreeSet<PathBuf>) {
        let Ok(entries) = fs::read_dir(self.root.join(folder)) else {
            return;
        };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let path = folder.join(&name);
            let Ok(kind) = entry.file_type() else { continue };
            let hidden = name.to_string_lossy().starts_with('.') || name == "target";
            if kind.is_dir() && !hidden {
                self.walk(&path, extension, found);
            } else if kind.is_file() && extension.is_none_or(|wanted| path.extension().is_some_and(|end| end == wanted))
            {
                found.insert(path);
            }
        }
    }

    /// Gives a file this text.
    pub fn write(&mut self, path: impl Into<PathBuf>, text: impl Into<Arc<str>>) {
        self.changed.insert(path.into(), Some(text.into()));
    }

    /// Takes a file away.
    pub fn remove(&mut self, path: impl Into<PathBuf>) {
        self.changed.insert(path.into(), None);
    }

    /// What differs from the disk, in the order of the paths.
    pub fn changes(&self) -> Vec<Change> {
        let changes = self.changed.iter().map(|(path, after)| Change {
            path: path.clone(),
            before: self.on_disk(path),
            after: after.clone(),
        });
        changes.filter(|change| change.before != change.after).collect()
    }

    /// Writes the changes to the disk. Folders that become empty go.
    ///
    /// # Errors
    /// A file cannot be written. Those before it have been.
    pub fn commit(self) -> Result<Vec<Change>, TreeError> {
        let changes = self.changes();
        for change in &changes {
            let path = self.root.join(&change.path);
            let done = match &change.after {
                Some(text) => output::write(&path, text),
                None => fs::remove_file(&path).map(|()| self.prune(&path)),
            };
            done.map_err(|source| TreeError {
                path: change.path.clone(),
                what: "written",
                source,
            })?;
        }
        Ok(changes)
    }

    fn prune(&self, file: &Path) {
        let folders = file.ancestors().skip(1);
        for folder in folders.take_while(|folder| *folder != self.root) {
            // A folder that is not empty stays, and so do those above it.
            if fs::remove_dir(folder).is_err() {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_seen_before_they_are_written() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("a")).unwrap();
        fs::write(folder.path().join("a/old.rs"), "old\n").unwrap();
        let mut tree = Tree::new(folder.path());
        tree.write("a/new.rs", "new\n");
        tree.remove("a/old.rs");
        assert_eq!(tree.files("a", "rs"), [PathBuf::from("a/new.rs")]);
        assert!(!tree.has("a/old.rs"));
        assert!(folder.path().join("a/old.rs").exists());
        let changes = tree.commit().unwrap();
        assert_eq!(changes.len(), 2);
        assert_eq!(
            changes[0].diff(),
            "--- /dev/null\n+++ b/a/new.rs\n@@ -0,0 +1 @@\n+new\n"
        );
        assert!(!folder.path().join("a/old.rs").exists());
    }

    #[test]
    fn a_folder_that_becomes_empty_goes() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("a/b")).unwrap();
        fs::write(folder.path().join("a/b/x"), "").unwrap();
        let mut tree = Tree::new(folder.path());
        tree.remove("a/b/x");
        tree.commit().unwrap();
        assert!(!folder.path().join("a").exists());
        assert!(folder.path().exists());
    }
}
