//! Steps that ask one registry, and what flow does with them.

use std::{net::SocketAddr, sync::Arc};

use super::{options, parsed, server::serve};
use crate::{
    combination::Combination,
    runner::{Event, Job, ScenarioFinished, Verdict, jobs, run_job, run_jobs},
    target::{Target, UrlTarget},
};

pub(super) fn plan(steps: &str, address: SocketAddr) -> Vec<Job> {
    let target = Target::Url(UrlTarget::open(&format!("http://{address}")).unwrap());
    jobs(&[parsed(steps)], &Combination::new(&[], []), &Arc::new(target))
}

fn run(steps: &str, address: SocketAddr) -> ScenarioFinished {
    run_job(&plan(steps, address)[0], &options())
}

/// Steps, and the verdict that they must have: `None` for a pass, or a part of the message of a failure.
const TABLE: &[(&str, Option<&str>)] = &[
    ("- get: /v2/", None),
    ("- get: /v2/nothing\n  expect: 404", None),
    ("- get: /v2/nothing", Some("the status differs")),
    ("- get: /v2/error\n  expect: { status: 400, error: NAME_INVALID }", None),
    (
        "- get: /v2/error\n  expect: { status: 400, error: NAME_UNKNOWN }",
        Some("the error code differs"),
    ),
    (
        "- get: /v2/json\n  expect: { status: 200, json: { $.count: 2, '$.tags[*]': [a, b], $.version: 1.20, $.none: absent } }",
        None,
    ),
    (
        "- get: /v2/json\n  expect: { status: 200, json: { $.version: 1.2 } }",
        Some("$.version of the body differs"),
    ),
    (
        "- get: /v2/json\n  expect: { status: 200, json: { $.tags: [b, a] } }",
        Some("$.tags of the body differs"),
    ),
    (
        "- get: /v2/json\n  expect: { status: 200, json: { $.nothing: absent } }",
        Some("is there"),
    ),
    (
        "- get: /v2/redirect\n  expect: { status: 200, json: { $.count: 2 } }",
        None,
    ),
    ("- get: /v2/redirect\n  expect: 307", None),
    ("- post: /v2/redirect\n  expect: 200", None),
    ("- post: /v2/redirect\n  expect: 307", None),
    ("- post: /v2/found\n  expect: 200", Some("the status differs")),
    ("- get: /v2/found\n  expect: 200", None),
    ("- get: /v2/close", Some("the registry gave no answer")),
    (
        "- get: /v2/echo\n  query: { n: [1, 'a b'] }\n  expect: { status: 200, body: '/^GET .v2.echo.n=1&n=a%20b\\n/' }",
        None,
    ),
    (
        "- put: /v2/echo\n  headers: { X-A: b }\n  body: hello\n  expect: { status: 200, body: { contains: [hello, 'x-a: \"b\"', 'content-length: \"5\"'] } }",
        None,
    ),
    (
        "- put: /v2/echo\n  body: hello\n  chunked: true\n  expect: { status: 200, body: { contains: [hello, 'transfer-encoding: \"chunked\"'], not: { contains: content-length } } }",
        None,
    ),
    (
        "- post: /v2/echo\n  expect: { status: 200, body: { contains: 'content-length: \"0\"' } }",
        None,
    ),
    (
        "- get: /v2/echo\n  headers: { User-Agent: null }\n  expect: { status: 200, body: { not: { contains: user-agent } } }",
        None,
    ),
    (
        "- put: /v2/echo\n  body: { base64: aGk= }\n  expect: { status: 200, body: { contains: hi } }",
        None,
    ),
    ("- get: /v2/echo/../echo\n  expect: 404", None),
    (
        "- get: /v2/nothing\n  expect: { one_of: [{ status: 200 }, { as: gone, status: 404 }] }",
        None,
    ),
    (
        "- get: /v2/nothing\n  expect: { one_of: [{ status: 200 }, { status: 410 }] }",
        Some("none of the admissible outcomes"),
    ),
    (
        "- get: /v2/json\n  capture: { tag: 'json.$.tags[0]', kept: body, sum: digest, code: status }\n- check: '{{ tag }} {{ kept.size }} {{ code }}'\n  expect: a 60 200",
        None,
    ),
    (
        "- get: /v2/json\n  capture: { x: header.Nothing }\n- check: '{{ x }}'\n  expect: present",
        Some("the answer has no header Nothing"),
    ),
    (
        "- pages: /v2/pages/1\n  items: $.tags[*]\n  as: all\n- check: '{{ all.items }}'\n  expect: [t1, t2, t3]\n- check: '{{ all.count }}'\n  expect: 3",
        None,
    ),
    (
        "- pages: /v2/pages/9\n  items: $.tags[*]\n  as: all\n  expect: 200",
        Some("the pages do not end"),
    ),
    (
        "- raw: |\n    GET /v2/json HTTP/1.1\n    Host: x\n  expect: { status: 200, json: { $.count: 2 } }\n  responses: at most 1",
        None,
    ),
    (
        "- raw: |\n    GET /v2/ HTTP/1.1\n    Host: x\n\n    GET /v2/ HTTP/1.1\n    Host: x\n    Connection: close\n\n  expect: 200\n  responses: at most 1",
        Some("there were more answers"),
    ),
    (
        "- raw: |\n    GET /v2/close HTTP/1.1\n    Host: x\n  expect: { one_of: [{ status: 400 }, closed] }",
        None,
    ),
    (
        "- raw: |\n    GET /v2/close HTTP/1.1\n    Host: x\n  expect: 200",
        Some("the connection ended without an answer"),
    ),
    (
        "- generate: { bytes: 3000, as: b }\n- upload: { blob: b }\n- get: '/v2/{{ repo }}/blobs/{{ b.digest }}'\n  expect: { status: 200, body: { content: b }, size: 3000, digest: '{{ b.digest }}' }",
        None,
    ),
    (
        "- generate: { bytes: 3000, as: b }\n- upload: { blob: b, way: chunked, chunk: 1000 }\n- pull: { blob: '{{ b.digest }}', from: '{{ repo }}', equals: b }",
        None,
    ),
    (
        "- generate: { bytes: 3001, as: b }\n- upload: { blob: b, way: chunked-last-in-put, chunk: 1000 }\n- pull: { blob: '{{ b.digest }}', from: '{{ repo }}', equals: b }",
        None,
    ),
    (
        "- generate: { bytes: 3000, as: b }\n- upload: { blob: b, way: streamed }\n- pull: { blob: '{{ b.digest }}', from: '{{ repo }}', equals: b }",
        None,
    ),
    (
        "- generate: { bytes: 3000, as: b }\n- upload: { blob: b, way: single-post, to: '{{ repo }}-single' }\n- pull: { blob: '{{ b.digest }}', from: '{{ repo }}-single', equals: b }",
        None,
    ),
    (
        "- generate: { bytes: 9, as: a }\n- generate: { bytes: 9, as: b }\n- upload: { blob: b, digest: '{{ a.digest }}' }\n  expect: { status: 400, error: DIGEST_INVALID }",
        None,
    ),
    (
        "- generate: { bytes: 9, as: a }\n- generate: { bytes: 9, as: b }\n- upload: { blob: b, digest: '{{ a.digest }}' }",
        Some("the status differs"),
    ),
    (
        "- push: { image: multi, to: '{{ repo }}:1', annotations: { a: b }, as: i }\n- pull: { from: '{{ repo }}:1', equals: i }\n- pull: { from: '{{ repo }}@{{ i.digest }}' }",
        None,
    ),
    (
        "- push: { image: plain, to: '{{ repo }}-rotten:1', as: i }\n- pull: { from: '{{ repo }}-rotten:1', equals: i }",
        Some("do not have the digest that was asked for"),
    ),
    (
        "- push: { image: plain, to: ':1' }\n- push: { image: artifact, to: ':2', as: other }\n- pull: { from: ':1', equals: other }",
        Some("the manifest has other bytes"),
    ),
    (
        "- generate: { text: '{}', as: c }\n- generate: { bytes: 9, as: l }\n- generate: { manifest: { config: c, layers: [l, { content: l, mediaType: a/b }] }, as: m }\n- push: { manifest: m, to: ':1' }\n- get: /v2/{{ repo }}/manifests/1\n  expect: { status: 200, json: { '$.layers[1].mediaType': a/b, '$.layers[0].digest': { digest_of: l }, $.config.size: 2 } }\n- pull: { from: ':1', equals: m }",
        None,
    ),
    (
        "- metric: { name: hits, labels: { repo: a }, path: /v2/metrics }\n  expect: 3",
        None,
    ),
    (
        "- metric: { name: hits, labels: { repo: a }, path: /v2/metrics }\n  expect: 4",
        Some("the metric hits differs"),
    ),
    (
        "- metric: { name: hits, labels: { repo: c }, path: /v2/metrics }\n  expect: absent",
        None,
    ),
    (
        "- metric: { name: hits, path: /v2/metrics }\n  expect: 3",
        Some("say more labels"),
    ),
    (
        "- set: { a: [1, 2] }\n- repeat: '{{ a }}'\n  as: i\n  do:\n    - check: '{{ i }}'\n      expect: { at_most: 2 }",
        None,
    ),
    (
        "- stream: { bytes: 200 KiB, chunk: 64 KiB, as: big }\n- check: '{{ big.size }}'\n  expect: 204800",
        None,
    ),
    (
        "- stream: { bytes: 100, to: '{{ repo }}-rotten' }",
        Some("what is served has another length"),
    ),
    (
        "- repeat: 3\n  as: i\n  do:\n    - check: '{{ i }}'\n      expect: { at_most: 1 }",
        Some("in round 2: the value is not what it has to be"),
    ),
    (
        "- set: { a: [] }\n- repeat: '{{ a }}'\n  as: i\n  do:\n    - get: /v2/",
        Some("nothing to repeat for"),
    ),
    (
        "- eventually:\n    get: /v2/count\n    expect: { status: 200, body: { at_least: 3 } }\n  every: 1ms",
        None,
    ),
    (
        "- eventually:\n    get: /v2/nothing\n    expect: 200\n  within: 20ms\n  every: 5ms",
        Some("not within 20ms"),
    ),
    (
        "- eventually:\n    get: /v2/nothing\n    expect: 200\n  abort_if:\n    get: /v2/json\n    expect: 200",
        Some("for `abort_if` holds"),
    ),
];

