//! Kills: what was acknowledged is there when the registry comes back, and what was left over goes away.

use std::collections::BTreeMap;

use libtest_mimic::{Failed, Trial};
use plimsoll::{
    kill::{self, Options},
    target::ProcessTarget,
};
use plimsoll_blackbox::{build, tool::trial};

pub(crate) fn trials() -> Vec<Trial> {
    vec![trial(
        "kill::what_was_acknowledged_is_there_after_every_kill",
        &[],
        nothing_is_lost,
    )]
}

fn nothing_is_lost() -> Result<(), Failed> {
    let project = build::project();
    let target = ProcessTarget {
        front: None,
        binary: build::binary(&[])?,
        companions: BTreeMap::new(),
        serve: project.serve.clone(),
    };
    let options = Options {
        seed: 1,
        rounds: 3,
        kills: 10,
        side_by_side: 3,
    };
    let keep = tempfile::tempdir()?;
    let runtime = tokio::runtime::Runtime::new()?;
    let outcome = runtime.block_on(kill::run(&target, project.sweep.as_ref(), options, keep.path(), |_| {}))?;
    assert!(outcome.losses.is_empty(), "{:#?}", outcome.losses);
    assert!(
        outcome.kills == 30 && outcome.answers >= 100 && outcome.interrupted >= 30 && outcome.swept > 0,
        "too little was tried: {outcome:?}"
    );
    Ok(())
}
