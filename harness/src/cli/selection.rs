//! What a command is about: the project, the combinations, the scenarios.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{arguments::CombinationArguments, error::CliError};
use crate::{
    combination::{Combination, Coverage, Expression, ExpressionError, Space, Strategy, select},
    conformance::{AREAS, statement_ids, statements},
    extension::guest::scenario_folders,
    project::{self, Expectations, Known, Project, load_expectations},
    scenario::{Scenario, Vocabulary, load_folder},
    suggestion,
};

/// The project at `path`, or the one that we are in.
pub(super) fn project(path: Option<&Path>) -> Result<Project, CliError> {
    let file = match path {
        Some(path) => path.to_owned(),
        None => project::discover(&here()?)?,
    };
    Ok(project::load(&file)?)
}

fn here() -> Result<PathBuf, CliError> {
    std::env::current_dir().map_err(CliError::surroundings("find the current folder"))
}

/// What is to be built.
#[derive(Debug)]
pub(super) struct Plan {
    /// The combinations, each once.
    pub(super) combinations: Vec<Combination>,
    /// What they cover.
    pub(super) coverage: Vec<Coverage>,
}

impl Plan {
    /// In a sentence.
    pub(super) fn says(&self) -> String {
        let coverage: Vec<String> = self.coverage.iter().map(ToString::to_string).collect();
        let count = self.combinations.len();
        let plural = if count == 1 { "" } else { "s" };
        let says = if coverage.is_empty() { "" } else { ": " };
        format!("{count} combination{plural}{says}{}", coverage.join(", "))
    }
}

/// The combinations that are asked for. Those that come to the same, for one requires what the other names, are one.
pub(super) fn plan(project: &Project, arguments: &CombinationArguments) -> Result<Plan, CliError> {
    let among = match &arguments.among {
        Some(text) => select(text, &project.extensions)?,
        None => Combination::new(&project.extensions, project.extensions.iter().map(String::as_str)),
    };
    let mut constraints = project.constraints.clone();
    for (place, name) in project.extensions.iter().enumerate() {
        if !among.has(name) {
            constraints.never(place);
        }
    }
    let space = Space {
        extensions: &project.extensions,
        constraints: &constraints,
    };
    let mut named: Vec<Combination> = Vec::new();
    for text in &arguments.extensions {
        let combination = space.close(&select(text, space.extensions)?)?;
        if !named.contains(&combination) {
            named.push(combination);
        }
    }
    let combinations = match arguments.combinations {
        None if !named.is_empty() => named,
        strategy => {
            let strategy = strategy.unwrap_or(Strategy::usual(among.extensions().len()));
            strategy.combinations(&space, &named)?
        }
    };
    let strength = match arguments.combinations {
        Some(Strategy::Strength(strength)) => strength,
        _ => 0,
    };
    Ok(Plan {
        coverage: Coverage::of(&space, &combinations, strength),
        combinations,
    })
}

/// The extensions that a registry at a URL has.
pub(super) fn at_url(project: &Project, arguments: &CombinationArguments) -> Result<Combination, CliError> {
    match arguments.extensions.as_slice() {
        [] => Ok(select("none", &project.extensions)?),
        [one] => Ok(select(one, &project.extensions)?),
        _ => Err(CliError::usage(
            "a registry at a URL is one combination, and --extensions is there several times",
            "name all of its extensions in one, with commas",
        )),
    }
}

/// Has the project run in containers of `image`.
pub(super) fn in_containers(
    project: &mut Project,
    image: &str,
    arguments: &CombinationArguments,
) -> Result<(), CliError> {
    if !project.extensions.is_empty() && arguments.extensions.len() != 1 {
        return Err(CliError::usage(
            format!("nothing says which extensions {image} has"),
            "name them with --extensions, with commas, or write --extensions none",
        ));
    }
    if project.put_in_container(image.to_owned()) {
        return Ok(());
    }
    Err(CliError::usage(
        format!(
            "the project does not say how {} is reached in a container",
            project.name
        ),
        "write `port` into [serve.container] of the project file, and in `config` what the server has to be told there",
    ))
}

/// The failures that are known: of `path`, or of the file that the project names.
pub(super) fn expectations(project: &Project, path: Option<&Path>) -> Result<Expectations, CliError> {
    let path = match (path, &project.expectations) {
        (Some(path), _) => path.to_owned(),
        (None, Some(path)) => project.root.join(path),
        (None, None) => return Ok(Expectations::default()),
    };
    let scenarios = scenarios(project, &[])?;
    let names: Vec<&str> = scenarios.iter().map(|scenario| scenario.name.as_str()).collect();
    let today = jiff::tz::Offset::UTC.to_datetime(jiff::Timestamp::now()).date();
    let known = Known {
        extensions: &project.extensions,
        scenarios: &names,
        today: (today.year(), today.month(), today.day()),
    };
    Ok(load_expectations(&path, known)?)
}

