//! Scenario files in one form.

use std::fs;

use super::run;

const SLOPPY: &str = "scenario: x\nsteps:\n- get:   /v2/   \n  expect: {status: 200}\n# Both builds.\nrequires: lint\n";
const IN_ORDER: &str =
    "scenario: x\n# Both builds.\nrequires: lint\nsteps:\n  - get: /v2/\n    expect: { status: 200 }\n";

#[test]
fn a_check_shows_what_is_not_in_order_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x.yaml");
    let path = file.to_str().unwrap();
    fs::write(&file, SLOPPY).unwrap();

    let (diff, error, status) = run(&["fmt", "--check", path]);
    assert_eq!(status, Some(1), "{error}");
    assert!(
        diff.contains("-- get:   /v2/   \n") && diff.contains("+  - get: /v2/\n"),
        "{diff}"
    );
    assert_eq!(error, "1 file is not in order; `plimsoll fmt` does that\n");
    assert_eq!(fs::read_to_string(&file).unwrap(), SLOPPY);

    let (said, error, status) = run(&["fmt", folder.path().to_str().unwrap()]);
    assert_eq!((error.as_str(), status), ("", Some(0)));
    assert_eq!(said, format!("formatted {path}\n"));
    assert_eq!(fs::read_to_string(&file).unwrap(), IN_ORDER);
    assert_eq!(run(&["fmt", "--check", path]), (String::new(), String::new(), Some(0)));
}

#[test]
fn a_file_that_cannot_be_read_is_named_and_keeps_no_other_from_being_put_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let (broken, sloppy) = (folder.path().join("a.yaml"), folder.path().join("b.yaml"));
    fs::write(&broken, "scenario: [x\n").unwrap();
    fs::write(&sloppy, SLOPPY).unwrap();
    let (_, error, status) = run(&["fmt", folder.path().to_str().unwrap()]);
    assert_eq!(status, Some(2), "{error}");
    assert!(error.contains("a.yaml") && error.contains("PLM0101"), "{error}");
    assert_eq!(fs::read_to_string(&broken).unwrap(), "scenario: [x\n");
    assert_eq!(fs::read_to_string(&sloppy).unwrap(), IN_ORDER);

    let empty = tempfile::tempdir().unwrap();
    let (_, error, status) = run(&["fmt", empty.path().to_str().unwrap()]);
    assert_eq!(status, Some(2));
    assert!(error.contains("there is no scenario in"), "{error}");
    let (_, error, status) = run(&["fmt", "no-such.yaml"]);
    assert_eq!(status, Some(2));
    assert!(error.contains("PLM0001") && error.contains("no-such.yaml"), "{error}");
}
