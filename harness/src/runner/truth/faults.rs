//! Clients side by side, servers that are killed or paused, and what was acknowledged before.

use std::{fs, net::TcpListener, path::Path};

use super::{
    options,
    topology::{hold, run, run_with},
};
use crate::runner::{RunOptions, Verdict};

#[test]
fn clients_do_their_steps_side_by_side_and_each_is_awaited() {
    hold(&[
        (
            "steps:\n  - clients: 20\n    do:\n      - push: { image: 1 layer of 2 KiB, to: 'r{{ client }}:{{ n }}', as: i }\n      - pull: { from: 'r{{ client }}:0', equals: i }\n  - get: /v2/r19/manifests/0\n    expect: 200\n  - get: /v2/r20/manifests/0\n    expect: 404\n",
            None,
        ),
        (
            "steps:\n  - clients: 9\n    do:\n      - check: '{{ client }}'\n        expect: { at_most: 6 }\n",
            Some("client 7 of 9 (and 1 more): the value is not what it has to be"),
        ),
        (
            "steps:\n  - set: { n: outer }\n  - clients: '{{ 1 + 1 }}'\n    do:\n      - set: { mine: '{{ client }}' }\n      - check: '{{ mine }}'\n        expect: { equals: '{{ client }}' }\n  - check: '{{ n }}'\n    expect: outer\n",
            None,
        ),
    ]);
}

#[test]
fn clients_wait_side_by_side() {
    let finished = run(
        "servers: { registry: {}, slow: { proxy: registry, delay: 200ms } }\nsteps:\n  - clients: 30\n    do:\n      - get: slow/v2/\n        expect: 200\n  - requests: { to: slow, count: 30 }\n",
    );
    assert_eq!(finished.verdict, Verdict::Pass, "{:#?}", finished.failure);
    assert!((200..2000).contains(&finished.duration_ms), "{}", finished.duration_ms);
    assert!(finished.requests >= 30);
}

/// Clients that push and delete until the server is killed, which is started again.
const KILLED: &str = "steps:\n  - clients: 4\n    until: killed\n    do:\n      - push: { image: random 1 to 3 layers of up to 8 KiB, to: 'r{{ client }}/app:t{{ n }}' }\n      - sometimes: { delete: { tag: 'r{{ client }}/app:t{{ n - 1 }}' } }\n  - kill: { server: registry, signal: KILL, after: random 0 to 60 ms }\n  - start: registry\n  - acknowledged: intact\n";

#[test]
fn what_was_acknowledged_is_looked_for_after_a_kill() {
    hold(&[(KILLED, None)]);
    let forgetful = format!("config: {{ keep: null }}\n{KILLED}");
    hold(&[(&forgetful, Some("things that were acknowledged are not intact"))]);
}

#[test]
fn what_was_deleted_and_is_there_again_is_no_less_a_loss() {
    let steps = "steps:\n  - push: { image: plain, to: 'a:1', as: i }\n  - kill: registry\n  - start: registry\n  - acknowledged: intact\n";
    hold(&[(steps, None)]);
    // A deletion that is lost: the tag is back.
    let back = "steps:\n  - push: { image: plain, to: 'a:1', as: i }\n  - delete: { tag: 'a:1' }\n  - raw: |-\n      PUT /v2/a/manifests/1 HTTP/1.1\n      Host: x\n      Content-Length: 2\n      Connection: close\n\n      {}\n    expect: 201\n  - acknowledged: intact\n";
    hold(&[(back, Some("are not intact"))]);
    let damaged =
        "steps:\n  - generate: { bytes: 9, as: b }\n  - upload: { blob: b, to: a-rotten }\n  - acknowledged: intact\n";
    hold(&[(damaged, Some("are not intact"))]);
}

#[test]
fn clients_that_fail_before_the_kill_fail_the_run() {
    let finished = run(
        "steps:\n  - clients: 2\n    until: killed\n    do:\n      - get: /v2/nothing\n        expect: { one_of: [{ status: 200 }, { status: 500 }] }\n  - kill: registry\n  - start: registry\n",
    );
    assert_eq!(finished.verdict, Verdict::Fail);
    assert!(
        finished
            .failure
            .unwrap()
            .message
            .starts_with("client 0 of 2 (and 1 more):")
    );
}

#[test]
fn a_paused_server_answers_when_it_goes_on_and_can_be_ended() {
    hold(&[
        (
            "steps:\n  - pause: registry\n  - resume: registry\n  - get: /v2/\n    expect: 200\n  - pause: registry\n",
            None,
        ),
        (
            "steps:\n  - kill: { server: registry, signal: TERM }\n  - get: /v2/\n    expect: 200\n",
            Some("the connection was refused"),
        ),
    ]);
}

#[test]
fn no_server_client_or_proxy_outlives_a_run_that_is_ended_early() {
    let told = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let logs = tempfile::tempdir().unwrap();
    let options = RunOptions {
        logs: Some(logs.path().to_owned()),
        ..options()
    };
    let parts = format!(
        "servers: {{ registry: {{}}, slow: {{ proxy: registry, hang: true }} }}\nsteps:\n  - clients: 3\n    until: killed\n    do:\n      - get: /v2/\n        expect: 200\n  - clients: 2\n    do:\n      - get: http://{}/\n      - get: slow/v2/\n  - kill: registry\n",
        told.local_addr().unwrap()
    );
    let cancel = options.cancel.clone();
    let ending = std::thread::spawn(move || {
        // One client tells that all is under way, and is answered when the run is over.
        let (connection, _) = told.accept().unwrap();
        cancel.cancel();
        connection
    });
    let finished = run_with(&parts, &options);
    assert_eq!(finished.verdict, Verdict::NotReached);
    drop(ending.join().unwrap());
    let log = fs::read_dir(logs.path().join("minimal"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap();
    let log = fs::read_to_string(log.path()).unwrap();
    let process = log
        .split("\"process\":")
        .nth(1)
        .unwrap()
        .split(['}', ','])
        .next()
        .unwrap();
    assert!(!Path::new("/proc").join(process).exists(), "{process}");
}
