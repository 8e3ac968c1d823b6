//! One build, whose server is a process that can be traced and killed.

use std::{collections::BTreeMap, num::NonZero, path::Path, thread::available_parallelism};

use super::{error::CliError, progress::Terminal, selection};
use crate::{
    build::{Builder, build_all},
    combination::select,
    exit::Exit,
    project::Project,
    target::ProcessTarget,
};

/// How many servers run side by side for each processor: one waits for its client most of the time.
const SIDE_BY_SIDE: usize = 4;

/// A build of a project.
pub(super) struct OneBuild {
    pub(super) project: Project,
    /// As they are asked for on the command line.
    pub(super) extensions: String,
    pub(super) target: ProcessTarget,
}

impl OneBuild {
    /// Builds the project of this file with these extensions.
    pub(super) fn new(project: Option<&Path>, extensions: &str, terminal: &Terminal) -> Result<Self, CliError> {
        let project = selection::project(project)?;
        let target = process(&project, extensions, terminal)?;
        Ok(Self {
            project,
            extensions: extensions.to_owned(),
            target,
        })
    }
}

/// How a command ends that looked for losses.
pub(super) const fn exit(losses: u64) -> Exit {
    match losses {
        0 => Exit::Passed,
        _ => Exit::Failed,
    }
}

fn process(project: &Project, extensions: &str, terminal: &Terminal) -> Result<ProcessTarget, CliError> {
    if project.serve.container.is_some() {
        return Err(CliError::usage(
            "a server in a container can be neither recorded nor killed at an instant",
            "name a project whose server is a process of this machine",
        ));
    }
    let combination = select(extensions, &project.extensions)?;
    terminal.builds(1);
    let (_, built) = build_all(&Builder::new(project)?, std::slice::from_ref(&combination), terminal).remove(0);
    Ok(ProcessTarget {
        front: None,
        binary: built?.binary,
        companions: BTreeMap::new(),
        serve: project.serve.clone(),
    })
}

/// How many servers run side by side.
pub(super) fn side_by_side() -> usize {
    available_parallelism().map_or(1, NonZero::get) * SIDE_BY_SIDE
}
