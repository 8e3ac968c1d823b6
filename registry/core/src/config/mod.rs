//! The configuration: zot's keys, read strictly.
//!
//! [`keys`] is the one table of what can be configured. Reading, the JSON Schema and the documentation follow from it.

mod access;
mod access_keys;
mod check;
mod document;
mod duration;
mod guest;
mod key;
mod keys;
mod load;
mod model;
mod problem;
mod schema;
mod sync;
mod sync_keys;
#[cfg(test)]
mod tests;
mod tree;
mod value;

pub(crate) use access::repository_glob;
pub use access::{
    AccessControl, Auth, Bearer, IdentityAttribute, Limits, MetricsRules, Policy, RateLimit, RepositoryRules, Tls,
    TokenService,
};
pub use document::markdown;
pub use guest::Guests;
pub use load::{ConfigError, Loaded};
pub use model::{
    Config, Extensions, Http, Level, LintSection, Log, MetricsSection, Prometheus, ScrubSection, SearchSection, Storage,
};
pub use problem::{Problem, Report, Severity};
pub use schema::json_schema;
pub use sync::{SyncContent, SyncRegistry, SyncSection};
