//! Schemas and reference: what is checked in is what the program prints.

use std::fs;

use super::{repository, run};

#[test]
fn the_schemas_and_the_reference_are_the_current_ones() {
    for (arguments, file) in [
        (&["schema", "scenario"][..], "schemas/scenario.json"),
        (&["schema", "project"], "schemas/project.json"),
        (&["schema", "expectations"], "schemas/expectations.json"),
        (&["schema", "report"], "schemas/report.json"),
        (&["schema", "scenario", "--format", "markdown"], "scenario-reference.md"),
    ] {
        let (printed, error, status) = run(arguments);
        assert_eq!(status, Some(0), "{error}");
        let checked_in = fs::read_to_string(repository().join("docs").join(file)).unwrap();
        assert!(
            printed == checked_in,
            "docs/{file} is not what the program prints: run `make docs`"
        );
    }
}

#[test]
fn a_page_of_what_nobody_writes_is_refused() {
    let (out, error, status) = run(&["schema", "report", "--format", "markdown"]);
    assert_eq!(status, Some(2), "{out}");
    assert!(error.contains("scenarios alone"), "{error}");
}
