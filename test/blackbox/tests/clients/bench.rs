//! The benchmark: everything in its plan can be measured. What it comes to is no test's business.

use std::collections::BTreeMap;

use libtest_mimic::{Failed, Trial};
use plimsoll::{
    bench::{self, Plan, Subject},
    target::ProcessTarget,
};
use plimsoll_blackbox::{
    build,
    tool::{NGINX, trial},
};

pub(crate) fn trials() -> Vec<Trial> {
    vec![trial(
        "bench::everything_in_the_plan_can_be_measured",
        &[NGINX],
        everything_is_measured,
    )]
}

fn everything_is_measured() -> Result<(), Failed> {
    let project = build::project();
    let target = ProcessTarget {
        front: None,
        binary: build::binary(&[])?,
        companions: BTreeMap::new(),
        serve: project.serve.clone(),
    };
    let ours = Subject::own("ours", target, project.bench_config.clone());
    let subjects = [ours, Subject::nginx()?, Subject::disk()];
    let plan = Plan::standard()?.quick();
    let folder = tempfile::tempdir()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let measured = runtime.block_on(bench::run(&plan, &subjects, folder.path(), &|_| {}))?;
    for workload in measured.stages.iter().flat_map(|stage| &stage.workloads) {
        for lane in &workload.lanes {
            let name = format!("{}, {}", workload.name, lane.label());
            assert_eq!(lane.failure, None, "{name}");
            let summary = lane.summary.ok_or_else(|| format!("{name}: nothing was measured"))?;
            assert!(summary.rate.median > 0.0, "{name}: {summary:?}");
            // What runs in this process alone has no memory of its own.
            assert_eq!(summary.memory.is_some(), lane.subject != "disk", "{name}");
        }
        assert!(
            workload.lanes.iter().any(|lane| lane.subject == "ours"),
            "{}",
            workload.name
        );
    }
    for (subject, stage) in [("nginx", "pulls"), ("disk", "pushes")] {
        let stage = measured.stages.iter().find(|one| one.name == stage);
        let lanes = stage
            .into_iter()
            .flat_map(|stage| &stage.workloads)
            .flat_map(|workload| &workload.lanes);
        assert!(lanes.filter(|lane| lane.subject == subject).count() > 1, "{subject}");
    }
    assert_eq!(std::fs::read_dir(folder.path())?.count(), 0, "something is left");
    Ok(())
}
