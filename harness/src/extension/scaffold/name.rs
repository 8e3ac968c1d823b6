//! What an extension may be called.

use crate::extension::{
    Layout, Tree,
    guidelines::{Guidelines, Half},
    list,
};

/// The longest name, in characters: it stands in many lines and file names.
const LONGEST: usize = 24;

/// Words that mean something else where names of extensions stand.
const RESERVED: [&str; 20] = [
    "all",
    "and",
    "cli",
    "config",
    "core",
    "default",
    "disabled",
    "each",
    "extension",
    "extensions",
    "http",
    "log",
    "minimal",
    "none",
    "not",
    "oci",
    "or",
    "registry",
    "storage",
    "test",
];

/// Why a name is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// It cannot stand where names stand.
    #[error(
        "`{0}` cannot be the name of an extension: it stands in features, crates, modules and keys, so it has up to {LONGEST} \
         lower-case letters and digits, and begins with a letter"
    )]
    Invalid(String),
    /// It means something else somewhere.
    #[error("`{name}` is reserved: {why}")]
    Reserved {
        /// The name.
        name: String,
        /// What it means.
        why: &'static str,
    },
    /// It is there.
    #[error("`{name}` is taken: {place}")]
    Taken {
        /// The name.
        name: String,
        /// Where.
        place: String,
    },
}

/// Whether an extension may be called `name` in this tree.
pub(super) fn judge(name: &str, tree: &Tree, guidelines: &Guidelines) -> Result<(), NameError> {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    if !name.starts_with(|first: char| first.is_ascii_lowercase()) || !name.bytes().all(fits) || name.len() > LONGEST {
        return Err(NameError::Invalid(name.to_owned()));
    }
    let reserved = |why| NameError::Reserved {
        name: name.to_owned(),
        why,
    };
    if RESERVED.contains(&name) {
        return Err(reserved("commands and files use the word for something else"));
    }
    if syn::parse_str::<syn::Ident>(name).is_err() {
        return Err(reserved("it is a word of Rust, and could not be a module"));
    }
    let taken = |place: String| NameError::Taken {
        name: name.to_owned(),
        place,
    };
    if list::project(tree).is_ok_and(|list| list.position(name).is_some()) {
        return Err(taken("the project has an extension of that name".to_owned()));
    }
    for half in [Half::Enabled, Half::Disabled] {
        let twin = guidelines.twin(half, name);
        if tree.has(&twin) {
            return Err(taken(format!("there is a file {}", twin.display())));
        }
    }
    let manifest = format!("{}/{name}/Cargo.toml", Layout::CRATES);
    if tree.has(&manifest) {
        return Err(taken(format!("there is a file {manifest}")));
    }
    let key = format!("extensions.{name}");
    let keys = tree
        .text(Layout::KEYS)
        .and_then(|text| list::keys(&text))
        .unwrap_or_default();
    if keys.iter().any(|one| one.path == key) {
        return Err(taken(format!("the configuration has a key `{key}`")));
    }
    Ok(())
}
