//! What a check that did not hold means: of which statements it is, how much they bind, and in which version.

use super::{RegisterKnown, RunOptions, StatementKnown, Verdict};
use crate::{
    conformance::{Binding, Level, Version, statement, statements},
    scenario::{About, Action, Scenario, Script, Span, Step},
};

/// Against what a registry is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bar {
    /// The least of what fails a run: what binds less is reported, and fails nothing.
    pub level: Binding,
    /// The version of the specification: what is later is no fault.
    pub version: Version,
}

impl Default for Bar {
    /// Everything that a scenario says has to hold.
    fn default() -> Self {
        Self {
            level: Binding::May,
            version: Version::Dev,
        }
    }
}

impl Bar {
    /// What it means that something about these statements does not hold. What is about none has to hold always; what is about
    /// one that came later, among others, need not: it may be that one.
    pub(super) fn verdict(self, statements: &[String]) -> Verdict {
        if statements.is_empty() {
            return Verdict::Fail;
        }
        let mut known = statements.iter().filter_map(|id| statement(id));
        if known.any(|one| one.level != Level::May && one.level_in(self.version).is_none()) {
            return Verdict::Excluded;
        }
        match self.binding(statements) {
            None => Verdict::Excluded,
            Some(binding) if binding <= self.level => Verdict::Fail,
            Some(_) => Verdict::Warn,
        }
    }

    /// How much the one of these that binds most does so in the version; none if it has none of them.
    fn binding(self, statements: &[String]) -> Option<Binding> {
        let known = statements.iter().filter_map(|id| statement(id));
        let levels = known.filter_map(|statement| statement.level_in(self.version));
        levels.map(Level::binding).min()
    }

    /// The register, as a registry is held to it.
    pub fn register(self) -> RegisterKnown {
        let known = statements().iter().map(|one| {
            let level = one.level_in(self.version);
            StatementKnown {
                id: one.id.to_owned(),
                level: level.unwrap_or(one.level).to_string(),
                binding: level.map(Level::binding),
                section: one.section.to_owned(),
                text: one.text.to_owned(),
                state: one.state.to_string(),
                unchecked: one.state.reason().map(str::to_owned),
            }
        });
        RegisterKnown {
            version: self.version.to_string(),
            level: self.level,
            statements: known.collect(),
        }
    }

    /// Why the scenario is not run: all of its statements are of a later version.
    pub fn excludes(self, scenario: &Scenario) -> Option<String> {
        let statements = &scenario.statements;
        (!statements.is_empty() && self.binding(statements).is_none()).then(|| later(statements))
    }
}

/// That statements are later than the version that is asked for.
pub(super) fn later(statements: &[String]) -> String {
    format!("{} came after this version of the specification", statements.join(", "))
}

/// What the steps of `script` are about that do not say so themselves: the scenario's statements that no step names.
pub(super) fn unnamed(scenario: &Scenario, script: &Script) -> Vec<String> {
    let mut named = Vec::new();
    collect(&script.steps, &mut named);
    collect(&script.teardown, &mut named);
    let rest = scenario.statements.iter().filter(|id| !named.contains(id));
    rest.cloned().collect()
}

fn collect(steps: &[Step], named: &mut Vec<String>) {
    for step in steps {
        named.extend(step.spec.all());
        match &step.action {
            Action::Repeat(repeat) => collect(&repeat.steps, named),
            Action::Clients(clients) => collect(&clients.steps, named),
            _ => {}
        }
    }
}

/// What the check at `span` is about, of a step that says `spec`.
pub(super) fn about(scenario: &Scenario, script: Option<&Script>, spec: &About, span: Option<&Span>) -> Vec<String> {
    if !spec.is_empty() {
        return binding_most(spec.of(span));
    }
    let rest = script.map(|script| unnamed(scenario, script)).unwrap_or_default();
    binding_most(if rest.is_empty() {
        scenario.statements.clone()
    } else {
        rest
    })
}

/// Without those that are options, where there are others: an option cannot be broken, what it leads to can.
fn binding_most(statements: Vec<String>) -> Vec<String> {
    let binds = |id: &String| statement(id).is_none_or(|one| one.level.binding() != Binding::May);
    if statements.iter().any(binds) {
        statements.into_iter().filter(binds).collect()
    } else {
        statements
    }
}

impl RunOptions {
    /// What a check at `span` that did not hold is about, where the run goes on after it: the step says so itself, and it fails
    /// nothing.
    pub(super) fn goes_on(&self, spec: &About, span: Option<&Span>) -> Option<Vec<String>> {
        if spec.is_empty() {
            return None;
        }
        let about = binding_most(spec.of(span));
        (self.bar.verdict(&about) != Verdict::Fail).then_some(about)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(ids: &[&str]) -> Vec<String> {
        ids.iter().map(|&id| id.to_owned()).collect()
    }

    #[test]
    fn what_binds_less_than_asked_for_warns_and_what_is_later_is_left_out() {
        let bar = |level, version| Bar { level, version };
        let must = bar(Binding::Must, Version::Dev);
        assert_eq!(must.verdict(&ids(&["PUSH-PUT-06"])), Verdict::Fail);
        assert_eq!(must.verdict(&ids(&["PUSH-DIG-04"])), Verdict::Warn);
        assert_eq!(
            bar(Binding::Should, Version::Dev).verdict(&ids(&["PUSH-DIG-04"])),
            Verdict::Fail
        );
        // The one that binds most counts.
        assert_eq!(must.verdict(&ids(&["PUSH-DIG-04", "DEL-BLOB-16"])), Verdict::Fail);
        // What is of no statement has to hold.
        assert_eq!(must.verdict(&[]), Verdict::Fail);
        let old = bar(Binding::Must, Version::V1_1);
        assert_eq!(old.verdict(&ids(&["CANCEL-02"])), Verdict::Excluded);
        assert_eq!(old.verdict(&ids(&["PULL-BLOB-03"])), Verdict::Warn);
    }
}
