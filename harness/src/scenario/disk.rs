//! The files below the server's root, and the file system that they are on.

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

/// Does something to the file system of its own that a server has.
#[derive(Clone, Debug)]
pub struct DiskStep {
    /// Which server's.
    pub server: String,
    /// What is done to it.
    pub verb: DiskVerb,
}

/// What is done to a file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiskVerb {
    /// `fill`: until just so many bytes are free.
    Fill {
        /// `leave`: 0 unless said.
        leave: u64,
    },
    /// `free`: what `fill` took is given back.
    Free,
    /// `remount`.
    Remount {
        /// Whether nothing can be written from then on.
        read_only: bool,
    },
}
