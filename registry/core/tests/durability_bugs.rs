//! The bugs that `ci/durability-bugs` puts into a copy of this tree still fit it: that they are found takes minutes, and is
//! not tried by whoever changes the storage.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .expect("the crate lies two folders below the project's")
        .to_owned()
}

fn entries(folder: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    let entries = fs::read_dir(folder).expect("the folder can be read");
    entries.map(|entry| entry.expect("the folder can be read").path())
}

#[test]
fn every_durability_bug_can_be_put_into_the_tree() {
    let project = project();
    // One folder for each command that finds them.
    let bugs: Vec<_> = entries(&project.join("fixtures/durability-bugs"))
        .flat_map(|folder| entries(&folder))
        .collect();
    assert!(!bugs.is_empty());
    for bug in bugs {
        let tried = Command::new("git")
            .args(["apply", "--check"])
            .arg(&bug)
            .current_dir(&project)
            .output()
            .expect("git can be started");
        assert!(
            tried.status.success(),
            "{} has to be written anew:\n{}",
            bug.display(),
            String::from_utf8_lossy(&tried.stderr)
        );
    }
}
