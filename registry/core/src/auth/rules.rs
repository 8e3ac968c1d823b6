//! `http.accessControl`, ready to be asked.

use std::collections::{HashMap, HashSet};

use globset::{GlobSet, GlobSetBuilder};

use super::{Action, action::Actions};
use crate::{config, oci::RepositoryName};

/// Who may do what.
#[derive(Debug)]
pub(super) struct Rules {
    /// The patterns, the longest first: what matches first counts.
    patterns: GlobSet,
    /// For each of `patterns`, the index of its rules.
    meaning: Vec<usize>,
    repositories: Vec<RepositoryRules>,
    admin: Policy,
    /// The groups of each user.
    groups: HashMap<String, Vec<String>>,
    metrics_users: HashSet<String>,
    metrics_anonymous: bool,
}

#[derive(Debug)]
struct RepositoryRules {
    policies: Vec<Policy>,
    default: Actions,
    anonymous: Actions,
}

#[derive(Debug)]
struct Policy {
    users: HashSet<String>,
    groups: HashSet<String>,
    actions: Actions,
}

impl Policy {
    fn new(policy: &config::Policy) -> Self {
        Self {
            users: policy.users.iter().cloned().collect(),
            groups: policy.groups.iter().cloned().collect(),
            actions: Actions::of(&policy.actions),
        }
    }

    fn allows(&self, user: &str, groups: &[String], action: Action) -> bool {
        let is_for = || self.users.contains(user) || groups.iter().any(|group| self.groups.contains(group));
        self.actions.has(action) && is_for()
    }
}

impl Rules {
    /// The rules that are configured. The patterns mean something: they were read with the configuration.
    pub(super) fn new(config: &config::AccessControl) -> Result<Self, globset::Error> {
        let mut order: Vec<usize> = (0..config.repositories.len()).collect();
        // Stable: of two that are equally long, the first in the file counts.
        order.sort_by_key(|index| std::cmp::Reverse(config.repositories[*index].pattern.glob().len()));
        let mut patterns = GlobSetBuilder::new();
        let mut meaning = Vec::new();
        for index in order {
            let pattern = &config.repositories[index].pattern;
            patterns.add(pattern.clone());
            meaning.push(index);
            // To zot `a/**` also stands for `a` itself.
            if let Some(itself) = pattern.glob().strip_suffix("/**") {
                patterns.add(config::repository_glob(itself)?);
                meaning.push(index);
            }
        }
        let mut groups: HashMap<String, Vec<String>> = HashMap::new();
        for (group, members) in &config.groups {
            for member in members {
                groups.entry(member.clone()).or_default().push(group.clone());
            }
        }
        let rules = config.repositories.iter().map(|rules| RepositoryRules {
            policies: rules.policies.iter().map(Policy::new).collect(),
            default: Actions::of(&rules.default),
            anonymous: Actions::of(&rules.anonymous),
        });
        Ok(Self {
            patterns: patterns.build()?,
            meaning,
            repositories: rules.collect(),
            admin: Policy::new(&config.admin),
            groups,
            metrics_users: config.metrics.users.iter().cloned().collect(),
            metrics_anonymous: config.metrics.anonymous,
        })
    }

    /// Whether `user`, or an anonymous caller, may do `action` on `repository`.
    pub(super) fn allow(&self, user: Option<&str>, action: Action, repository: &RepositoryName) -> bool {
        let matching = self.patterns.matches(repository.as_str()).into_iter().min();
        let rules = matching.map(|pattern| &self.repositories[self.meaning[pattern]]);
        let Some(user) = user else {
            return rules.is_some_and(|rules| rules.anonymous.has(action));
        };
        let groups = self.groups_of(user);
        let by_rules = |rules: &RepositoryRules| {
            rules.default.has(action) || rules.policies.iter().any(|policy| policy.allows(user, groups, action))
        };
        rules.is_some_and(by_rules) || self.admin.allows(user, groups, action)
    }

    /// Whether `user` may do `action` on every repository there can be.
    pub(super) fn allow_everywhere(&self, user: Option<&str>, action: Action) -> bool {
        user.is_some_and(|user| self.admin.allows(user, self.groups_of(user), action))
    }

