//! registry/extensions/lint
