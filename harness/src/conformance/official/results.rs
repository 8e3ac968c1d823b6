//! Reads the suite's JUnit file. It says only in an attribute of each case what became of it.

use std::sync::LazyLock;

use regex::Regex;

/// What became of a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    /// It passed.
    Passed,
    /// It failed, or could not be run.
    Failed,
    /// It was left out, by the suite's configuration or because the registry says that it has no such feature.
    Skipped,
}

/// A test of the suite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Test {
    /// Its name.
    pub(super) name: String,
    /// What became of it.
    pub(super) status: Status,
}

static CASE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"<testcase name="([^"]*)"[^>]*\bstatus="([^"]*)""#).expect("the expression is valid")
});

/// The tests that `junit` lists. A status that is not known is an error, so that no failure is lost to a new word.
pub(super) fn parse(junit: &str) -> Result<Vec<Test>, String> {
    CASE.captures_iter(junit)
        .map(|case| {
            let status = match &case[2] {
                "passed" => Status::Passed,
                "failure" | "error" => Status::Failed,
                "skipped" | "disabled" => Status::Skipped,
                other => return Err(format!("the suite reports a status that is not known: {other:?}")),
            };
            let name = case[1].trim_start_matches("OCI Conformance Test/").to_owned();
            Ok(Test { name, status })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_status_is_read_and_an_unknown_one_is_an_error() {
        let case = |status: &str| {
            format!("<testcase name=\"OCI Conformance Test/a/b\" classname=\"\" time=\"0.1\" status=\"{status}\">")
        };
        for (status, expected) in [
            ("passed", Status::Passed),
            ("failure", Status::Failed),
            ("error", Status::Failed),
            ("skipped", Status::Skipped),
            ("disabled", Status::Skipped),
        ] {
            assert_eq!(
                parse(&case(status)),
                Ok(vec![Test {
                    name: "a/b".to_owned(),
                    status: expected
                }])
            );
        }
        assert!(parse(&case("odd")).is_err());
    }
}
