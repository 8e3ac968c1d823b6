//! The names of all repositories, in order: read from the tree when first asked for, and kept up to date from then on.

use std::{collections::BTreeSet, fs, io, ops::Bound, path::Path, sync::Mutex};

use crate::{
    oci::RepositoryName,
    storage::{Listing, Page, Result},
};

use super::{
    disk::stat_regular,
    durability::failed,
    repository::lock,
    root::{self, Root},
    schedule,
};

/// The names of all repositories.
#[derive(Debug, Default)]
pub(super) struct Catalogue {
    /// `None`: no one has asked yet.
    names: Mutex<Option<BTreeSet<RepositoryName>>>,
}

impl Catalogue {
    /// Adds a name. `true`: the tree was read before, and did not have it.
    pub(super) fn insert(&self, name: &RepositoryName) -> bool {
        let mut names = lock(&self.names);
        names.as_mut().is_some_and(|names| names.insert(name.clone()))
    }

    pub(super) fn remove(&self, name: &RepositoryName) {
        if let Some(names) = &mut *lock(&self.names) {
            names.remove(name);
        }
    }

    /// A part of the list, if it was read before.
    pub(super) fn known(&self, page: &Page<String>) -> Option<Listing<RepositoryName>> {
        lock(&self.names).as_ref().map(|names| list(names, page))
    }

    /// A part of the list.
    pub(super) fn page(&self, root: &Root, page: &Page<String>) -> Result<Listing<RepositoryName>> {
        let mut names = lock(&self.names);
        if let Some(names) = &*names {
            return Ok(list(names, page));
        }
        let mut found = BTreeSet::new();
        let complete = walk(root.path(), &mut |name, folder| {
            if stat_regular(&folder.join("oci-layout"))?.is_some() {
                found.insert(name);
            }
            Ok(())
        })
        .map_err(failed("list", root.path()))?;
        let listing = list(&found, page);
        // What could not be read may be readable when the next one asks.
        *names = complete.then_some(found);
        Ok(listing)
    }
}

fn list(names: &BTreeSet<RepositoryName>, page: &Page<String>) -> Listing<RepositoryName> {
    let start = page.after.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
    let mut rest = names.range::<str, _>((start, Bound::Unbounded));
    Listing {
        items: rest.by_ref().take(page.limit).cloned().collect(),
        more: rest.next().is_some(),
    }
}

/// Visits every folder below `root` that could be a repository's. Symbolic links are not followed, and what vanishes on
/// the way is passed over, as is what may not be read: `false`, if there was such.
pub(super) fn walk(root: &Path, visit: &mut dyn FnMut(RepositoryName, &Path) -> io::Result<()>) -> io::Result<bool> {
    let mut complete = true;
    let mut is_forbidden = |folder: &Path, error: &io::Error| {
        let forbidden = error.kind() == io::ErrorKind::PermissionDenied;
        if forbidden {
            complete = false;
            tracing::warn!(path = %folder.display(), "passed over a folder that may not be read");
        }
        forbidden
    };
    let mut folders = vec![(root.to_owned(), String::new(), 0)];
    while let Some((folder, name, depth)) = folders.pop() {
        let entries = match schedule::strike(&folder).and_then(|()| fs::read_dir(&folder)) {
            Err(error) if depth > 0 && error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) if depth > 0 && is_forbidden(&folder, &error) => continue,
            result => result?,
        };
        for entry in entries {
            let entry = entry?;
            let file_name = entry.file_name();
            let Some(component) = file_name.to_str().and_then(|text| root::component(text, depth)) else {
                continue;
            };
            if !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                continue;
            }
            let below = if depth == 0 {
                component.to_owned()
            } else {
                format!("{name}/{component}")
            };
            // Where a part of a name is none, nothing below it is.
            if let Ok(name) = below.parse() {
                match visit(name, &entry.path()) {
                    Err(error) if is_forbidden(&entry.path(), &error) => continue,
                    result => result?,
                }
                folders.push((entry.path(), below, depth + 1));
            }
        }
    }
    Ok(complete)
}