#[test]
fn every_step_passes_where_it_should_and_fails_where_it_should() {
    let address = serve();
    for (steps, wanted) in TABLE {
        let indented = steps.replace('\n', "\n  ");
        // The last step asserts something where the row itself only has what is implied.
        let finished = run(
            &format!("steps:\n  {indented}\n  - get: /v2/\n    expect: 200\n"),
            address,
        );
        let message = finished.failure.as_ref().map(|failure| failure.message.as_str());
        match wanted {
            None => {
                assert_eq!(finished.verdict, Verdict::Pass, "{steps}\n{:#?}", finished.failure);
                assert!(finished.checks > 0);
            }
            Some(part) => {
                assert_eq!(finished.verdict, Verdict::Fail, "{steps}\n{message:?}");
                assert!(
                    message.is_some_and(|message| message.contains(part)),
                    "{steps}\n{message:?}"
                );
            }
        }
    }
}

#[test]
fn a_failure_points_at_the_check_and_shows_how_to_see_it() {
    let finished = run(
        "steps:\n  - get: /v2/json\n    note: why it is asked\n    expect: { status: 200, json: { $.count: 3 } }\n",
        serve(),
    );
    let failure = finished.failure.unwrap();
    assert_eq!(
        (failure.line, failure.expected.as_deref(), failure.actual.as_deref()),
        (5, Some("3"), Some("2"))
    );
    assert!(
        failure.excerpt.contains("5 |     expect:") && failure.excerpt.contains('^'),
        "{}",
        failure.excerpt
    );
    assert!(failure.curl.unwrap().ends_with("/v2/json"));
    assert!(failure.response.unwrap().starts_with("200 OK\n"));
    assert_eq!(failure.note.as_deref(), Some("why it is asked"));
    assert!(
        failure
            .again
            .starts_with("plimsoll run truth.yaml --url http://127.0.0.1:")
    );
    assert_eq!((finished.requests, finished.checks), (1, 2));
}

