//! The extensions, in the recommended order. Each is a pair of twins of which one is compiled: the one that does the
//! work, or the one that stands in for it.

#[path = "extension_metrics.rs"]
pub(crate) mod metrics;
#[path = "extension_metrics_disabled.rs"]
pub(crate) mod metrics;

#[path = "extension_sync.rs"]
pub(crate) mod sync;
#[path = "extension_sync_disabled.rs"]
pub(crate) mod sync;

#[path = "extension_search.rs"]
pub(crate) mod search;
#[path = "extension_search_disabled.rs"]
pub(crate) mod search;

#[path = "extension_scrub.rs"]
pub(crate) mod scrub;
#[path = "extension_scrub_disabled.rs"]
pub(crate) mod scrub;

#[path = "extension_lint.rs"]
pub(crate) mod lint;
#[path = "extension_lint_disabled.rs"]
pub(crate) mod lint;

use plimsoll_registry_core::extension::Extension;

/// Every extension, included or not.
pub(crate) const ALL: [Extension; 5] = [
    Extension {
        name: "metrics",
        included: metrics::is_included(),
        enable: metrics::enable,
        commands: metrics::commands,
    },
    Extension {
        name: "sync",
        included: sync::is_included(),
        enable: sync::enable,
        commands: sync::commands,
    },
    Extension {
        name: "search",
        included: search::is_included(),
        enable: search::enable,
        commands: search::commands,
    },
    Extension {
        name: "scrub",
        included: scrub::is_included(),
        enable: scrub::enable,
        commands: scrub::commands,
    },
    Extension {
        name: "lint",
        included: lint::is_included(),
        enable: lint::enable,
        commands: lint::commands,
    },
];
