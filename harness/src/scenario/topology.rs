//! The servers of a scenario that names them. One that names none has a single one, `registry`.

use super::{Action, Scenario, Span, Step, Value};
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
    /// The server whose root it shares.
    pub fn root(&self) -> Option<&String> {
        let ServerKind::Registry(registry) = &self.kind;
        registry.root.as_ref()
    }
}

/// What a server is.
#[derive(Clone, Debug)]
pub enum ServerKind {
    /// A process of the project's server.
    Registry(RegistryDeclaration),
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
}

impl Scenario {
    /// The builds that it names, beside the one that it runs on.
    pub fn combinations(&self) -> Vec<&Combination> {
        let declared = self.servers.iter().filter_map(|declared| match &declared.kind {
            ServerKind::Registry(registry) => registry.combination.as_ref(),
        });
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

/// The builds that steps start.
fn builds<'s>(steps: &'s [Step], found: &mut Vec<&'s Combination>) {
    for step in steps {
        match &step.action {
            Action::Server(server) => found.extend(&server.combination),
            Action::Repeat(repeat) => builds(&repeat.steps, found),
            _ => {}
        }
    }
}
