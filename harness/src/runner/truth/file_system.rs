//! Servers on a file system of their own, which is filled and made read-only under them.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    net::TcpListener,
    path::PathBuf,
    sync::Arc,
    thread,
};

use tokio_util::sync::CancellationToken;

use super::{
    options, server,
    topology::{hold, plan, run, run_with},
};
use crate::{
    runner::{Verdict, run_job},
    target::{ContainerSettings, Target},
};

/// Whether this process may mount. CI insists on it; where it may not, the runs say so.
fn may_mount() -> bool {
    let finished = run("servers: { registry: { disk: 1 MiB } }\nsteps:\n  - get: registry/v2/\n    expect: 200\n");
    if finished.verdict == Verdict::Pass {
        return true;
    }
    assert!(
        std::env::var_os("PLIMSOLL_REQUIRE_TOOLS").is_none(),
        "{:#?}",
        finished.reason
    );
    assert_eq!(finished.verdict, Verdict::PreconditionFailed);
    assert!(finished.reason.unwrap().contains("needs root"));
    false
}

const FILLED: &str = "steps:
  - push: { image: plain, to: 'registry/app:1', as: i }
  - fill: registry
  - generate: { bytes: 9 KiB, as: b }
  - upload: { blob: b, to: registry/app }
    expect: 507
  - pull: { from: 'registry/app:1', equals: i }
  - free: registry
  - upload: { blob: b, to: registry/app }
  - acknowledged: intact
";

#[test]
fn a_disk_is_as_large_as_it_says_full_when_it_is_filled_and_has_room_when_it_is_freed() {
    if !may_mount() {
        return;
    }
    let small = |step: &str| format!("servers: {{ registry: {{ disk: 1 MiB }} }}\n{step}");
    let left = small(
        "steps:\n  - generate: { bytes: 40 KiB, as: b }\n  - fill: registry\n    leave: 64 KiB\n  - upload: { blob: b }\n  - generate: { bytes: 41 KiB, as: c }\n  - upload: { blob: c }\n    expect: 507\n",
    );
    let large = small("steps:\n  - generate: { bytes: 2 MiB, as: b }\n  - upload: { blob: b }\n    expect: 507\n");
    let never_freed = small(FILLED).replace("  - free: registry\n", "");
    hold(&[
        (&small(FILLED), None),
        (&left, None),
        (&large, None),
        (&large.replace("1 MiB", "8 MiB"), Some("the status differs")),
        (&never_freed, Some("the status differs")),
    ]);
}

#[test]
fn what_is_acknowledged_and_does_not_fit_is_lost() {
    if !may_mount() {
        return;
    }
    let parts = |config: &str| {
        format!(
            "servers: {{ registry: {{ disk: 1 MiB, config: {config} }} }}\nsteps:\n  - fill: registry\n  - generate: {{ bytes: 9 KiB, as: b }}\n  - upload: {{ blob: b, to: registry/app }}\n    expect: {{ one_of: [{{ status: 201 }}, {{ status: 507 }}] }}\n  - acknowledged: intact\n  - restart: registry\n  - acknowledged: intact\n"
        )
    };
    hold(&[
        (&parts("{}"), None),
        (
            &parts("{ lies: true }"),
            Some("things that were acknowledged are not intact"),
        ),
    ]);
}

#[test]
fn nothing_is_written_while_a_disk_is_read_only() {
    if !may_mount() {
        return;
    }
    let parts = "servers: { registry: { disk: 1 MiB }, two: { root: registry } }\nsteps:\n  - push: { image: plain, to: 'registry/app:1', as: i }\n  - remount: read-only\n  - generate: { bytes: 9, as: b }\n  - upload: { blob: b, to: registry/app }\n    expect: 503\n  - pull: { from: 'registry/app:1', equals: i }\n  - restart: two\n  - pull: { from: 'two/app:1', equals: i }\n  - remount: read-write\n    of: registry\n  - upload: { blob: b, to: registry/app }\n  - restart: two\n  - acknowledged: intact\n";
    hold(&[
        (parts, None),
        (
            &parts.replace("  - remount: read-only\n", ""),
            Some("the status differs"),
        ),
        (
            &parts.replace("  - remount: read-write\n    of: registry\n", ""),
            Some("the status differs"),
        ),
    ]);
}

fn is_mounted(root: &str) -> bool {
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
    mounts.contains(root.trim_end_matches("/root"))
}

/// Runs a scenario that asks the test, and ends as that says while its disk is mounted, which it is not afterwards.
fn ends(how: impl FnOnce(CancellationToken) + Send + 'static) -> Verdict {
    let told = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let parts = format!(
        "servers: {{ registry: {{ disk: 1 MiB }} }}\nsteps:\n  - push: {{ image: plain, to: 'registry/app:1' }}\n  - get: 'http://{}{{{{ registry.root }}}}'\n    expect: 200\n",
        told.local_addr().unwrap()
    );
    let options = options();
    let cancel = options.cancel.clone();
    let asked = thread::spawn(move || {
        let (connection, _) = told.accept().unwrap();
        let mut line = String::new();
        BufReader::new(&connection).read_line(&mut line).unwrap();
        let root = line.split(' ').nth(1).unwrap().to_owned();
        assert!(is_mounted(&root), "{root}");
        how(cancel);
        root
    });
    let finished = run_with(&parts, &options);
    let root = asked.join().unwrap();
    assert!(!is_mounted(&root), "{root}");
    finished.verdict
}

#[test]
fn a_disk_is_unmounted_however_a_run_ends() {
    if may_mount() {
        assert_eq!(ends(|_| ()), Verdict::Fail);
        assert_eq!(ends(|cancel| cancel.cancel()), Verdict::NotReached);
    }
}

#[test]
fn a_disk_cannot_be_of_a_server_in_a_container() {
    let mut target = server::process();
    let mut serve = (*target.serve).clone();
    serve.container = Some(ContainerSettings {
        image: "nothing:1".to_owned(),
        port: 5000,
        project: PathBuf::new(),
    });
    target.serve = Arc::new(serve);
    let parts = "servers: { registry: { disk: 1 MiB } }\nsteps:\n  - get: registry/v2/\n    expect: 200\n";
    let finished = run_job(&plan(parts, Target::Process(target))[0], &options());
    assert_eq!(finished.verdict, Verdict::Excluded);
    assert!(finished.reason.unwrap().contains("`disk`"));
}
