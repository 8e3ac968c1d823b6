//! The project's tree as it would be with the extensions in it, as far as the thin crate goes.

use std::path::Path;

use super::GuestError;
use crate::{
    extension::{
        Layout, ScaffoldError, Tree,
        guidelines::Guidelines,
        list::{self, List},
        mend::apply,
        scaffold::guest_twins,
    },
    project::{Guest, GuestSource, Project},
};

/// The tree of `project` with a feature, a dependency and twins for each of its guests.
pub(super) fn tree(project: &Project, guidelines: &Guidelines) -> Result<Tree, GuestError> {
    let mut tree = Tree::new(&project.root);
    let seam = guidelines.twins.join("mod.rs");
    for guest in &project.guests {
        let name = guest.name.as_str();
        for find in [
            |tree: &Tree, _: &Path| list::features(tree),
            |tree: &Tree, seam: &Path| list::modules(tree, seam),
            |tree: &Tree, seam: &Path| list::registered(tree, seam),
        ] {
            let list = find(&tree, &seam)?;
            append(&mut tree, &list, |end| list.like(end, name))?;
        }
        let dependencies = list::dependencies(&tree, Layout::THIN)?;
        let line = format!("{}{name} = {}", Layout::CRATE, dependency(guest));
        append(&mut tree, &dependencies, |_| line)?;
        for (half, text) in guest_twins(name)? {
            tree.write(guidelines.twin(half, name), text);
        }
    }
    Ok(tree)
}

/// Puts what `entry` makes of the place of the last one behind it.
fn append(tree: &mut Tree, list: &List, entry: impl FnOnce(usize) -> String) -> Result<(), ScaffoldError> {
    let end = list.entries.len().checked_sub(1).ok_or_else(|| ScaffoldError::Place {
        what: list.what,
        path: list.path.display().to_string(),
    })?;
    tree.write(&list.path, apply(&list.text, &list.insert(end, &entry(end))));
    Ok(())
}

/// The dependency as a manifest has it.
fn dependency(guest: &Guest) -> String {
    let text = |text: &str| toml::Value::from(text).to_string();
    match &guest.source {
        GuestSource::Path(path) => format!("{{ path = {} }}", text(&path.display().to_string())),
        GuestSource::Git { url, at: None } => format!("{{ git = {} }}", text(url)),
        GuestSource::Git {
            url,
            at: Some((kind, which)),
        } => format!("{{ git = {}, {kind} = {} }}", text(url), text(which)),
    }
}
