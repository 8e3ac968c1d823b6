//! The files below the server's root.

use super::{Matcher, Template};

/// Looks at a file.
#[derive(Clone, Debug)]
pub struct FileCheck {
    /// Below the root.
    pub path: Template,
    /// What it has to be.
    pub expect: FileExpect,
}

/// What a file has to be.
#[derive(Clone, Debug)]
pub enum FileExpect {
    /// There.
    Present,
    /// Not there.
    Absent,
    /// There, and like this.
    Like {
        /// `size`.
        size: Option<Matcher>,
        /// `text`.
        text: Option<Matcher>,
        /// `json`, by JSONPath.
        json: Vec<(String, Matcher)>,
        /// `content`: the name of content.
        content: Option<Template>,
    },
}
