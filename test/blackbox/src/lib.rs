//! test/blackbox