    /// Whether anonymous callers may do anything anywhere.
    pub(super) fn know_anonymous(&self) -> bool {
        self.repositories.iter().any(|rules| !rules.anonymous.is_empty())
    }

    /// Whether `user`, or an anonymous caller, may read the metrics.
    pub(super) fn allow_metrics(&self, user: Option<&str>) -> bool {
        user.map_or(self.metrics_anonymous, |user| self.metrics_users.contains(user))
    }

    fn groups_of(&self, user: &str) -> &[String] {
        self.groups.get(user).map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn rules(access_control: &str) -> Rules {
        let text = format!("storage: {{ rootDirectory: /r }}\nhttp:\n  accessControl: {access_control}\n");
        let config = Config::parse("test.yaml", text).unwrap_or_else(|error| panic!("{error}"));
        Rules::new(&config.config.http.access_control.unwrap()).unwrap()
    }

    fn allowed(rules: &Rules, user: &str, repository: &str) -> Vec<&'static str> {
        let user = Some(user).filter(|user| !user.is_empty());
        let repository = repository.parse().unwrap();
        let allowed = Action::ALL
            .into_iter()
            .filter(|action| rules.allow(user, *action, &repository));
        allowed.map(Action::word).collect()
    }

    #[test]
    fn only_the_longest_pattern_that_matches_counts() {
        let rules = rules(
            r#"{ repositories: {
                "**": { defaultPolicy: [read, create], anonymousPolicy: [read] },
                "team/**": { policies: [{ users: [alice], actions: [read, create, update] }] },
                "team/*/private": { policies: [{ users: [bob], actions: [delete] }] },
            } }"#,
        );
        for (user, repository, actions) in [
            ("alice", "other", &["read", "create"][..]),
            ("", "other", &["read"]),
            ("", "a/b/c", &["read"]),
            ("alice", "team/app", &["read", "create", "update"]),
            ("alice", "team", &["read", "create", "update"]),
            ("bob", "team/app", &[]),
            ("", "team/app", &[]),
            ("alice", "team/app/private", &[]),
            ("bob", "team/app/private", &["delete"]),
            ("bob", "team/a/b/private", &[]),
            ("alice", "teammate", &["read", "create"]),
        ] {
            assert_eq!(allowed(&rules, user, repository), actions, "{user} {repository}");
        }
    }

    #[test]
    fn groups_and_administrators_have_what_their_policies_say() {
        let rules = rules(
            r#"{ groups: { readers: { users: [alice, "a'b.*"] }, root: { users: [carol] } },
                repositories: { "app": { policies: [{ groups: [readers], actions: [read] }] } },
                adminPolicy: { users: [dave], groups: [root], actions: [read, delete] } }"#,
        );
        for (user, repository, actions) in [
            ("alice", "app", &["read"][..]),
            // A name is compared as a whole: nothing in it is a pattern or part of a query.
            ("a'b.*", "app", &["read"]),
            ("a'bcd", "app", &[]),
            ("readers", "app", &[]),
            ("alice", "other", &[]),
            ("dave", "app", &["read", "delete"]),
            ("carol", "other", &["read", "delete"]),
            ("", "app", &[]),
        ] {
            assert_eq!(allowed(&rules, user, repository), actions, "{user} {repository}");
        }
        assert!(rules.allow_everywhere(Some("dave"), Action::Read));
        assert!(!rules.allow_everywhere(Some("alice"), Action::Read));
        assert!(!rules.allow_everywhere(None, Action::Read));
    }

    #[test]
    fn metrics_are_for_those_that_are_named() {
        let none = rules("{ adminPolicy: { users: [dave], actions: [read] } }");
        assert!(!none.allow_metrics(None) && !none.allow_metrics(Some("dave")));
        let open = rules("{ metrics: { users: [m], anonymousPolicy: [read] } }");
        assert!(open.allow_metrics(None) && open.allow_metrics(Some("m")) && !open.allow_metrics(Some("dave")));
        assert!(!open.know_anonymous());
    }
}
