//! The scenario files of this repository: those that are shipped load, and those that are broken say what is wrong.

use std::path::{Path, PathBuf};

use miette::{GraphicalReportHandler, GraphicalTheme};
use plimsoll::{
    conformance::statement_ids,
    project::load,
    scenario::{LoadError, Vocabulary, load_file, load_folder},
};

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the crate lies in the project's folder")
        .to_owned()
}

fn extensions() -> Vec<String> {
    ["metrics", "sync", "search", "scrub", "lint"].map(str::to_owned).into()
}

fn render(error: &LoadError) -> String {
    let mut text = String::new();
    GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor())
        .with_width(120)
        .with_context_lines(1)
        .render_report(&mut text, error)
        .expect("writing to a string does not fail");
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    lines.join("\n")
}

#[test]
fn every_shipped_scenario_loads() {
    let folder = project().join("scenarios");
    let extensions = load(&project()).expect("this repository is a project").extensions;
    let vocabulary = Vocabulary {
        extensions: Some(&extensions),
        statements: Some(statement_ids()),
    };
    if let Err(errors) = load_folder(&folder, &project(), &vocabulary) {
        let reports: Vec<String> = errors.iter().map(render).collect();
        panic!("{}", reports.join("\n"));
    }
}

#[test]
fn every_broken_scenario_says_what_is_wrong_and_what_to_write() {
    let project = project();
    let folder = project.join("fixtures/broken/scenarios");
    let extensions = extensions();
    let vocabulary = Vocabulary {
        extensions: Some(&extensions),
        statements: Some(statement_ids()),
    };
    insta::glob!("../../fixtures/broken/scenarios", "*.yaml", |path| {
        let error = load_file(path, &folder, &project, &vocabulary).expect_err("the file is broken");
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(render(&error));
        });
    });
}
