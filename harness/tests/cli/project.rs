//! Project files: found, and refused with a line and a caret where they are wrong.

use std::fs;

use super::{plimsoll, repository, run};

#[test]
fn every_broken_project_is_refused_with_status_2() {
    let folder = repository().join("fixtures/broken/projects");
    insta::glob!(folder, "*.toml", |file| {
        // In a folder of its own, with scenarios beside it: only what the file says is wrong.
        let project = tempfile::tempdir().unwrap();
        fs::create_dir(project.path().join("scenarios")).unwrap();
        fs::copy(file, project.path().join("plimsoll.toml")).unwrap();
        let output = plimsoll().arg("plan").current_dir(project.path()).output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{error}");
        assert!(output.stdout.is_empty());
        let shown = fs::canonicalize(project.path()).unwrap();
        insta::assert_snapshot!(error.replace(&shown.display().to_string(), "[PROJECT]"));
    });
}

#[test]
fn a_project_is_found_from_a_folder_within_it() {
    let output = plimsoll()
        .arg("plan")
        .current_dir(repository().join("harness/src"))
        .output()
        .unwrap();
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn where_there_is_no_project_it_says_what_to_do() {
    let nowhere = tempfile::tempdir().unwrap();
    let output = plimsoll().arg("plan").current_dir(nowhere.path()).output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(error.contains("--project PATH"), "{error}");
}

#[test]
fn a_project_file_that_cannot_be_read_is_refused() {
    let (_, error, status) = run(&["plan", "--project", "no/such/file.toml"]);
    assert_eq!(status, Some(2));
    assert!(error.contains("no/such/file.toml"), "{error}");
}

#[test]
fn a_build_that_fails_is_shown_as_cargo_says_it_and_ends_with_3() {
    let project = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = project.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write(
        "plimsoll.toml",
        "name = \"broken\"\nscenarios = \"scenarios\"\nextensions = [\"extra\"]\n[build.cargo]\npackage = \"broken\"\nprofile = \"dev\"\n\
         [serve]\narguments = [\"{config}\"]\naddress-from-log = \"address\"\nconfig.root = \"{root}\"\n",
    );
    write(
        "scenarios/ping.yaml",
        "scenario: the registry is there\nsteps:\n  - get: /v2/\n    expect: 200\n",
    );
    write(
        "Cargo.toml",
        "[package]\nname = \"broken\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[features]\nextra = []\n[workspace]\n",
    );
    write(
        "src/main.rs",
        "fn main() {\n    #[cfg(feature = \"extra\")]\n    no_such_function();\n}\n",
    );
    let output = plimsoll()
        .args(["build"])
        .current_dir(project.path())
        .env_remove("CARGO_TARGET_DIR")
        .env_remove("CARGO_BUILD_BUILD_DIR")
        .output()
        .unwrap();
    let (out, error) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert_eq!(output.status.code(), Some(3), "{out}{error}");
    assert!(
        error.contains("extra does not build:") && error.contains("no_such_function"),
        "{error}"
    );
    // The one that builds is there all the same.
    assert!(out.trim_end().ends_with("/minimal/debug/broken"), "{out}");
}

/// The blocks of TOML in `docs/project-file.md`.
fn documented() -> Vec<String> {
    let page = fs::read_to_string(repository().join("docs/project-file.md")).expect("the page is there");
    let blocks = page
        .split("```toml\n")
        .skip(1)
        .filter_map(|rest| rest.split_once("```"));
    blocks.map(|(block, _)| block.to_owned()).collect()
}

#[test]
fn every_project_file_of_the_documentation_is_right() {
    let documented = documented();
    assert_eq!(documented.len(), 4);
    for text in documented {
        let project = tempfile::tempdir().unwrap();
        fs::create_dir(project.path().join("scenarios")).unwrap();
        fs::write(project.path().join("plimsoll.toml"), &text).unwrap();
        let output = plimsoll().arg("plan").current_dir(project.path()).output().unwrap();
        assert_eq!(
            output.status.code(),
            Some(0),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}