/// The scenarios that one of `filters` selects; all if there is none. Every file is loaded: a broken one is an error
/// even if it is not selected.
pub(super) fn scenarios(project: &Project, filters: &[String]) -> Result<Vec<Arc<Scenario>>, CliError> {
    let vocabulary = Vocabulary {
        extensions: Some(&project.extensions),
        statements: Some(statement_ids()),
    };
    let mut all = load_folder(&project.scenario_folder(), &project.root, &vocabulary)?;
    for scenario in &mut all {
        leave_guests_out(scenario, project)?;
    }
    for folder in scenario_folders(project)? {
        let own = load_folder(&folder, &project.root, &vocabulary)?;
        if let Some(twice) = own.iter().find(|one| all.iter().any(|other| other.name == one.name)) {
            let message = format!("there are two scenarios called `{}`", twice.name);
            return Err(CliError::usage(message, format!("rename {}", twice.path.display())));
        }
        all.extend(own);
    }
    let all: Vec<Arc<Scenario>> = all.into_iter().map(Arc::new).collect();
    if filters.is_empty() {
        return Ok(all);
    }
    let here = here()?;
    let mut chosen = vec![false; all.len()];
    for filter in filters {
        let mut found = false;
        for (scenario, chosen) in all.iter().zip(&mut chosen) {
            if selects(filter, scenario, project, &here) {
                *chosen = true;
                found = true;
            }
        }
        if !found {
            return Err(nothing_selected(filter, &all));
        }
    }
    let kept = all.into_iter().zip(chosen).filter(|(_, chosen)| *chosen);
    Ok(kept.map(|(scenario, _)| scenario).collect())
}

/// A scenario that requires a build without any extension of the project is not about one with an extension from elsewhere.
fn leave_guests_out(scenario: &mut Scenario, project: &Project) -> Result<(), CliError> {
    let (own, guests) = project
        .extensions
        .split_at(project.extensions.len() - project.guests.len());
    let holds = |chosen: Option<&str>| scenario.requires.holds(&Combination::new(&project.extensions, chosen));
    if guests.is_empty() || own.is_empty() || !holds(None) || own.iter().any(|name| holds(Some(name))) {
        return Ok(());
    }
    let none = format!("not ({})", guests.join(" or "));
    let none: Expression = none
        .parse()
        .map_err(|error: ExpressionError| CliError::usage(error.message, "give the extension another name"))?;
    scenario.requires = Expression::And(vec![scenario.requires.clone(), none]);
    Ok(())
}

/// Keeps the scenarios that check a statement in one of `names`: statements, or areas of them. All if there is none.
pub(super) fn only(scenarios: &mut Vec<Arc<Scenario>>, names: &[String]) -> Result<(), CliError> {
    let mut ids: Vec<&str> = Vec::new();
    for name in names {
        let within: Vec<_> = statements().iter().filter(|one| one.is_within(name)).collect();
        if within.is_empty() {
            return Err(unknown_statement(name));
        }
        ids.extend(within.iter().map(|statement| statement.id));
    }
    if names.is_empty() {
        return Ok(());
    }
    scenarios.retain(|scenario| scenario.statements.iter().any(|id| ids.contains(&id.as_str())));
    if scenarios.is_empty() {
        return Err(CliError::usage(
            format!("no scenario that is chosen checks {}", names.join(", ")),
            "`plimsoll explain` with a statement says which do, and why if there is none",
        ));
    }
    Ok(())
}

fn unknown_statement(name: &str) -> CliError {
    let areas = AREAS.iter().map(|area| area.name);
    let near = suggestion::nearest(name, statement_ids().iter().copied().chain(areas));
    let help = "statements are named like PUSH-DIG-04, areas like PUSH; `plimsoll explain` lists the areas";
    CliError::usage(
        format!("there is no statement and no area `{name}`"),
        suggestion::did_you_mean(near, help),
    )
}

/// Whether `filter` is the scenario's file, a folder above it, its name, or the beginning of its name.
fn selects(filter: &str, scenario: &Scenario, project: &Project, here: &Path) -> bool {
    let name = filter.trim_end_matches('/').trim_end_matches(".yaml");
    let named = scenario.name.strip_prefix(name);
    if named.is_some_and(|rest| rest.is_empty() || rest.starts_with('/')) {
        return true;
    }
    let file = project.root.join(&scenario.path);
    [here, project.root.as_path()]
        .iter()
        .filter_map(|folder| folder.join(filter).canonicalize().ok())
        .any(|path| file.starts_with(path))
}

fn nothing_selected(filter: &str, all: &[Arc<Scenario>]) -> CliError {
    let mut words: Vec<&str> = Vec::new();
    for scenario in all {
        words.push(&scenario.name);
        words.extend(scenario.name.match_indices('/').map(|(at, _)| &scenario.name[..at]));
    }
    words.sort_unstable();
    words.dedup();
    let help = "a scenario is a file or folder below the scenario folder; `plimsoll list` prints them";
    CliError::usage(
        format!("`{filter}` selects no scenario"),
        suggestion::did_you_mean(suggestion::nearest(filter, words), help),
    )
}
