//! The harness, for tests that drive its command line: cargo builds the binaries of a test's own package alone.

use std::process::ExitCode;

fn main() -> ExitCode {
    plimsoll::cli::main()
}
