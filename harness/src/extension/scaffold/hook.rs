//! The kinds of hooks that an extension can be made with.

use clap::ValueEnum;

/// A kind of hook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ValueEnum)]
pub enum Hook {
    /// Endpoints of its own
    Routes,
    /// A say in what may be pushed
    PushPolicy,
    /// Being told of what happens
    Observer,
    /// Work in the background
    Task,
    /// Content that is not in the store
    Upstream,
}

impl Hook {
    /// How it is called in a table.
    pub(super) const fn shown(self) -> &'static str {
        match self {
            Self::Routes => "routes",
            Self::PushPolicy => "a push policy",
            Self::Observer => "an observer",
            Self::Task => "a background task",
            Self::Upstream => "an upstream",
        }
    }

    /// What of the workspace's dependencies its code needs.
    pub(super) const fn dependencies(self) -> &'static [&'static str] {
        match self {
            Self::Routes => &["axum"],
            Self::PushPolicy => &["async-trait", "http", "serde_json"],
            Self::Observer => &["tracing"],
            Self::Task => &["async-trait", "tracing"],
            Self::Upstream => &["async-trait", "bytes", "futures-util", "serde_json", "tokio-util"],
        }
    }
}
