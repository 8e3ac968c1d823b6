//! Which runs there are: each row of a scenario, with each of its scripts that a target can take.

use std::sync::Arc;

use super::{KnownFailure, Variant};
use crate::{
    combination::{Combination, Expression},
    scenario::{Action, Row, Scenario, Script, ServerDeclaration, Step},
    target::{ProcessTarget, Target},
};

/// One run of one scenario: one row, one script, one combination.
#[derive(Clone, Debug)]
pub struct Job {
    /// The scenario.
    pub scenario: Arc<Scenario>,
    /// Which of its scripts.
    pub variant: Variant,
    /// Which of its rows.
    pub row: usize,
    /// What the target is built with.
    pub combination: Combination,
    /// What it runs against.
    pub target: Arc<Target>,
    /// The build that its server is restarted with, where the scenario leaves that to the run.
    pub other: Option<Combination>,
    /// Why it is not run.
    pub excluded: Option<String>,
    /// The failure that is expected of it.
    pub known: Option<KnownFailure>,
    /// How often it is run: a verdict that changes is red. At least once.
    pub repeat: usize,
}

impl Job {
    /// The script, if the scenario has it.
    pub fn script(&self) -> Option<&Script> {
        match self.variant {
            Variant::On => self.scenario.on.as_ref(),
            Variant::Off => self.scenario.off.as_ref(),
            Variant::Absent => self.scenario.absent.as_ref(),
        }
    }

    /// Whether its server is restarted with a build that the run chooses.
    pub fn meets_another(&self) -> bool {
        self.script().is_some_and(Script::meets_another)
    }

    /// The variables of its row.
    pub fn variables(&self) -> Option<&Row> {
        self.scenario.rows.get(self.row)
    }

    /// The row in words, such as `way=chunked`, if the scenario has several.
    pub fn row_label(&self) -> Option<String> {
        let variables = self.variables().filter(|_| self.scenario.rows.len() > 1);
        let mut words: Vec<String> = variables
            .into_iter()
            .flatten()
            .map(|(name, value)| match value {
                serde_json::Value::String(text) => format!("{name}={text}"),
                other => format!("{name}={other}"),
            })
            .collect();
        words.extend(self.other.as_ref().map(|other| format!("other={other}")));
        (!words.is_empty()).then(|| words.join(" "))
    }
}

/// The runs of `scenarios` with `combination` on `target`, those that it cannot take among them, with the reason.
///
/// A scenario without a script for this combination has none: nothing is said of it.
pub fn jobs(scenarios: &[Arc<Scenario>], combination: &Combination, target: &Arc<Target>) -> Vec<Job> {
    let mut jobs = Vec::new();
    for scenario in scenarios {
        let required = scenario.requires.holds(combination);
        let scripts = [
            (Variant::On, &scenario.on, required),
            (Variant::Off, &scenario.off, required),
            (Variant::Absent, &scenario.absent, !required),
        ];
        for (variant, script, applies) in scripts {
            let Some(script) = script.as_ref().filter(|_| applies) else {
                continue;
            };
            let excluded = excluded(scenario, variant, script, target);
            jobs.extend((0..scenario.rows.len()).map(|row| Job {
                scenario: Arc::clone(scenario),
                variant,
                row,
                combination: combination.clone(),
                target: Arc::clone(target),
                other: None,
                excluded: excluded.clone(),
                known: None,
                repeat: 1,
            }));
        }
    }
    jobs
}

/// Why `target` cannot take this script.
fn excluded(scenario: &Scenario, variant: Variant, script: &Script, target: &Target) -> Option<String> {
    let target = match target {
        Target::Url(target) => target,
        Target::Process(target) => {
            return without_config(script, target).or_else(|| in_container(scenario, script, target));
        }
    };
    if scenario.requires != Expression::Always && !target.extensions_known {
        return Some(
            "requires extensions; say with --extensions which of them the registry at this URL has".to_owned(),
        );
    }
    if variant == Variant::Off {
        return Some("switches an extension off: needs a server that the harness runs".to_owned());
    }
    if !scenario.servers.is_empty() {
        return Some("has several servers: needs servers that the harness runs".to_owned());
    }
    if scenario.accounts.is_some() {
        if target.accounts.is_none() {
            return Some("takes two accounts: say with --user and --other-user who they are".to_owned());
        }
    } else if !script.config.is_empty() {
        return Some("has a configuration: needs a server that the harness runs".to_owned());
    }
    let mut steps = script.steps.iter().chain(&script.teardown);
    if let Some(step) = steps.clone().find_map(|step| find(step, own_server)) {
        return Some(format!("has a step `{step}`: needs a server that the harness runs"));
    }
    let reason = target.takes_no_raw_bytes()?;
    steps.find_map(|step| find(step, raw))?;
    Some(format!(
        "has a step `raw`, whose bytes are sent as they are, and this registry {reason}"
    ))
}

