//! Power cuts: what was acknowledged is on the disk, in every state that could be left there.

use std::collections::BTreeMap;

use libtest_mimic::{Failed, Trial};
use plimsoll::{
    powercut::{self, Options},
    target::ProcessTarget,
};
use plimsoll_blackbox::{
    build,
    tool::{STRACE, trial},
};

pub(crate) fn trials() -> Vec<Trial> {
    vec![trial(
        "power_cut::what_was_acknowledged_is_in_every_state_that_is_left",
        &[STRACE],
        nothing_is_lost,
    )]
}

fn nothing_is_lost() -> Result<(), Failed> {
    let target = ProcessTarget {
        front: None,
        binary: build::binary(&[])?,
        companions: BTreeMap::new(),
        serve: build::project().serve.clone(),
    };
    let options = Options {
        seed: 1,
        steps: 2,
        side_by_side: 4,
    };
    let keep = tempfile::tempdir()?;
    let runtime = tokio::runtime::Runtime::new()?;
    let outcome = runtime.block_on(powercut::run(&target, options, keep.path(), |_| {}))?;
    assert!(outcome.losses.is_empty(), "{:#?}", outcome.losses);
    assert!(
        outcome.answers >= 20 && outcome.states >= 100,
        "too little was tried: {outcome:?}"
    );
    Ok(())
}
