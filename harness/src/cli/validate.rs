//! `plimsoll validate`: whether an extension is good, and what it costs.

use std::{fs, path::Path};

use jiff::Timestamp;
use serde_json::json;

use super::{
    arguments::ValidateArguments,
    error::CliError,
    progress::Terminal,
    run::{Ready, hold_to_everything},
    selection::{self, Plan},
};
use crate::{
    build::Progress,
    combination::{Combination, Coverage, select},
    exit::Exit,
    extension::{
        Tree, check, guest,
        validate::{Cost, Sample, Validation, build_times, held, html, judge, measure, write_text},
    },
    project::Project,
};

pub(super) fn run(project: Option<&Path>, arguments: &ValidateArguments) -> Result<Exit, CliError> {
    let project = selection::project(project)?;
    let name = arguments.name.as_str();
    let alone = select(name, &project.extensions)?;
    if alone.extensions() != [name] {
        return Err(CliError::usage(
            format!("`{name}` is not one extension"),
            "name one of those in plimsoll.toml",
        ));
    }
    let mut findings = project
        .guidelines
        .as_ref()
        .map(|guidelines| check(&Tree::new(&project.root), guidelines));
    if let Some(findings) = &mut findings {
        findings.extend(guest::check(&project)?);
    }
    let plan = plan(&project, name);
    let (report, ready) = hold_to_everything(&project, &plan)?;
    let parts = judge(&project, name, findings.as_deref(), &report);
    let costs = if arguments.no_costs {
        Vec::new()
    } else {
        costs(&project, name, &ready)?
    };
    let validation = Validation {
        name: name.to_owned(),
        about: format!(
            "plimsoll {} validate {name}, {}, {} {}",
            env!("CARGO_PKG_VERSION"),
            Timestamp::now().strftime("%F %R UTC"),
            std::env::consts::OS,
            std::env::consts::ARCH
        ),
        extensions: project.extensions.clone(),
        builds: held(&project, &report),
        parts,
        costs,
    };
    let page = arguments.page.clone();
    let page = page.unwrap_or_else(|| project.output().join(format!("validate-{name}.html")));
    let cannot = || CliError::surroundings(format!("write {}", page.display()));
    fs::write(&page, html(&validation).map_err(cannot())?).map_err(cannot())?;
    write_text(&validation, &mut anstream::stdout())?;
    anstream::eprintln!("\nthe page is {}", project.shown(&page).display());
    Ok(if validation.is_good() {
        Exit::Passed
    } else {
        Exit::Failed
    })
}

/// Nothing, it alone, it with each other, all, and all without it: those that can be.
fn plan(project: &Project, name: &str) -> Plan {
    let space = project.space();
    let all = || project.extensions.iter().map(String::as_str);
    let mut wanted = vec![Vec::new(), vec![name]];
    wanted.extend(all().filter(|other| *other != name).map(|other| vec![name, other]));
    wanted.push(all().filter(|other| *other != name).collect());
    wanted.push(all().collect());
    let mut combinations: Vec<Combination> = Vec::new();
    for chosen in wanted {
        // What the constraints do not admit is nobody's fault.
        let Ok(combination) = space.close(&Combination::new(&project.extensions, chosen)) else {
            continue;
        };
        if !combinations.contains(&combination) {
            combinations.push(combination);
        }
    }
    Plan {
        coverage: Coverage::of(&space, &combinations, 0),
        combinations,
    }
}

/// What the binary with it alone costs against the one without any.
fn costs(project: &Project, name: &str, ready: &[Ready]) -> Result<Vec<Cost>, CliError> {
    let find = |wanted: &[&str]| ready.iter().find(|one| one.combination.extensions() == wanted);
    let (Some(without), Some(with)) = (find(&[]), find(&[name])) else {
        return Ok(Vec::new());
    };
    let size = |one: &Ready| -> Result<f64, CliError> {
        let metadata = fs::metadata(&one.process.binary).map_err(CliError::surroundings("look at a binary"))?;
        #[expect(clippy::cast_precision_loss, reason = "no binary has 2^53 bytes")]
        Ok(metadata.len() as f64 / (1024.0 * 1024.0))
    };
    let sizes = Sample {
        without: size(without)?,
        with: size(with)?,
    };
    let mut costs: Vec<Cost> = Cost::of("binary", "MiB", &[sizes]).into_iter().collect();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(CliError::surroundings("start to measure"))?;
    let terminal = Terminal::new();
    let config = json!({ "extensions": { name: {} } });
    let progress = |round: usize, rounds: usize| terminal.says(&format!("measures, round {round} of {rounds}"));
    let measured = runtime.block_on(measure(&without.process, &with.process, &config, &progress));
    terminal.finish();
    costs.extend(measured?.costs());
    costs.extend(build_times(project, &without.combination, &with.combination)?);
    Ok(costs)
}
