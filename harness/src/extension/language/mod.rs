//! What the checks ask of a source file, in each language that they know.

mod format;
mod go;
mod outline;
mod rust;
mod stand_in;

pub(crate) use format::format;
pub(crate) use outline::{Item, Outline, ParseError};

use std::ops::Range;

use super::Edit;

/// A language that twins are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Rust.
    Rust,
    /// Go.
    Go,
}

/// What a twin is made for: the extension's name, and how a disabled twin warns.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Purpose<'a> {
    pub(crate) name: &'a str,
    pub(crate) warning: &'a str,
    pub(crate) anti_gate: &'a str,
}

impl Language {
    /// How its files' names end.
    pub(crate) const fn extension(self) -> &'static str {
        match self {
            Self::Rust => "rs",
            Self::Go => "go",
        }
    }

    /// The public functions and items of a twin, and what a disabled one does.
    pub(crate) fn outline(self, text: &str, warning: &str) -> Result<Outline, ParseError> {
        match self {
            Self::Rust => rust::outline(text, warning),
            Self::Go => go::outline(text, warning),
        }
    }

    /// The disabled twin of an enabled one.
    pub(crate) fn stand_in(self, enabled: &str, purpose: Purpose<'_>) -> Option<String> {
        match self {
            Self::Rust => stand_in::rust(enabled, purpose),
            Self::Go => go::stand_in(enabled, purpose),
        }
    }

    /// The edits that give a disabled twin the function `function` of an enabled one: its signature, if the function is
    /// there, or all of it.
    pub(crate) fn adopt(
        self,
        disabled: &str,
        enabled: &str,
        function: &str,
        purpose: Purpose<'_>,
    ) -> Option<Vec<Edit>> {
        match self {
            Self::Rust => stand_in::adopt(disabled, enabled, function, purpose),
            Self::Go => go::adopt(disabled, enabled, function, purpose),
        }
    }

    /// Where a file names a feature: a condition of the build.
    pub(crate) fn features(self, text: &str) -> Vec<Range<usize>> {
        match self {
            Self::Rust => rust::features(text),
            Self::Go => go::features(text),
        }
    }
}

/// Where a Rust file names a crate.
pub(crate) fn crate_mentions(text: &str, krate: &str) -> Vec<Range<usize>> {
    rust::mentions(text, &krate.replace('-', "_"))
}

/// The texts of a Rust file, and where its methods are called.
pub(crate) use rust::{literals, method_calls};
