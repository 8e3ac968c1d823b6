//! The configuration: zot's keys, read strictly.

mod model;

pub use model::{Config, Extensions, Http, Level, LintSection, Log, MetricsSection, Prometheus, ScrubSection, Storage};
