//! Scenarios with several servers.

use std::sync::Arc;

use super::{options, parsed, server};
use crate::{
    combination::Combination,
    runner::{Job, RunOptions, ScenarioFinished, Verdict, jobs, run_job},
    target::{Target, UrlTarget},
};

pub(super) fn plan(parts: &str, target: Target) -> Vec<Job> {
    jobs(&[parsed(parts)], &Combination::new(&[], []), &Arc::new(target))
}

pub(super) fn run(parts: &str) -> ScenarioFinished {
    run_with(parts, &options())
}

pub(super) fn run_with(parts: &str, options: &RunOptions) -> ScenarioFinished {
    let mut target = server::process();
    let minimal = target.binary.clone();
    target
        .companions
        .insert(Combination::new(&["x".to_owned()], ["x"]), minimal);
    run_job(&plan(parts, Target::Process(target))[0], options)
}

/// What is to hold of scenarios: `None` for a pass, or a part of the message of a failure.
pub(super) fn hold(table: &[(&str, Option<&str>)]) {
    for (parts, wanted) in table {
        let finished = run(parts);
        let message = finished.failure.as_ref().map(|failure| failure.message.as_str());
        match wanted {
            None => assert_eq!(finished.verdict, Verdict::Pass, "{parts}\n{:#?}", finished.failure),
            Some(part) => {
                assert_eq!(finished.verdict, Verdict::Fail, "{parts}\n{message:?}");
                assert!(
                    message.is_some_and(|message| message.contains(part)),
                    "{parts}\n{message:?}"
                );
            }
        }
    }
}

#[test]
fn steps_reach_the_server_that_they_name() {
    hold(&[
        (
            "servers: { one: {}, two: {} }\nsteps:\n  - push: { image: plain, to: 'one/app:1', as: i }\n  - pull: { from: 'one/app:1', equals: i }\n  - get: two/v2/app/manifests/1\n    expect: 404\n",
            None,
        ),
        (
            "servers: { one: {}, two: {} }\nsteps:\n  - push: { image: plain, to: 'one/app:1' }\n  - pull: { from: 'two/app:1' }\n",
            Some("cannot be pulled"),
        ),
        (
            "servers: { registry: {}, two: {} }\nsteps:\n  - generate: { bytes: 9, as: b }\n  - upload: { blob: b }\n  - pull: { blob: '{{ b.digest }}', equals: b }\n  - pull: { blob: '{{ b.digest }}', from: 'registry/{{ repo }}', equals: b }\n  - head: 'two/v2/{{ repo }}/blobs/{{ b.digest }}'\n    expect: 404\n",
            None,
        ),
        (
            "servers: { one: {}, two: {} }\nsteps:\n  - get: '{{ two.url }}/v2/config'\n    expect: { status: 200, json: { $.keep: '{{ two.root }}' } }\n",
            None,
        ),
        (
            "servers: { one: {}, two: {} }\nsteps:\n  - log: { of: two, message: listening }\n    times: 1\n  - restart: two\n  - log: { of: two, message: listening }\n    times: 2\n  - log: { of: one, message: listening }\n    times: 1\n",
            None,
        ),
        (
            "servers: { one: {}, two: {} }\nsteps:\n  - write: one/x\n    content: y\n  - file: one/x\n    expect: present\n  - file: two/x\n    expect: present\n",
            Some("two/x is not there"),
        ),
        (
            "servers: { one: {}, two: {} }\nsteps:\n  - raw: |\n      GET /v2/config HTTP/1.1\n      Host: x\n    of: two\n    expect: { status: 200, json: { $.keep: '{{ two.root }}' } }\n",
            None,
        ),
    ]);
}

#[test]
fn a_configuration_names_the_address_of_another_in_whatever_order_they_stand() {
    hold(&[(
        "servers:\n  mirror: { config: { of: '{{ upstream.url }}', at: '{{ late.root }}' } }\n  upstream: {}\n  late: { config: { of: '{{ mirror.authority }}' } }\nsteps:\n  - get: mirror/v2/config\n    expect: { status: 200, json: { $.of: '{{ upstream.url }}', $.at: '{{ late.root }}' } }\n  - get: late/v2/config\n    expect: { status: 200, json: { $.of: '{{ mirror.authority }}' } }\n",
        None,
    )]);
}

#[test]
fn two_servers_share_a_root() {
    let shared = "servers: { second: { root: first }, first: {} }\nsteps:\n  - push: { image: plain, to: 'first/app:1' }\n  - restart: second\n  - pull: { from: 'second/app:1' }\n";
    let apart = shared.replace("{ root: first }", "{}");
    hold(&[(shared, None), (&apart, Some("cannot be pulled"))]);
}

#[test]
fn another_build_is_the_one_that_is_named_or_a_precondition_that_fails() {
    let parts = "servers: { one: { combination: x } }\nsteps:\n  - get: one/v2/\n    expect: 200\n";
    assert_eq!(run(parts).verdict, Verdict::Pass);
    let parts = "steps:\n  - restart: registry\n    combination: y\n  - get: /v2/\n    expect: 200\n";
    let finished = run(parts);
    assert_eq!(finished.verdict, Verdict::PreconditionFailed);
    assert!(finished.reason.unwrap().contains("needs the build `y`"));
}

#[test]
fn the_off_script_has_the_same_servers_with_its_own_configuration() {
    let parts = "requires: not x\nservers: { one: { config: { a: 1, b: 2 } } }\nsteps:\n  - get: one/v2/config\n    expect: { status: 200, json: { $.a: 1 } }\noff:\n  config: { one: { a: null } }\n  steps:\n    - get: one/v2/config\n      expect: { status: 200, json: { $.a: absent, $.b: 2 } }\n";
    let jobs = plan(parts, Target::Process(server::process()));
    assert_eq!(jobs.len(), 2);
    for job in &jobs {
        let finished = run_job(job, &options());
        assert_eq!(finished.verdict, Verdict::Pass, "{:#?}", finished.failure);
    }
}

#[test]
fn several_servers_are_excluded_at_a_url() {
    let url = Target::Url(UrlTarget::open(&format!("http://{}", server::serve())).unwrap());
    let parts = "servers: { one: {} }\nsteps:\n  - get: one/v2/\n    expect: 200\n";
    let finished = run_job(&plan(parts, url)[0], &options());
    assert_eq!(finished.verdict, Verdict::Excluded);
    assert!(finished.reason.unwrap().contains("has several servers"));
}
