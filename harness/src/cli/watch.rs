//! `plimsoll run --watch`: runs again what a change concerns, until somebody ends it.

use std::{
    collections::BTreeSet,
    fs,
    io::{self, IsTerminal},
    path::{Path, PathBuf},
    time::Duration,
};

use ignore::gitignore::{Gitignore, GitignoreBuilder};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher, event::ModifyKind};
use tokio::{
    runtime::{Builder, Runtime},
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use super::{arguments::RunArguments, error::CliError, run, selection};
use crate::{exit::Exit, extension::guest::scenario_folders, project::Project, runner::asked_to_end};

/// Several files that are saved together are one change: it is over when for so long nothing changed.
const QUIET: Duration = Duration::from_millis(100);

/// Clears the screen and goes to its top.
const CLEAR: &str = "\x1b[2J\x1b[H";

/// What has to be run after a change.
#[derive(Debug, PartialEq, Eq)]
enum Concerned {
    /// All that was asked for: what is built may be another.
    All,
    /// Scenarios that were changed.
    Scenarios(Vec<String>),
    /// Nothing that was asked for.
    Nothing,
}

/// Runs what `arguments` say, and after each change what it concerns, until Ctrl-C or SIGTERM. The status is that of the last run.
pub(super) fn run(project: Option<&Path>, arguments: &RunArguments) -> Result<Exit, CliError> {
    let mut watch = Watch::new(&selection::project(project)?)?;
    let mut exit = once(project, arguments);
    loop {
        if watch.ended.is_cancelled() {
            return Ok(exit);
        }
        anstream::eprintln!("watching {}; Ctrl-C ends", watch.root.display());
        let Some(changed) = watch.next_change() else {
            return Ok(exit);
        };
        let mut again = arguments.clone();
        match concerned(project, arguments, &changed) {
            Concerned::All => {}
            Concerned::Scenarios(names) => again.scenarios = names,
            Concerned::Nothing => continue,
        }
        if io::stdout().is_terminal() {
            anstream::print!("{CLEAR}");
        }
        exit = once(project, &again);
    }
}

/// A run. What is wrong with a file is told, and may be mended.
fn once(project: Option<&Path>, arguments: &RunArguments) -> Exit {
    run::run(project, arguments).unwrap_or_else(|error| {
        let exit = error.exit();
        error.print();
        exit
    })
}

fn concerned(project: Option<&Path>, arguments: &RunArguments, changed: &BTreeSet<PathBuf>) -> Concerned {
    // A file that cannot be read is told by the run.
    let Ok(project) = selection::project(project) else {
        return Concerned::All;
    };
    let mut folders = scenario_folders(&project).unwrap_or_default();
    folders.push(project.scenario_folder());
    let is_scenario = |path: &PathBuf| {
        path.extension().is_some_and(|extension| extension == "yaml")
            && folders.iter().any(|folder| path.starts_with(folder))
    };
    if !changed.iter().all(is_scenario) {
        return Concerned::All;
    }
    let Ok(scenarios) = selection::scenarios(&project, &arguments.scenarios) else {
        return Concerned::All;
    };
    let ours = scenarios
        .iter()
        .filter(|one| changed.contains(&project.root.join(&one.path)));
    let names: Vec<String> = ours.map(|one| one.name.clone()).collect();
    if names.is_empty() {
        return Concerned::Nothing;
    }
    Concerned::Scenarios(names)
}

/// What changes below a project, apart from what git ignores.
struct Watch {
    root: PathBuf,
    ignored: Gitignore,
    watcher: RecommendedWatcher,
    events: UnboundedReceiver<notify::Result<Event>>,
    runtime: Runtime,
    /// Somebody wants it to end.
    ended: CancellationToken,
}

impl Watch {
    fn new(project: &Project) -> Result<Self, CliError> {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.map_err(CliError::surroundings("start a runtime"))?;
        let ended = CancellationToken::new();
        let end = ended.clone();
        // From here on Ctrl-C ends the watch and not the program, in builds too.
        runtime.spawn(async move {
            asked_to_end().await;
            end.cancel();
        });
        let (sender, events) = unbounded_channel();
        let told = move |event| {
            // Nobody listens any more: then nobody wants to know.
            let _ = sender.send(event);
        };
        let watcher = notify::recommended_watcher(told).map_err(cannot("watch files"))?;
        let root = project.root.clone();
        let mut builder = GitignoreBuilder::new(&root);
        // A file that is not there or not right ignores nothing.
        let _ = builder.add(root.join(".gitignore"));
        let ignored = builder.add_line(None, "/target/").and_then(|builder| builder.build());
        let mut watch = Self {
            ignored: ignored.unwrap_or_else(|_| Gitignore::empty()),
            root: root.clone(),
            watcher,
            events,
            runtime,
            ended,
        };
        watch.add(&root, RecursiveMode::NonRecursive)?;
        let entries = fs::read_dir(&root).map_err(CliError::surroundings(format!("read {}", root.display())))?;
        for entry in entries.filter_map(Result::ok) {
            watch.add_folder(&entry.path())?;
        }
        for folder in scenario_folders(project)? {
            watch.add(&folder, RecursiveMode::Recursive)?;
        }
        Ok(watch)
    }

    fn add(&mut self, path: &Path, mode: RecursiveMode) -> Result<(), CliError> {
        let what = format!("watch {}", path.display());
        self.watcher.watch(path, mode).map_err(cannot(what))
    }

    /// Watches `path` if it is a folder that somebody edits.
    fn add_folder(&mut self, path: &Path) -> Result<(), CliError> {
        if path.is_dir() && self.is_edited(path) {
            self.add(path, RecursiveMode::Recursive)?;
        }
        Ok(())
    }

    /// Whether `path` is neither ignored, nor hidden, nor what an editor keeps beside a file.
    fn is_edited(&self, path: &Path) -> bool {
        let Ok(below) = path.strip_prefix(&self.root) else {
            return true;
        };
        let aside = |name: &str| name.starts_with('.') || name.ends_with('~');
        !below.iter().any(|name| aside(&name.to_string_lossy()))
            && !self
                .ignored
                .matched_path_or_any_parents(below, path.is_dir())
                .is_ignore()
    }

    /// The files of the next change; none if somebody wants it to end.
    fn next_change(&mut self) -> Option<BTreeSet<PathBuf>> {
        let mut changed = BTreeSet::new();
        loop {
            let wait = async {
                if !changed.is_empty() {
                    return Ok(timeout(QUIET, self.events.recv()).await.ok().flatten());
                }
                tokio::select! {
                    () = self.ended.cancelled() => Err(()),
                    event = self.events.recv() => Ok(event),
                }
            };
            match self.runtime.block_on(wait) {
                Err(()) => return None,
                Ok(None) => return Some(changed),
                Ok(Some(event)) => self.take(event, &mut changed),
            }
        }
    }

    fn take(&mut self, event: notify::Result<Event>, changed: &mut BTreeSet<PathBuf>) {
        let Ok(event) = event else {
            // Events were lost: anything may have changed.
            changed.insert(self.root.clone());
            return;
        };
        if matches!(
            event.kind,
            EventKind::Access(_) | EventKind::Modify(ModifyKind::Metadata(_)) | EventKind::Other
        ) {
            return;
        }
        for path in event.paths {
            if !self.is_edited(&path) {
                continue;
            }
            if path.parent() == Some(&self.root) {
                // A new folder; one that is gone again needs no watching.
                let _ = self.add_folder(&path);
            }
            if !path.is_dir() {
                changed.insert(path);
            }
        }
    }
}

fn cannot(what: impl Into<String>) -> impl FnOnce(notify::Error) -> CliError {
    let what = what.into();
    move |error| CliError::Surroundings {
        what,
        source: io::Error::other(error),
    }
}
