//! The registry's binary.

use std::process::ExitCode;

use plimsoll_registry::BINARY;
use plimsoll_registry_core::cli;

fn main() -> ExitCode {
    cli::run(&BINARY, std::env::args_os()).into()
}
