//! Scenarios with verdicts that were derived by hand, through the real engine, against a server that misbehaves on demand.

mod clock;
mod faults;
mod file_system;
mod judged;
mod peer;
mod race;
mod seeds;
mod server;
mod table;
mod token;
mod topology;

use std::{path::Path, sync::Arc};

use tokio_util::sync::CancellationToken;

use super::RunOptions;
use crate::scenario::{Scenario, Vocabulary, parse};

fn options() -> RunOptions {
    RunOptions {
        seed: 7,
        project_root: Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).to_owned(),
        logs: None,
        bar: super::Bar::default(),
        cancel: CancellationToken::new(),
    }
}

/// A scenario with these parts.
fn parsed(parts: &str) -> Arc<Scenario> {
    let source = format!("scenario: a truth\n{parts}");
    let scenario = parse("truth", Path::new("truth.yaml"), &source, &Vocabulary::default());
    Arc::new(scenario.unwrap_or_else(|error| panic!("{source}\n{error:?}")))
}
