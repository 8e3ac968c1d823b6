//! `target`: a registry that somebody else runs.

use std::path::{Path, PathBuf};

use toml::Spanned;

use super::reader::Reader;
use crate::{
    client::{AccessSettings, Password, Url},
    project::{Elsewhere, keys},
};

pub(super) fn read(reader: &mut Reader<'_, '_>, root: &Path) -> Option<Elsewhere> {
    reader.known(&keys::TARGET);
    let url = reader.text("url").and_then(|text| server(reader, &text));
    let token_server = reader
        .optional_text("token-server")
        .and_then(|text| server(reader, &text));
    let settings = AccessSettings {
        user: reader.optional_text("user").map(Spanned::into_inner),
        password: password(reader, root),
        token_server: token_server.map(|url| url.origin()),
        ca: file(reader, "ca", root),
        certificate: file(reader, "certificate", root),
        key: file(reader, "key", root),
        insecure: reader.flag("insecure"),
    };
    Some(Elsewhere { url: url?, settings })
}

fn server(reader: &mut Reader<'_, '_>, text: &Spanned<String>) -> Option<Url> {
    match Url::of_server(text.get_ref()) {
        Ok(url) => Some(url),
        Err(error) => {
            reader.problem(text.span(), error.to_string(), error.help());
            None
        }
    }
}

fn password(reader: &mut Reader<'_, '_>, root: &Path) -> Option<Password> {
    let keys = ["password-variable", "password-file"];
    if !keys.iter().any(|key| reader.has(key)) {
        return None;
    }
    if reader.one_of(&keys)? == "password-file" {
        return file(reader, "password-file", root).map(Password::File);
    }
    let name = reader.text("password-variable")?;
    Some(Password::Variable(name.into_inner()))
}

/// A file below the project.
fn file(reader: &mut Reader<'_, '_>, key: &str, root: &Path) -> Option<PathBuf> {
    let path = reader.optional_text(key)?;
    reader.below(&path).map(|below| root.join(below))
}
