//! Scenario files: found, read, and checked as a whole.

use std::{
    collections::HashSet,
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use minijinja::Environment;

use super::{
    Scenario, decode,
    diagnostic::{Code, LoadError, Problem},
    format::format,
    tree,
};
use crate::text::{SAVE_AS_UTF8, utf8};

/// What a scenario may name that is not in its file. `None` admits every name.
#[derive(Clone, Copy, Debug, Default)]
pub struct Vocabulary<'a> {
    /// The project's extensions.
    pub extensions: Option<&'a [String]>,
    /// The ids of the specification's statements.
    pub statements: Option<&'a [&'a str]>,
}

/// Loads the scenario at `path`. Its name is the path below `folder`, its shown path the one below `project_root`.
///
/// # Errors
/// Everything that is wrong with the file, at once.
pub fn load_file(
    path: &Path,
    folder: &Path,
    project_root: &Path,
    vocabulary: &Vocabulary<'_>,
) -> Result<Scenario, LoadError> {
    load_with(path, folder, project_root, vocabulary, &Environment::new())
}

/// Loads every `.yaml` file below `folder`, in the order of their names.
///
/// # Errors
/// One for each file that is wrong; one for a folder without a scenario.
pub fn load_folder(
    folder: &Path,
    project_root: &Path,
    vocabulary: &Vocabulary<'_>,
) -> Result<Vec<Scenario>, Vec<LoadError>> {
    let mut paths = Vec::new();
    if let Err((path, error)) = collect(folder, &mut paths) {
        return Err(vec![unreadable(shown(&path, project_root), &error)]);
    }
    if paths.is_empty() {
        return Err(vec![LoadError::whole(
            shown(folder, project_root),
            Code::NoScenario,
            "there is no scenario in this folder".to_owned(),
            "scenarios are files that end in `.yaml`, in this folder or one below it".to_owned(),
        )]);
    }
    paths.sort();
    let templates = Environment::new();
    let (mut scenarios, mut errors) = (Vec::new(), Vec::new());
    for path in &paths {
        match load_with(path, folder, project_root, vocabulary, &templates) {
            Ok(scenario) => scenarios.push(scenario),
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() { Ok(scenarios) } else { Err(errors) }
}

/// The scenario files below `folder`, in the order of their names.
///
/// # Errors
/// A folder that cannot be read.
pub fn files_below(folder: &Path) -> Result<Vec<PathBuf>, LoadError> {
    let mut paths = Vec::new();
    collect(folder, &mut paths).map_err(|(path, error)| unreadable(path, &error))?;
    paths.sort();
    Ok(paths)
}

/// Formats the file at `path`, which is shown as `shown`: its text, and what it would be.
///
/// # Errors
/// A file that cannot be read or is not YAML as scenarios are written in it.
pub fn format_file(path: &Path, shown: &Path) -> Result<(String, String), LoadError> {
    let source = read(path, shown.to_owned())?;
    let formatted = format(shown, &source)?;
    Ok((source, formatted))
}

/// Reads `source` as a scenario.
///
/// # Errors
/// Everything that is wrong with it, at once.
pub fn parse(name: &str, path: &Path, source: &str, vocabulary: &Vocabulary<'_>) -> Result<Scenario, LoadError> {
    parse_with(
        name.to_owned(),
        path.to_owned(),
        source,
        vocabulary,
        &Environment::new(),
    )
}

fn parse_with(
    name: String,
    path: PathBuf,
    source: &str,
    vocabulary: &Vocabulary<'_>,
    templates: &Environment<'static>,
) -> Result<Scenario, LoadError> {
    let source: Arc<str> = source.into();
    let (root, mut problems) = tree::parse(&source);
    let scenario = match &root {
        Some(root) if !root.is_null() => {
            let mut found = Vec::new();
            let scenario = decode::scenario((name, path.clone()), &source, root, vocabulary, templates, &mut found);
            // What is no YAML of ours is not reported again for what it is not.
            let start = |problem: &Problem| problem.span.as_ref().map(|span| span.start);
            let known: HashSet<_> = problems.iter().map(start).collect();
            found.retain(|problem| !known.contains(&start(problem)));
            problems.append(&mut found);
            scenario
        }
        _ => {
            if problems.is_empty() {
                problems.push(Problem {
                    code: Code::Empty,
                    message: "there is nothing in this file".to_owned(),
                    span: None,
                    help: "begin with `scenario:` and one sentence, then `steps:`".to_owned(),
                });
            }
            None
        }
    };
    match scenario {
        Some(scenario) if problems.is_empty() => Ok(scenario),
        _ => Err(LoadError::new(path, source, problems)),
    }
}

fn load_with(
    path: &Path,
    folder: &Path,
    project_root: &Path,
    vocabulary: &Vocabulary<'_>,
    templates: &Environment<'static>,
) -> Result<Scenario, LoadError> {
    let shown = shown(path, project_root);
    let source = read(path, shown.clone())?;
    parse_with(name_of(path, folder), shown, &source, vocabulary, templates)
}

/// The text of the file at `path`.
fn read(path: &Path, shown: PathBuf) -> Result<String, LoadError> {
    let bytes = fs::read(path).map_err(|error| unreadable(shown.clone(), &error))?;
    utf8(bytes).map_err(|error| {
        let problem = Problem {
            code: Code::Unreadable,
            message: error.message(),
            span: Some(error.span.clone()),
            help: SAVE_AS_UTF8.to_owned(),
        };
        LoadError::new(shown, error.text.into(), vec![problem])
    })
}

/// The path below the folder, without `.yaml`, with `/`.
fn name_of(path: &Path, folder: &Path) -> String {
    let below = path.strip_prefix(folder).unwrap_or(path).with_extension("");
    let parts: Vec<_> = below.iter().map(|part| part.to_string_lossy()).collect();
    parts.join("/")
}

/// The path below the project, where it is below it.
fn shown(path: &Path, project_root: &Path) -> PathBuf {
    path.strip_prefix(project_root).unwrap_or(path).to_owned()
}

fn unreadable(path: PathBuf, error: &io::Error) -> LoadError {
    let help = match error.kind() {
        io::ErrorKind::NotFound => "look at the path's spelling; it is relative to where the program was started",
        _ => "look at the path and who may read it",
    };
    LoadError::whole(
        path,
        Code::Unreadable,
        format!("this cannot be read: {error}"),
        help.to_owned(),
    )
}

/// Adds the scenario files below `folder`. Names that begin with a dot are passed over.
fn collect(folder: &Path, paths: &mut Vec<PathBuf>) -> Result<(), (PathBuf, io::Error)> {
    let at_folder = |error| (folder.to_owned(), error);
    for entry in fs::read_dir(folder).map_err(at_folder)? {
        let entry = entry.map_err(at_folder)?;
        let path = entry.path();
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        let kind = fs::metadata(&path).map_err(|error| (path.clone(), error))?;
        if kind.is_dir() {
            collect(&path, paths)?;
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            paths.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_text_makes_the_loader_panic(text in any::<String>()) {
            let _ = parse("any", Path::new("any.yaml"), &text, &Vocabulary::default());
        }

        #[test]
        fn no_text_that_looks_like_a_scenario_makes_the_loader_panic(
            words in prop::collection::vec(prop::sample::select(WORDS), 0..60),
        ) {
            let text = format!("scenario: é\nsteps:\n  - {}", words.concat());
            if let Err(error) = parse("any", Path::new("any.yaml"), &text, &Vocabulary::default()) {
                let source: &str = &text;
                prop_assert!(!error.problems.is_empty());
                for problem in &error.problems {
                    if let Some(span) = &problem.span {
                        prop_assert!(source.get(span.clone()).is_some(), "{:?} is no part of the text", span);
                    }
                }
                prop_assert!(report(&error).contains("PLM"));
            }
        }
    }

    const WORDS: &[&str] = &[
        "get",
        "raw",
        "generate",
        "push",
        "pull",
        "check",
        "eventually",
        "repeat",
        "do",
        "log",
        "set",
        "expect",
        "one_of",
        "capture",
        "json",
        "headers",
        "each",
        "as",
        "absent",
        ": ",
        ": ",
        ": ",
        "{ ",
        " }",
        "[",
        "]",
        ", ",
        "\n    ",
        "\n  - ",
        "\n      ",
        "\n",
        "{{ repo }}",
        "{{ ",
        " }}",
        "\"",
        "'",
        "/",
        "/^a/",
        "$.a",
        "200",
        "2xx",
        "1.20",
        "é☃",
        "&a ",
        "*a",
        "!t ",
        "|\n",
        ">\n",
        "#",
        "\t",
        "---\n",
        "%",
        "\u{feff}",
        "\r\n",
        "null",
        "~",
        "? ",
    ];

    fn first_example() -> String {
        let page = include_str!("../../../docs/scenarios.md");
        let (_, rest) = page.split_once("```yaml\n").unwrap();
        rest.split_once("```").unwrap().0.to_owned()
    }

    fn report(error: &LoadError) -> String {
        format!("{:?}", miette::Report::new(error.clone()))
    }

    #[test]
    fn the_first_example_of_the_documentation_loads() {
        let scenario = parse(
            "example",
            Path::new("example.yaml"),
            &first_example(),
            &Vocabulary::default(),
        );
        let scenario = scenario.unwrap_or_else(|error| panic!("{}", report(&error)));
        assert_eq!(scenario.rows.len(), 2);
        assert_eq!(scenario.on.unwrap().steps.len(), 4);
    }

    #[test]
    fn a_folder_without_scenarios_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("notes.txt"), "").unwrap();
        let errors = load_folder(folder.path(), folder.path(), &Vocabulary::default()).unwrap_err();
        assert_eq!(errors[0].problems[0].code, Code::NoScenario);
    }

    #[test]
    fn a_folder_is_loaded_in_order_with_names_below_it() {
        let project = tempfile::tempdir().unwrap();
        let folder = project.path().join("scenarios");
        fs::create_dir_all(folder.join("b/c")).unwrap();
        for name in ["b/c/one.yaml", "a.yaml", "b/two.yaml"] {
            fs::write(folder.join(name), first_example()).unwrap();
        }
        let scenarios = load_folder(&folder, project.path(), &Vocabulary::default()).unwrap();
        let names: Vec<_> = scenarios.iter().map(|scenario| scenario.name.as_str()).collect();
        assert_eq!(names, ["a", "b/c/one", "b/two"]);
        assert_eq!(scenarios[1].path, Path::new("scenarios/b/c/one.yaml"));
    }

    #[test]
    fn every_file_that_is_wrong_is_reported() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.yaml"), "scenario: x\n").unwrap();
        fs::write(folder.path().join("b.yaml"), first_example()).unwrap();
        fs::write(folder.path().join("c.yaml"), [0xff]).unwrap();
        let errors = load_folder(folder.path(), folder.path(), &Vocabulary::default()).unwrap_err();
        let shown: Vec<_> = errors.iter().map(|error| error.path.display().to_string()).collect();
        assert_eq!(shown, ["a.yaml", "c.yaml"]);
        assert_eq!(errors[1].problems[0].code, Code::Unreadable);
    }

    #[test]
    fn of_very_many_problems_the_first_are_told() {
        let text = "scenario: x\nsteps:\n  - get: /v2/\n".to_owned() + &"    ct: 200\n".repeat(5_000);
        let error = parse("x", Path::new("x.yaml"), &text, &Vocabulary::default()).unwrap_err();
        assert_eq!(error.problems.len(), 100);
        assert_eq!(
            error.to_string(),
            "x.yaml has 5000 problems, of which these are the first 100"
        );
    }
}
