//! The register of statements against the scenarios of this repository: each state is true.

use std::{collections::BTreeSet, path::Path};

use plimsoll::{
    conformance::{State, statement_ids, statements},
    scenario::{Scenario, Vocabulary, load_folder},
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
