//! registry/extensions/scrub
