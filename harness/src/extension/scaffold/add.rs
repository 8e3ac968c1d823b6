//! Adds an extension: its files, and its place in every list.

use std::path::Path;

use super::{
    Hook, ScaffoldError,
    files::{self, Draft},
    name, needs_layout, places,
};
use crate::extension::{
    Edit, Guidelines, Language, Layout, Tree, language,
    list::{self, List},
};

/// Adds an extension called `name` with these hooks to `tree`.
///
/// # Errors
/// The name is refused, or the tree has not the places that an extension is put into.
pub fn add(tree: &mut Tree, guidelines: &Guidelines, name: &str, hooks: &[Hook]) -> Result<(), ScaffoldError> {
    needs_layout(guidelines)?;
    name::judge(name, tree, guidelines)?;
    let others: Vec<String> = list::project(tree)?
        .entries
        .into_iter()
        .map(|entry| entry.name)
        .collect();
    let mut hooks = hooks.to_vec();
    hooks.sort_unstable();
    hooks.dedup();
    let draft = Draft {
        name,
        hooks: &hooks,
        others: &others,
    };
    // What is about builds without any extension has to know all that there are.
    for list in list::excluded(tree, &guidelines.scenarios, &others) {
        places::edit(tree, &list.path, &list.insert(list.entries.len() - 1, name));
    }
    for find in places::LISTS {
        for at in 0..find(tree, guidelines).len() {
            // Found anew each time: two lists may stand in one file.
            let list = find(tree, guidelines).swap_remove(at)?;
            let edits = insertion(&list, &draft)?;
            places::edit(tree, &list.path, &edits);
        }
    }
    import(tree, &draft, &others);
    let last = others.last().map_or("", String::as_str);
    places::add_to_schema(tree, last, &draft)?;
    places::add_to_changelog(tree, name)?;
    for (path, text) in draft.files(guidelines)? {
        tree.write(path, text);
    }
    if hooks.contains(&Hook::Task) {
        import_duration(tree);
    }
    format_changes(tree);
    Ok(())
}

/// The edits that put the extension into a list.
fn insertion(list: &List, draft: &Draft<'_>) -> Result<Vec<Edit>, ScaffoldError> {
    let name = places::entry_name(list, draft.name);
    let sorted = list.entries.is_sorted_by_key(|entry| &entry.name);
    let Some(end) = list.entries.len().checked_sub(1) else {
        return Err(ScaffoldError::Place {
            what: list.what,
            path: list.path.display().to_string(),
        });
    };
    // A list in alphabetical order stays in it; the others go by the recommended order, whose end is for newcomers.
    let place = if sorted && is_alphabetical(list) {
        list.entries.iter().rposition(|entry| entry.name < name)
    } else {
        Some(end)
    };
    let text = match list.what {
        "the fields of `Extensions`" => draft.fill(files::FIELD)?,
        "the sections of the configuration" => draft.fill(files::KEYS)?,
        "the types of the sections" => draft.fill(files::MODEL)?,
        "the sections that are read" => draft.fill(files::LOADED)?,
        "the sections of the documentation" => draft.fill(files::CONFIGURATION)?,
        "the locked packages" => locked(draft),
        _ => list.like(place.unwrap_or(0), &name),
    };
    let text = text.trim_end();
    Ok(match place {
        Some(place) => list.insert(place, text),
        None => list.prepend(text),
    })
}

/// Lists that are not in the recommended order: their tools, or their readers, look for names.
fn is_alphabetical(list: &List) -> bool {
    let what = [
        "the dependencies on extensions",
        "the modules of the blackbox tests",
        "the locked packages",
        "the locked dependencies",
    ];
    what.contains(&list.what)
}

/// The package as cargo would lock it.
fn locked(draft: &Draft<'_>) -> String {
    let dependencies: Vec<String> = draft
        .dependencies()
        .iter()
        .map(|name| format!(" \"{name}\",\n"))
        .collect();
    format!(
        "[[package]]\nname = \"{}{}\"\nversion = \"{}\"\ndependencies = [\n{}]",
        Layout::CRATE,
        draft.name,
        env!("CARGO_PKG_VERSION"),
        dependencies.concat()
    )
}

/// Imports the type of the section wherever that of another is.
fn import(tree: &mut Tree, draft: &Draft<'_>, others: &[String]) {
    let Some(other) = others.last() else { return };
    let section = list::section_type(draft.name);
    for (path, span) in places::importers(tree, &list::section_type(other)) {
        let edit = Edit {
            span: span.end..span.end,
            text: format!(", {section}"),
        };
        places::edit(tree, &path, &[edit]);
    }
}

/// The model needs durations once a section has one.
fn import_duration(tree: &mut Tree) {
    let path = Path::new(Layout::MODEL);
    let text = tree.text(path).unwrap_or_default();
    if !text.contains("Duration}") && !text.contains("time::Duration") && !text.contains("Duration,\n") {
        let at = text.find("\n\n").map_or(0, |at| at + 2);
        let edit = Edit {
            span: at..at,
            text: "use std::time::Duration;\n\n".to_owned(),
        };
        places::edit(tree, path, &[edit]);
    }
}

/// Gives what was changed the form that its formatter would.
pub(super) fn format_changes(tree: &mut Tree) {
    for change in tree.changes() {
        let Some(text) = change.after else { continue };
        if let Some(formatted) = language::format(Language::Rust, tree.root(), &change.path, &text) {
            tree.write(change.path, formatted);
        }
    }
}
