//! Several clients at once, and what they leave to chance.

use std::{sync::Arc, time::Duration};

use super::{Capture, Expect, Step, Template, Value};

/// Does steps as several clients at once, each with connections and variables of its own.
#[derive(Clone, Debug)]
pub struct Clients {
    /// How many.
    pub count: Value,
    /// `until: killed`: they do their steps again and again beside the steps that follow, until one kills a server.
    pub until_killed: bool,
    /// `do`, with `client` and `n` as numbers from 0.
    pub steps: Arc<[Step]>,
}

/// Deletes a tag, a manifest or a blob.
#[derive(Clone, Debug)]
pub struct Delete {
    /// What.
    pub what: Deleted,
    /// `expect`: 202 or 404 unless said.
    pub expect: Expect,
    /// `capture`.
    pub captures: Vec<Capture>,
}

/// What is deleted.
#[derive(Clone, Debug)]
pub enum Deleted {
    /// `tag` or `manifest`: `repository:tag` or `repository@digest`.
    Manifest(Template),
    /// `blob`: a digest.
    Blob {
        /// The digest.
        digest: Template,
        /// `from`: a repository.
        from: Option<Template>,
    },
}

/// Some time, or a random one between two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wait {
    /// The least.
    pub least: Duration,
    /// The most.
    pub most: Duration,
}

/// An image that is described in words, and not by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImageWords {
    /// `any of versions`: one of a list, at random.
    AnyOf(String),
    /// `3 layers of 8 MiB`, `random 1 to 5 layers of up to 2 MiB`: made up each time.
    Layers {
        /// The least layers.
        least: u64,
        /// The most.
        most: u64,
        /// How many bytes each has, at most.
        size: u64,
        /// Whether each has any number of bytes up to that.
        up_to: bool,
    },
}
