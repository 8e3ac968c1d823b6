//! The gate: may this caller do that?

use super::{Action, AuthError, Caller, rules::Rules};
use crate::{config, oci::RepositoryName};

/// Why the gate stays shut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// The caller has to say who they are first.
    #[error("authentication required")]
    Unauthenticated,
    /// The caller's token is not for this; another one may be.
    #[error("the token does not allow this")]
    Insufficient,
    /// The caller is known, and may not.
    #[error("requested access to the resource is denied")]
    Forbidden,
}

/// The proof that the gate let a caller through, for one action on one repository.
#[derive(Debug)]
pub struct Grant<'a> {
    repository: &'a RepositoryName,
    action: Action,
}

impl<'a> Grant<'a> {
    /// The repository that it is for.
    pub const fn repository(&self) -> &'a RepositoryName {
        self.repository
    }

    /// The action that it is for.
    pub const fn action(&self) -> Action {
        self.action
    }
}

/// Decides authorisation for every path that serves or changes content.
#[derive(Debug, Default)]
pub struct Gate {
    /// Whether callers can say who they are. Without rules, that is all that is asked of them.
    authenticates: bool,
    rules: Option<Rules>,
}

impl Gate {
    /// The gate that is configured.
    pub fn new(http: &config::Http) -> Result<Self, AuthError> {
        let rules = http.access_control.as_ref().map(Rules::new).transpose()?;
        Ok(Self {
            authenticates: http.authenticates(),
            rules,
        })
    }

    /// Lets `caller` do `action` on `repository`, or says why not.
    pub fn admit<'a>(
        &self,
        caller: &Caller,
        action: Action,
        repository: &'a RepositoryName,
    ) -> Result<Grant<'a>, Denied> {
        if !caller.scope_allows(action, repository) {
            return Err(Denied::Insufficient);
        }
        let by_rules = || self.rules_allow(caller, |rules, user| rules.allow(user, action, repository));
        if caller.key_is_for(repository) && by_rules() {
            Ok(Grant { repository, action })
        } else {
            Err(refusal(caller))
        }
    }

    /// Whether `caller` may do `action` on every repository there is. It is what an operation asks that can reach content
    /// of any repository, such as a mount that does not say where from.
    pub fn admits_everywhere(&self, caller: &Caller, action: Action) -> bool {
        let is_whole = caller.token().is_none() && caller.key_is_unlimited();
        is_whole && self.rules_allow(caller, |rules, user| rules.allow_everywhere(user, action))
    }

    /// Lets `caller` list the repositories. Which of them are on the list is what [`Self::lists`] says.
    pub fn admit_catalog(&self, caller: &Caller) -> Result<(), Denied> {
        match caller.token() {
            Some(token) if !token.scope.allows_catalog() => Err(Denied::Insufficient),
            _ => self.admit_at_all(caller),
        }
    }

    /// Whether `repository` is on the list that `caller` is shown. The scope of a token is that of the list as a whole.
    pub fn lists(&self, caller: &Caller, repository: &RepositoryName) -> bool {
        caller.key_is_for(repository)
            && self.rules_allow(caller, |rules, user| rules.allow(user, Action::Read, repository))
    }

    /// Lets `caller` in where no repository is concerned: anonymous callers only where there is something for them.
    pub fn admit_at_all(&self, caller: &Caller) -> Result<(), Denied> {
        if !caller.is_unknown() || self.knows_anonymous() {
            Ok(())
        } else {
            Err(Denied::Unauthenticated)
        }
    }

    /// Whether there is something for anonymous callers.
    pub fn knows_anonymous(&self) -> bool {
        match &self.rules {
            Some(rules) => !self.authenticates || rules.know_anonymous(),
            None => !self.authenticates,
        }
    }

    /// Lets `caller` read the metrics.
    pub fn admit_metrics(&self, caller: &Caller) -> Result<(), Denied> {
        let allowed = match &self.rules {
            Some(rules) => rules.allow_metrics(caller.name()),
            None => !self.authenticates || caller.name().is_some(),
        };
        // The metrics tell of every repository, and so belong to none that a key could be for.
        if allowed && caller.key_is_unlimited() {
            Ok(())
        } else {
            Err(refusal(caller))
        }
    }

    /// Whether a caller who deletes a manifest by its digest is stopped while several tags point at it.
    pub fn detects_collisions(&self, caller: &Caller, repository: &RepositoryName) -> bool {
        let action = Action::DetectManifestCollision;
        self.rules
            .as_ref()
            .is_some_and(|rules| rules.allow(caller.name(), action, repository))
    }

    /// What the rules say of `caller`. Those of a token that others issued are its own.
    fn rules_allow(&self, caller: &Caller, allow: impl FnOnce(&Rules, Option<&str>) -> bool) -> bool {
        if caller.token().is_some_and(|token| !token.ruled) {
            return true;
        }
        match &self.rules {
            Some(rules) => allow(rules, caller.name()),
            None => !self.authenticates || caller.name().is_some(),
        }
    }
}

fn refusal(caller: &Caller) -> Denied {
    match caller.name() {
        Some(_) => Denied::Forbidden,
        None => Denied::Unauthenticated,
    }
}
