//! A combination that somebody names: `scrub,lint`, or `none`.

use super::Combination;
use crate::suggestion;

/// A name that is none of the project's extensions.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no extension `{name}`")]
pub struct UnknownExtension {
    /// The name.
    pub name: String,
    /// What it may have meant, and what there is.
    pub help: String,
}

/// The combination that `text` names, with commas or `+` between extensions; `none` or `minimal` is the one without any.
///
/// # Errors
/// A name that `known` does not have.
pub fn select(text: &str, known: &[String]) -> Result<Combination, UnknownExtension> {
    let names: Vec<&str> = text
        .split([',', '+'])
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .collect();
    if matches!(names.as_slice(), [] | ["none" | Combination::MINIMAL]) {
        return Ok(Combination::new(known, []));
    }
    if let Some(unknown) = names.iter().find(|name| !known.iter().any(|one| one == *name)) {
        let mut admissible: Vec<&str> = known.iter().map(String::as_str).collect();
        admissible.push("none");
        return Err(UnknownExtension {
            name: (*unknown).to_owned(),
            help: suggestion::help(unknown, &admissible),
        });
    }
    Ok(Combination::new(known, names))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Vec<String> {
        ["metrics", "scrub", "lint"].map(str::to_owned).into()
    }

    #[test]
    fn extensions_are_taken_in_the_projects_order() {
        assert_eq!(select("lint, metrics", &known()).unwrap().to_string(), "metrics+lint");
        assert_eq!(select("scrub+lint", &known()).unwrap().to_string(), "scrub+lint");
    }

    #[test]
    fn none_and_minimal_and_nothing_are_the_build_without_extensions() {
        for text in ["none", "minimal", "", ","] {
            assert_eq!(select(text, &known()).unwrap().to_string(), "minimal");
        }
    }

    #[test]
    fn an_unknown_extension_is_refused_with_what_was_meant() {
        let error = select("scrub,lnit", &known()).unwrap_err();
        assert_eq!(error.to_string(), "there is no extension `lnit`");
        assert!(error.help.starts_with("did you mean `lint`?"), "{}", error.help);
        assert!(select("none,lint", &known()).is_err());
    }
}