#[test]
fn a_scenario_that_is_wrong_is_an_error_and_no_failure() {
    let address = serve();
    for steps in [
        "get: /v2/{{ repo.nothing.more }}",
        "upload: { blob: '{{ repo }}' }",
        "push: { image: nothing, to: ':1' }",
        "get: '{{ seed }}'",
    ] {
        let finished = run(
            &format!("steps:\n  - {steps}\n  - get: /v2/\n    expect: 200\n"),
            address,
        );
        assert_eq!(finished.verdict, Verdict::Error, "{steps}");
        assert!(finished.failure.is_some());
    }
}

#[test]
fn teardown_runs_after_a_failure_and_sees_what_was_captured() {
    let address = serve();
    let steps = "steps:\n  - set: { name: left }\n  - get: /v2/nothing\n    expect: 200\nteardown:\n  - put: /v2/{{ repo }}/manifests/{{ name }}\n    expect: 404\n";
    assert_eq!(run(steps, address).verdict, Verdict::Fail);
    let steps = "steps:\n  - get: /v2/\n    expect: 200\nteardown:\n  - get: /v2/nothing\n";
    let finished = run(steps, address);
    assert_eq!(finished.verdict, Verdict::Fail);
    assert!(
        finished
            .failure
            .unwrap()
            .message
            .starts_with("in teardown: the status differs")
    );
}

