//! One build, whose server is a process that can be traced and killed.

use std::{collections::BTreeMap, num::NonZero, thread::available_parallelism};

use super::{error::CliError, progress::Terminal};
use crate::{
    build::{Builder, build_all},
    combination::select,
    project::Project,
    target::ProcessTarget,
};

/// How many servers run side by side for each processor: one waits for its client most of the time.
const SIDE_BY_SIDE: usize = 4;

/// The build with these extensions.
pub(super) fn process(project: &Project, extensions: &str, terminal: &Terminal) -> Result<ProcessTarget, CliError> {
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
