//! `out-of-tree`: extensions whose crates are not in the project.

use std::{fs, ops::Range, path::Path};

use toml::{Spanned, de::DeValue};

use super::reader::Reader;
use crate::project::{Guest, GuestSource, Project, Recipe, keys};

/// What the table of them is called.
pub(super) const KEY: &str = "out-of-tree";

/// How a state of a git repository is named.
const STATES: [&str; 3] = ["rev", "tag", "branch"];

/// Adds the extensions that the file names to `project`. Paths are relative to `root`.
pub(super) fn read(reader: &mut Reader<'_, '_>, root: &Path, project: &mut Project) {
    let Some(value) = reader.value(KEY) else { return };
    let DeValue::Array(items) = value.get_ref() else {
        reader.wrong_type(KEY, value.span(), "a list of tables", value.get_ref());
        return;
    };
    let is_ours = project
        .guidelines
        .as_ref()
        .is_some_and(|guidelines| guidelines.layout.is_some());
    if !is_ours || !matches!(project.build.recipe, Recipe::Cargo(_)) {
        let message = "extensions out of the tree need a thin crate, and this project has none that is known";
        reader.problem(
            value.span(),
            message,
            "write `[build.cargo]`, and `preset = \"rust\"` in `[guidelines]`",
        );
        return;
    }
    for item in items {
        let DeValue::Table(table) = item.get_ref() else {
            reader.wrong_type(KEY, item.span(), "a list of tables", item.get_ref());
            continue;
        };
        let mut reader = reader.within("`out-of-tree`", item.span(), table);
        if let Some(guest) = guest(&mut reader, root, &project.extensions) {
            project.extensions.push(guest.name.clone());
            project.guests.push(guest);
        }
    }
}

fn guest(reader: &mut Reader<'_, '_>, root: &Path, taken: &[String]) -> Option<Guest> {
    reader.known(&keys::GUEST);
    let name = reader.text("name").filter(|name| is_free(reader, name, taken));
    let source = match reader.one_of(&["path", "git"])? {
        "path" => path(reader, root),
        _ => git(reader),
    };
    Some(Guest {
        name: name?.into_inner(),
        source: source?,
    })
}

fn path(reader: &mut Reader<'_, '_>, root: &Path) -> Option<GuestSource> {
    for key in STATES {
        if let Some(value) = reader.value(key) {
            let message = format!("`{key}` is about `git`, and here is a path");
            reader.problem(value.span(), message, "remove it");
        }
    }
    let path = reader.text("path")?;
    let folder = root.join(path.get_ref());
    if !folder.join("Cargo.toml").is_file() {
        let message = format!("there is no package in `{}`", path.get_ref());
        let help = "write the folder of its Cargo.toml, relative to this file";
        reader.problem(path.span(), message, help);
        return None;
    }
    Some(GuestSource::Path(fs::canonicalize(&folder).unwrap_or(folder)))
}

fn git(reader: &mut Reader<'_, '_>) -> Option<GuestSource> {
    let url = reader.text("git")?.into_inner();
    let mut at = None;
    if STATES.iter().any(|key| reader.has(key)) {
        let key = reader.one_of(&STATES)?;
        at = Some((key, reader.text(key)?.into_inner()));
    }
    Some(GuestSource::Git { url, at })
}

/// Whether an extension can have the name: it becomes a module, a feature and a part of a package's name.
fn is_free(reader: &mut Reader<'_, '_>, name: &Spanned<String>, taken: &[String]) -> bool {
    let text = name.get_ref();
    let span: Range<usize> = name.span();
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    if !text.bytes().all(fits) || syn::parse_str::<syn::Ident>(text).is_err() {
        let help = "begin with a letter, go on with lower-case letters and digits, and take no word of Rust";
        reader.problem(span, format!("`{text}` cannot be the name of an extension"), help);
        return false;
    }
    if taken.contains(text) {
        reader.problem(
            span,
            format!("`{text}` is there twice"),
            "give it another name, or take the other one out",
        );
        return false;
    }
    true
}
