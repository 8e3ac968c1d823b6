//! The servers of a scenario that names them. One that names none has a single one, `registry`.

use super::{Action, Behaviour, Matcher, OtherBuild, Scenario, Script, Span, Step, Value};
use crate::combination::Combination;

/// The server of a scenario that does not name its servers.
pub const REGISTRY: &str = "registry";

/// A server that a scenario names.
#[derive(Clone, Debug)]
pub struct ServerDeclaration {
    /// Its name.
    pub name: String,
    /// Where the name stands.
    pub span: Span,
    /// What it is.
    pub kind: ServerKind,
}

impl ServerDeclaration {
    /// The process, if it is one.
    pub fn registry(&self) -> Option<&RegistryDeclaration> {
        match &self.kind {
            ServerKind::Registry(registry) => Some(registry),
            ServerKind::Proxy { .. } | ServerKind::Script(_) => None,
        }
    }

    /// How it behaves at first, if the harness plays it itself.
    pub fn behaviour(&self) -> Option<&Behaviour> {
        match &self.kind {
            ServerKind::Proxy { behaviour, .. } | ServerKind::Script(behaviour) => Some(behaviour),
            ServerKind::Registry(_) => None,
        }
    }

    /// The server whose root it shares.
    pub fn root(&self) -> Option<&String> {
        self.registry()?.root.as_ref()
    }
}

/// What a server is.
#[derive(Clone, Debug)]
pub enum ServerKind {
    /// A process of the project's server.
    Registry(RegistryDeclaration),
    /// `proxy`: passes on to another server, notes what it is asked, and may misbehave.
    Proxy {
        /// The server behind it.
        upstream: String,
        /// How it behaves at first.
        behaviour: Behaviour,
    },
    /// `script`: answers by rules alone.
    Script(Behaviour),
}

/// A process of the project's server.
#[derive(Clone, Debug, Default)]
pub struct RegistryDeclaration {
    /// `combination`: what it is built with; as the run says unless said.
    pub combination: Option<Combination>,
    /// `config`: merged into the project's.
    pub config: Option<Value>,
    /// `root`: the server whose folder it shares.
    pub root: Option<String>,
    /// `disk`: the size in bytes of the file system of its own that its folder is on.
    pub disk: Option<u64>,
}

/// Changes how a server that the harness plays itself behaves.
#[derive(Clone, Debug)]
pub struct Behave {
    /// Which.
    pub server: String,
    /// From now on; nothing of what was before stays.
    pub behaviour: Behaviour,
}

/// Looks at what a server that the harness plays itself was asked.
#[derive(Clone, Debug)]
pub struct RequestsCheck {
    /// `to`: which.
    pub server: String,
    /// `method`, in capitals.
    pub method: Option<String>,
    /// `path`: of the path without its query.
    pub path: Option<Matcher>,
    /// `count`: how many there were.
    pub count: Option<Matcher>,
    /// `each_path`: how many there were of each path.
    pub each_path: Option<Matcher>,
    /// `headers`, of each.
    pub headers: Vec<(String, Matcher)>,
}

/// Looks at the memory of a server.
#[derive(Clone, Debug)]
pub struct MemoryCheck {
    /// `of`: which.
    pub server: String,
    /// `peak`: the most that was resident since its start, in bytes.
    pub peak: Matcher,
}

impl Scenario {
    /// The builds that it names, beside the one that it runs on.
    pub fn combinations(&self) -> Vec<&Combination> {
        let declared = self.servers.iter().filter_map(ServerDeclaration::registry);
        let declared = declared.filter_map(|registry| registry.combination.as_ref());
        let mut combinations: Vec<_> = declared.collect();
        for script in [&self.on, &self.off, &self.absent].into_iter().flatten() {
            builds(&script.steps, &mut combinations);
            builds(&script.teardown, &mut combinations);
        }
        combinations.sort();
        combinations.dedup();
        combinations
    }
}

impl Script {
    /// Whether a server is started with a build that the run chooses.
    pub fn meets_another(&self) -> bool {
        self.steps.iter().chain(&self.teardown).any(meets_another)
    }
}

fn meets_another(step: &Step) -> bool {
    match &step.action {
        Action::Server(server) => server.combination == Some(OtherBuild::Any),
        Action::Repeat(repeat) => repeat.steps.iter().any(meets_another),
        _ => false,
    }
}

/// The builds that steps start.
fn builds<'s>(steps: &'s [Step], found: &mut Vec<&'s Combination>) {
    for step in steps {
        match &step.action {
            Action::Server(server) => found.extend(server.combination.iter().filter_map(|build| match build {
                OtherBuild::Named(combination) => Some(combination),
                OtherBuild::Any => None,
            })),
            Action::Repeat(repeat) => builds(&repeat.steps, found),
            Action::Clients(clients) => builds(&clients.steps, found),
            _ => {}
        }
    }
}
