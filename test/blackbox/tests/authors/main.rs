//! What the author of an extension does, in a checkout of this repository: writing one, taking it out, building it in.

mod out_of_tree;
mod scaffold;
mod tutorial;

use libtest_mimic::Arguments;

/// The harness.
const HARNESS: &str = env!("CARGO_BIN_EXE_harness");

fn main() -> std::process::ExitCode {
    let arguments = Arguments::from_args();
    let trials = [scaffold::trials(), tutorial::trials(), out_of_tree::trials()]
        .into_iter()
        .flatten()
        .collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}
