//! registry/extensions/metrics
