//! The program as its user meets it: what it prints, and how it ends.

mod archive;
mod book;
mod comparison;
mod explanations;
mod fmt;
mod guidelines;
mod interactions;
mod manual;
mod page;
mod project;
mod scaffold;
mod schema;
mod trust;
mod url;
mod usage;
mod watch;

use std::{
    path::{Path, PathBuf},
    process::Output,
};

use assert_cmd::Command;

/// The repository, which is a project itself.
fn repository() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    folder
        .parent()
        .expect("the package is in a folder of the repository")
        .to_owned()
}

/// The program, as if nothing in the environment spoke to it.
fn plimsoll() -> Command {
    let mut command = Command::cargo_bin("plimsoll").expect("cargo builds the program before its tests");
    command
        .current_dir(repository())
        .env_remove("PLIMSOLL_PROJECT")
        .env("NO_COLOR", "1");
    command
}

/// Runs it in the folder of a project.
fn run_in(project: &Path, arguments: &[&str]) -> Output {
    plimsoll()
        .args(arguments)
        .current_dir(project)
        .output()
        .expect("the program starts")
}

/// Runs it; what it said on standard output and standard error, and its exit status.
fn run(arguments: &[&str]) -> (String, String, Option<i32>) {
    let output = plimsoll().args(arguments).output().expect("the program starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("it prints UTF-8");
    (text(output.stdout), text(output.stderr), output.status.code())
}
