//! Which of the scenarios are meant: by a part of the name or path. A filter that selects nothing is an error.

use std::path::PathBuf;

use super::{
    Scenario,
    diagnostic::{Code, LoadError},
    suggestion,
};

/// The scenarios of which the name or the shown path contains one of `filters`; all of them without filters.
///
/// # Errors
/// The first filter that selects nothing: whoever gave it believes that something ran.
pub fn select(scenarios: Vec<Scenario>, filters: &[String]) -> Result<Vec<Scenario>, LoadError> {
    let admits = |filter: &String, scenario: &Scenario| {
        scenario.name.contains(filter.as_str()) || scenario.path.to_string_lossy().contains(filter.as_str())
    };
    if let Some(filter) = filters
        .iter()
        .find(|filter| !scenarios.iter().any(|scenario| admits(filter, scenario)))
    {
        let names = scenarios.iter().map(|scenario| scenario.name.as_str());
        return Err(LoadError::whole(
            PathBuf::from(filter),
            Code::NothingSelected,
            format!("`{filter}` selects none of {} scenarios", scenarios.len()),
            suggestion::did_you_mean(
                suggestion::nearest(filter, names),
                "a filter is a part of a scenario's path, such as `conformance/pull`",
            ),
        ));
    }
    Ok(scenarios
        .into_iter()
        .filter(|scenario| filters.is_empty() || filters.iter().any(|filter| admits(filter, scenario)))
        .collect())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{super::load::parse, *};

    fn scenarios() -> Vec<Scenario> {
        ["pull/blob", "pull/manifest", "push/blob"]
            .map(|name| {
                let path = format!("scenarios/{name}.yaml");
                let source = "scenario: x\nsteps:\n  - get: /v2/\n    expect: 200\n";
                parse(name, Path::new(&path), source, &super::super::Vocabulary::default()).unwrap()
            })
            .into()
    }

    fn names(filters: &[&str]) -> Result<Vec<String>, LoadError> {
        let filters: Vec<String> = filters.iter().map(|filter| (*filter).to_owned()).collect();
        select(scenarios(), &filters).map(|chosen| chosen.into_iter().map(|scenario| scenario.name).collect())
    }

    #[test]
    fn a_filter_is_a_part_of_the_name_or_the_path() {
        assert_eq!(names(&["pull/"]).unwrap(), ["pull/blob", "pull/manifest"]);
        assert_eq!(names(&["scenarios/push/blob.yaml"]).unwrap(), ["push/blob"]);
        assert_eq!(names(&["push", "manifest"]).unwrap(), ["pull/manifest", "push/blob"]);
        assert_eq!(names(&[]).unwrap().len(), 3);
    }

    #[test]
    fn a_filter_that_selects_nothing_is_an_error_also_beside_one_that_does() {
        let error = names(&["pull", "push/blub"]).unwrap_err();
        assert_eq!(error.problems[0].code, Code::NothingSelected);
        assert!(
            error.problems[0].help.contains("`push/blob`"),
            "{}",
            error.problems[0].help
        );
    }
}
