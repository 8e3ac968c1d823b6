//! Takes an extension out: its files, and its place in every list.

use super::{ScaffoldError, add::format_changes, files, needs_layout, places};
use crate::extension::{Guidelines, Layout, Tree, guidelines::Half, list};

/// Takes the extension `name` out of `tree`: its twins, crate, section, scenarios, tests and page, its places in lists, and
/// every scenario that requires it.
///
/// # Errors
/// There is no such extension, or a place cannot be found.
pub fn remove(tree: &mut Tree, guidelines: &Guidelines, name: &str) -> Result<(), ScaffoldError> {
    needs_layout(guidelines)?;
    if list::project(tree)?.position(name).is_none() {
        return Err(ScaffoldError::Unknown(name.to_owned()));
    }
    let names: Vec<String> = list::project(tree)?
        .entries
        .into_iter()
        .map(|entry| entry.name)
        .collect();
    for list in list::excluded(tree, &guidelines.scenarios, &names) {
        if let Some(at) = list.position(name) {
            places::edit(tree, &list.path, &list.remove(at));
        }
    }
    // Backwards: where types stand is known by the fields that have them.
    for find in places::LISTS.iter().rev() {
        for at in 0..find(tree, guidelines).len() {
            // What is not there need not be taken out.
            let Ok(list) = find(tree, guidelines).swap_remove(at) else {
                continue;
            };
            if let Some(at) = list.position(&places::entry_name(&list, name)) {
                places::edit(tree, &list.path, &list.remove(at));
            }
        }
    }
    for (path, span) in places::importers(tree, &list::section_type(name)) {
        let text = tree.text(&path).unwrap_or_default();
        places::edit(tree, &path, &[places::without_import(&text, span)]);
    }
    places::remove_from_schema(tree, name)?;
    places::remove_from_changelog(tree, name);
    let mut gone = vec![
        guidelines.twin(Half::Enabled, name),
        guidelines.twin(Half::Disabled, name),
        files::test(name).into(),
        files::page(name).into(),
    ];
    gone.extend(tree.all_files(format!("{}/{name}", Layout::CRATES)));
    gone.extend(tree.all_files(guidelines.scenarios.join("extensions").join(name)));
    gone.extend(list::requiring(tree, &guidelines.scenarios, name));
    for path in gone {
        if tree.has(&path) {
            tree.remove(path);
        }
    }
    format_changes(tree);
    Ok(())
}