/// Why a server that takes no configuration file cannot take this script.
fn without_config(script: &Script, target: &ProcessTarget) -> Option<String> {
    if target.serve.config.is_some() {
        return None;
    }
    let configures = |step: &Step| matches!(&step.action, Action::Server(step) if step.config.is_some());
    let needs_file = !script.config.is_empty() || script.steps.iter().chain(&script.teardown).any(configures);
    needs_file.then(|| "has a configuration: the project says no `serve.config`".to_owned())
}

/// Why a server in a container cannot take this script.
fn in_container(scenario: &Scenario, script: &Script, target: &ProcessTarget) -> Option<String> {
    target.serve.container.as_ref()?;
    let mut registries = scenario.servers.iter().filter_map(ServerDeclaration::registry);
    if registries.any(|registry| registry.disk.is_some()) {
        return Some("has a server with a `disk`: it is mounted for a process of this machine".to_owned());
    }
    let mut steps = script.steps.iter().chain(&script.teardown);
    let step = steps.find_map(|step| find(step, own_process))?;
    Some(format!(
        "has a step `{step}`: needs a process of this machine, and the server is in a container"
    ))
}

/// Whether `look` finds something in a step, or in one within it: the first that it does.
fn find<T>(step: &Step, look: fn(&Action) -> Option<T>) -> Option<T> {
    let all = |steps: &[Step]| steps.iter().find_map(|step| find(step, look));
    look(&step.action).or_else(|| match &step.action {
        Action::Repeat(repeat) => all(&repeat.steps),
        Action::Clients(clients) => all(&clients.steps),
        Action::Sometimes(step) => find(step, look),
        Action::Race(race) => race.clients.iter().find_map(|racers| all(&racers.steps)),
        Action::Eventually(eventually) => {
            find(&eventually.step, look).or_else(|| find(eventually.abort_if.as_deref()?, look))
        }
        _ => None,
    })
}

/// The key of an action that only works with a server of our own.
fn own_server(action: &Action) -> Option<&'static str> {
    match action {
        Action::Server(_) => Some("start, stop, kill, restart, pause or resume"),
        Action::Command(_) => Some("command"),
        Action::Memory(_) => Some("memory"),
        Action::File(_) => Some("file"),
        Action::Corrupt { .. } => Some("corrupt"),
        Action::Remove { .. } => Some("remove"),
        Action::Write { .. } => Some("write"),
        Action::Disk(_) => Some("fill, free or remount"),
        Action::Layout { .. } => Some("layout"),
        Action::Log(_) => Some("log"),
        Action::Repeat(_)
        | Action::Clients(_)
        | Action::Sometimes(_)
        | Action::Race(_)
        | Action::Eventually(_)
        | Action::Request(_)
        | Action::Pages(_)
        | Action::Token(_)
        | Action::Raw(_)
        | Action::Generate(_)
        | Action::Stream(_)
        | Action::Upload(_)
        | Action::Push(_)
        | Action::Pull(_)
        | Action::Metric(_)
        | Action::Behave(_)
        | Action::Requests(_)
        | Action::Set(_)
        | Action::Delete(_)
        | Action::Acknowledged
        | Action::Check { .. } => None,
    }
}

/// The key of an action that only works with a process of this machine.
fn own_process(action: &Action) -> Option<&'static str> {
    match action {
        Action::Command(_) => Some("command"),
        Action::Memory(_) => Some("memory"),
        Action::Server(step) => step.clock.map(|_| "start or restart with a clock"),
        _ => None,
    }
}

/// Something for bytes that are written as they are, around the client.
fn raw(action: &Action) -> Option<()> {
    matches!(action, Action::Raw(_)).then_some(())
}
