//! What the thin binary tells of each extension, built in or not.

use crate::{
    cli::{Binary, Exit},
    config::Config,
    hooks::Hooks,
};

/// An extension, as one of its two twin files presents it.
#[derive(Clone, Copy, Debug)]
pub struct Extension {
    /// Its name: that of the feature and of its section in the configuration.
    pub name: &'static str,
    /// Whether this binary includes it.
    pub included: bool,
    /// Reads its section and asks for what it needs. It changes nothing: a configuration that is only verified is shown to
    /// it, too.
    pub enable: fn(&Config, &mut Hooks),
    /// Its commands; none where it is not included.
    pub commands: fn() -> Vec<ExtensionCommand>,
}

/// A command that an extension adds.
#[derive(Debug)]
pub struct ExtensionCommand {
    /// Its arguments and help.
    pub command: clap::Command,
    /// What it does.
    pub run: fn(&Binary, &clap::ArgMatches) -> Exit,
}

/// Warns that the configuration asks for an extension which this binary does not include.
pub fn warn_not_included(name: &str) {
    tracing::warn!(
        "skipping enabling {name} extension because given plimsoll-registry binary doesn't include this feature,please \
         build a binary that does so"
    );
}
