//! The register of statements against the scenarios of this repository: each state is true.

use std::{collections::BTreeSet, path::Path};

use plimsoll::{
    conformance::{Level, State, Version, statement, statement_ids, statements},
    scenario::{Action, Scenario, Step, Vocabulary, load_folder},
};

fn scenarios() -> Vec<Scenario> {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the crate lies in the project's folder");
    let vocabulary = Vocabulary {
        extensions: None,
        statements: Some(statement_ids()),
    };
    load_folder(&project.join("scenarios"), project, &vocabulary).expect("the shipped scenarios load")
}

#[test]
fn what_the_register_calls_checked_is_and_what_it_excuses_is_not() {
    let scenarios = scenarios();
    let named: BTreeSet<&str> = scenarios
        .iter()
        .flat_map(|scenario| scenario.statements.iter().map(String::as_str))
        .collect();
    let untrue: Vec<String> = statements()
        .iter()
        .filter(|statement| (statement.state == State::Checked) != named.contains(statement.id))
        .map(|statement| match statement.state {
            State::Checked => format!("{} is called checked, and no scenario names it", statement.id),
            state => format!("{} is called {state}, and a scenario names it", statement.id),
        })
        .collect();
    assert!(untrue.is_empty(), "{}", untrue.join("\n"));
}

#[test]
fn nearly_every_statement_is_checked() {
    let checked = statements().iter().filter(|one| one.state == State::Checked).count();
    assert!(checked >= 195, "{checked} of {} are checked", statements().len());
}

fn named(steps: &[Step], ids: &mut BTreeSet<String>) {
    for step in steps {
        ids.extend(step.spec.all());
        if let Action::Repeat(repeat) = &step.action {
            named(&repeat.steps, ids);
        }
    }
}

/// A step that does not say what it is about is about all that no step names. If those bind differently, nobody can say what
/// its failure means.
#[test]
fn what_a_failure_means_is_clear() {
    let mut unclear = Vec::new();
    for scenario in scenarios().iter().filter(|one| one.name.starts_with("conformance/")) {
        let mut ids = BTreeSet::new();
        scenario.on.iter().for_each(|script| named(&script.steps, &mut ids));
        let rest = scenario.statements.iter().filter(|id| !ids.contains(*id));
        let rest: Vec<_> = rest
            .filter_map(|id| statement(id))
            .filter(|one| one.level != Level::May)
            .collect();
        for version in [Version::V1_1, Version::Dev] {
            let bindings = rest.iter().map(|one| one.level_in(version).map(Level::binding));
            let bindings: BTreeSet<_> = bindings.collect();
            if bindings.len() > 1 {
                let ids: Vec<_> = rest.iter().map(|one| one.id).collect();
                unclear.push(format!("{} in {version}: {}", scenario.name, ids.join(", ")));
            }
        }
    }
    assert!(
        unclear.is_empty(),
        "name them on steps, or split the scenario:\n{}",
        unclear.join("\n")
    );
}
