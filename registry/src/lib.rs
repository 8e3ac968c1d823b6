//! The registry as it was built: the core, and the extensions that this build has.

mod extensions;

use plimsoll_registry_core::cli::Binary;

/// What the binary is, and what a test has to know to be one.
pub const BINARY: Binary = Binary {
    version: env!("CARGO_PKG_VERSION"),
    extensions: &extensions::ALL,
};
