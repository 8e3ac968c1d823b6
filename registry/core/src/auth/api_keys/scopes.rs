//! The repositories that a key is for.

use globset::{GlobSet, GlobSetBuilder};

use crate::{config, oci::RepositoryName};

/// How many patterns a key may have: all of them are matched at each use.
pub(super) const MOST: usize = 64;

/// Names and patterns of repositories, as `http.accessControl.repositories` has them.
#[derive(Debug)]
pub(super) struct Scopes(Option<GlobSet>);

impl Scopes {
    /// Those of these patterns. Without any, every repository is meant.
    pub(super) fn new(patterns: &[String]) -> Result<Self, String> {
        if patterns.len() > MOST {
            return Err(format!("a key has at most {MOST} scopes"));
        }
        if patterns.is_empty() {
            return Ok(Self(None));
        }
        let told =
            |pattern: &str, error: &globset::Error| format!("the scope {pattern:?} means nothing: {}", error.kind());
        let mut builder = GlobSetBuilder::new();
        for pattern in patterns {
            if pattern.is_empty() {
                return Err(
                    "a scope is empty; write the name of a repository, or a pattern such as \"team/**\"".to_owned(),
                );
            }
            // As in the rules, `a/**` also stands for `a` itself.
            for pattern in [Some(pattern.as_str()), pattern.strip_suffix("/**")]
                .into_iter()
                .flatten()
            {
                builder.add(config::repository_glob(pattern).map_err(|error| told(pattern, &error))?);
            }
        }
        let set = builder
            .build()
            .map_err(|error| format!("the scopes are too much: {}", error.kind()))?;
        Ok(Self(Some(set)))
    }

    /// Whether every repository is meant, also those that are not there yet, and what belongs to none.
    pub(super) const fn are_unlimited(&self) -> bool {
        self.0.is_none()
    }

    /// Whether `repository` is among them.
    pub(super) fn have(&self, repository: &RepositoryName) -> bool {
        self.0.as_ref().is_none_or(|set| set.is_match(repository.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_is_a_name_or_a_pattern() {
        for (patterns, repository, meant) in [
            (&[][..], "any/thing", true),
            (&["team/app"], "team/app", true),
            (&["team/app"], "team/apps", false),
            (&["team/app"], "team/app/x", false),
            (&["team/*"], "team/app", true),
            (&["team/*"], "team/app/x", false),
            (&["team/**"], "team/app/x", true),
            (&["team/**"], "team", true),
            (&["team/**"], "teams", false),
            (&["other", "team/a?p"], "team/app", true),
            (&["{a,b}/*"], "b/c", true),
            (&["**"], "b/c", true),
        ] {
            let patterns: Vec<_> = patterns.iter().map(|pattern| (*pattern).to_owned()).collect();
            let scopes = Scopes::new(&patterns).unwrap();
            assert_eq!(
                scopes.have(&repository.parse().unwrap()),
                meant,
                "{patterns:?} {repository}"
            );
            assert_eq!(scopes.are_unlimited(), patterns.is_empty());
        }
    }

    #[test]
    fn what_is_no_scope_is_told_of() {
        let many = vec!["a".to_owned(); MOST + 1];
        for (patterns, reason) in [
            (&many[..], "a key has at most 64 scopes"),
            (&["a".to_owned(), String::new()], "a scope is empty"),
            (&["a[".to_owned()], "the scope \"a[\" means nothing"),
        ] {
            let error = Scopes::new(patterns).unwrap_err();
            assert!(error.starts_with(reason), "{error}");
        }
    }
}
