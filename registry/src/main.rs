//! The registry's binary: the core, and the extensions that it was built with.

mod extensions;

use std::process::ExitCode;

use plimsoll_registry_core::cli::{self, Binary};

const BINARY: Binary = Binary {
    version: env!("CARGO_PKG_VERSION"),
    extensions: &extensions::ALL,
};

fn main() -> ExitCode {
    cli::run(&BINARY, std::env::args_os()).into()
}
