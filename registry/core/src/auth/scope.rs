//! The scopes of tokens: `repository:team/app:pull,push`, and the same as the `access` claim (distribution token
//! specification).

use serde::{Deserialize, Serialize};

use super::Action;
use crate::oci::RepositoryName;

/// More than any client asks for at once.
const MOST: usize = 64;

/// One thing that a token is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Access {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) name: String,
    #[serde(default)]
    pub(super) actions: Vec<String>,
}

impl Access {
    fn allows(&self, action: Action, repository: &RepositoryName) -> bool {
        self.kind == "repository"
            && self.name == repository.as_str()
            && self.actions.iter().any(|word| word == "*" || word == word_of(action))
    }
}

/// The word that a token has for an action. Pushing includes moving a tag: the specification knows no difference.
pub(super) const fn word_of(action: Action) -> &'static str {
    match action {
        Action::Read => "pull",
        Action::Create | Action::Update => "push",
        Action::Delete => "delete",
        // Nothing that a token could be for.
        Action::DetectManifestCollision => "detectManifestCollision",
    }
}

/// Everything that a token is for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Scope(pub(super) Vec<Access>);

impl Scope {
    /// Reads scopes as a client asks for them: several parameters, each with several scopes between spaces. What is not a
    /// scope is left out, as is what nobody can ask for.
    pub(super) fn parse<'a>(parameters: impl Iterator<Item = &'a str>) -> Self {
        let scopes = parameters.flat_map(|parameter| parameter.split(' '));
        let accesses = scopes.filter_map(|scope| {
            let (kind, rest) = scope.split_once(':')?;
            let (name, actions) = rest.rsplit_once(':')?;
            let actions = actions.split(',').filter(|action| !action.is_empty());
            Some(Access {
                kind: kind.to_owned(),
                name: name.to_owned(),
                actions: actions.map(str::to_owned).collect(),
            })
        });
        Self(accesses.take(MOST).collect())
    }

    /// Whether it lets its bearer do `action` on `repository`.
    pub(super) fn allows(&self, action: Action, repository: &RepositoryName) -> bool {
        self.0.iter().any(|access| access.allows(action, repository))
    }

    /// Whether it lets its bearer list the repositories.
    pub(super) fn allows_catalog(&self) -> bool {
        let is_catalog = |access: &Access| access.kind == "registry" && access.name == "catalog";
        self.0
            .iter()
            .any(|access| is_catalog(access) && access.actions.iter().any(|action| action == "*"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn allowed(scope: &str, repository: &str) -> Vec<&'static str> {
        let scope = Scope::parse(std::iter::once(scope));
        let repository = repository.parse().unwrap();
        let allowed = Action::ALL
            .into_iter()
            .filter(|action| scope.allows(*action, &repository));
        allowed.map(Action::word).collect()
    }

    #[test]
    fn a_scope_allows_what_it_says_and_nothing_else() {
        for (scope, actions) in [
            ("repository:a/b:pull", &["read"][..]),
            ("repository:a/b:push", &["create", "update"]),
            ("repository:a/b:pull,push", &["read", "create", "update"]),
            ("repository:a/b:delete", &["delete"]),
            ("repository:a/b:", &[]),
            ("repository:a/b", &[]),
            ("repository:a/b:PULL", &[]),
            ("repository:a/c:pull repository:a/b:delete", &["delete"]),
            ("registry:a/b:*", &[]),
            ("repository:a:*", &[]),
            ("repository:a/b/c:*", &[]),
            ("repository:a/*:*", &[]),
            ("repository:*:*", &[]),
        ] {
            assert_eq!(allowed(scope, "a/b"), actions, "{scope}");
        }
        assert_eq!(allowed("repository:a/b:*", "a/b").len(), Action::ALL.len());
    }

    #[test]
    fn the_catalog_is_a_scope_of_its_own() {
        for (scope, listed) in [
            ("registry:catalog:*", true),
            ("registry:catalog:pull", false),
            ("repository:catalog:*", false),
        ] {
            assert_eq!(Scope::parse(std::iter::once(scope)).allows_catalog(), listed, "{scope}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_and_is_never_too_much(scope in "([a-z:,* /]|repository:|pull){0,400}") {
            prop_assert!(Scope::parse(std::iter::once(scope.as_str())).0.len() <= MOST);
        }
    }
}