#[test]
fn what_the_registry_does_not_have_is_unsupported_and_ends_the_run() {
    let steps = "steps:\n  - get: /v2/nothing\n    expect: { status: 200, unsupported: [404] }\n  - get: /v2/error\n";
    let finished = run(steps, serve());
    assert_eq!(finished.verdict, Verdict::Unsupported);
    assert!(finished.reason.unwrap().contains("404"));
}

#[test]
fn a_registry_that_is_not_there_fails_and_does_not_hang() {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let finished = run("steps:\n  - get: /v2/\n    expect: 200\n", address);
    assert_eq!(finished.verdict, Verdict::Fail);
    assert!(finished.failure.unwrap().message.contains("the connection was refused"));
}

#[test]
fn what_needs_a_server_of_our_own_is_excluded_with_the_reason() {
    let address = serve();
    for steps in [
        "steps:\n  - layout: valid\n",
        "steps:\n  - get: /v2/\n    expect: 200\nteardown:\n  - restart: registry\n",
        "config: { a: b }\nsteps:\n  - get: /v2/\n    expect: 200\n",
        "requires: lint\nsteps:\n  - get: /v2/\n    expect: 200\nabsent:\n  steps:\n    - get: /v2/\n      expect: 200\n",
        "steps:\n  - eventually: { log: { message: x } }\n",
        "accounts: { owner: 'a:b', other: 'c:d' }\nsteps:\n  - get: /v2/\n    expect: 200\n",
    ] {
        let finished = run(steps, address);
        assert_eq!(finished.verdict, Verdict::Excluded, "{steps}");
        assert!(finished.reason.is_some());
    }
}

#[test]
fn a_run_that_was_ended_says_that_it_was_not_reached() {
    let address = serve();
    let options = options();
    options.cancel.cancel();
    let job = &plan("steps:\n  - get: /v2/\n    expect: 200\n", address)[0];
    assert_eq!(run_job(job, &options).verdict, Verdict::NotReached);
}

#[test]
fn many_jobs_run_side_by_side_and_each_is_told_once() {
    let address = serve();
    let rows: Vec<String> = (0..20).map(|row| format!("{{ row: {row} }}")).collect();
    let jobs = plan(
        &format!(
            "each: [{}]\nsteps:\n  - get: /v2/{{{{ row }}}}\n    expect: 404\n",
            rows.join(", ")
        ),
        address,
    );
    let (sender, receiver) = std::sync::mpsc::channel();
    run_jobs(jobs, std::num::NonZeroUsize::new(4).unwrap(), &options(), &sender).unwrap();
    drop(sender);
    let mut rows: Vec<String> = receiver
        .into_iter()
        .map(|event| match event {
            Event::ScenarioFinished(finished) => {
                assert_eq!(finished.verdict, Verdict::Pass);
                finished.row.unwrap()
            }
            other => panic!("{other:?}"),
        })
        .collect();
    rows.sort();
    rows.dedup();
    assert_eq!(rows.len(), 20);
}
