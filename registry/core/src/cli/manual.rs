//! The `completions` and `man` commands: what shells and manuals have to know of the command line.

use std::{fs, io, path::Path};

use clap::Command;
use clap_complete::Shell;

use super::{
    Exit,
    output::{complain, print},
};

/// Prints what `shell` needs to complete the command line.
pub(super) fn completions(shell: Shell, mut line: Command) -> Exit {
    let name = line.get_name().to_owned();
    // In memory first: the generator takes a reader that has gone away for a mistake of ours.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut line, name, &mut script);
    print(&String::from_utf8_lossy(&script))
}

/// Writes a page for the program and each command into `folder`.
pub(super) fn man(folder: &Path, line: Command) -> Exit {
    match write_pages(folder, line) {
        Ok(()) => {
            complain(&format!("the pages are in {}\n", folder.display()));
            Exit::Success
        }
        Err(error) => {
            complain(&format!(
                "error: cannot write the pages to {}: {error}\n",
                folder.display()
            ));
            Exit::Failure
        }
    }
}

fn write_pages(folder: &Path, line: Command) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    clap_mangen::generate_to(line, folder)
}
