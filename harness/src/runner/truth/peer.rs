//! Proxies and scripts: each thing that they do, seen from the other side.

use super::topology::{hold, run};
use crate::runner::Verdict;

/// A proxy that behaves like this, a blob of 100,000 bytes behind it, and steps.
fn proxied(behaviour: &str, steps: &str) -> String {
    let steps = steps.replace('\n', "\n  ");
    format!(
        "servers: {{ registry: {{}}, slow: {{ proxy: registry{behaviour} }} }}\nsteps:\n  - generate: {{ bytes: 100000, as: b }}\n  - upload: {{ blob: b, to: app }}\n  {steps}\n"
    )
}

#[test]
fn a_proxy_passes_on_and_records() {
    let passed = "- push: { image: multi, to: 'slow/other:1', as: i }\n- pull: { from: 'registry/other:1', equals: i }\n- pull: { from: 'slow/other:1', equals: i }\n";
    let asked = "- get: slow/v2/app/blobs/{{ b.digest }}\n  headers: { Authorization: secret }\n- get: slow/v2/json\n- get: slow/v2/json\n";
    let table = [
        (format!("{passed}- requests: {{ to: slow, method: PUT, path: /manifests.1$/, count: 1 }}"), None),
        (format!("{asked}- requests: {{ to: slow, path: /blobs/, each_path: at most 1 }}"), None),
        (format!("{asked}- requests: {{ to: slow, path: /v2/json, count: 2 }}"), None),
        (
            format!("{asked}- requests: {{ to: slow, path: /v2/json, each_path: at most 1 }}"),
            Some("the number of requests for /v2/json"),
        ),
        (
            format!("{asked}- requests: {{ to: slow, method: GET, count: below 3 }}"),
            Some("the number of such requests"),
        ),
        (
            format!("{asked}- requests: {{ to: slow, method: PUT, each_path: at most 1 }}"),
            Some("was asked nothing like this"),
        ),
        (
            format!("{asked}- requests: {{ to: slow, path: /json/, headers: {{ Authorization: absent }} }}"),
            None,
        ),
        (
            format!("{asked}- requests: {{ to: slow, headers: {{ Authorization: absent }} }}"),
            Some("the header Authorization of GET /v2/app/blobs/"),
        ),
        (
            "- get: slow/v2/json\n  auth: 'a:b'\n- requests: { to: slow, headers: { Authorization: Basic YTpi } }".to_owned(),
            None,
        ),
        (
            "- get: slow/v2/json\n  auth: 'a:b'\n  headers: { Authorization: own }\n- get: slow/v2/json\n- requests: { to: slow, headers: { Authorization: Basic YTpi } }".to_owned(),
            Some("the header Authorization of GET /v2/json"),
        ),
        (
            "- pull: { blob: '{{ b.digest }}', from: slow/app, equals: b }\n  auth: 'a:b'\n- requests: { to: slow, headers: { Authorization: present } }".to_owned(),
            None,
        ),
        (
            "- requests: { to: slow, count: 0 }\n- restart: registry\n- pull: { blob: '{{ b.digest }}', from: slow/app, equals: b }".to_owned(),
            None,
        ),
    ];
    for (steps, wanted) in &table {
        hold(&[(&proxied("", steps), *wanted)]);
    }
}

#[test]
fn each_misbehaviour_is_seen() {
    let pull = "- pull: { blob: '{{ b.digest }}', from: slow/app, equals: b }";
    let get = "- get: slow/v2/app/blobs/{{ b.digest }}";
    let table = [
        ("", pull.to_owned(), None),
        (", corrupt: 99999", pull.to_owned(), Some("do not have the digest that was asked for")),
        (", truncate: 5000", format!("{get}\n  expect: {{ status: 200, size: 5000, headers: {{ Content-Length: 5000 }} }}"), None),
        (", cut: 5000", pull.to_owned(), Some("the connection ended before the answer was whole")),
        (", cut: 0", pull.to_owned(), Some("the connection ended before the answer was whole")),
        (
            ", answer: { status: 429, headers: { Retry-After: 1 }, body: wait }",
            format!("{get}\n  expect: {{ status: 429, headers: {{ Retry-After: 1 }}, body: wait }}"),
            None,
        ),
        (", answer: 503", pull.to_owned(), Some("cannot be pulled")),
        (
            ", redirect: '{{ registry.url }}/v2/json'",
            format!("{get}\n  expect: {{ status: 200, json: {{ $.count: 2 }} }}"),
            None,
        ),
        (
            ", headers: { Docker-Content-Digest: 'sha256:00', Content-Type: null }",
            format!("{get}\n  expect: {{ status: 200, headers: {{ Docker-Content-Digest: 'sha256:00', Content-Type: absent }} }}"),
            None,
        ),
        (", pages: endless", "- pages: slow/v2/pages/1\n  items: $.tags[*]\n  as: all\n  expect: { status: 200, headers: { Link: absent } }".to_owned(), Some("the header Link")),
        (
            ", rules: [{ method: GET, path: /blobs/, times: 1, answer: 500 }]",
            format!("{get}\n  expect: 500\n{pull}"),
            None,
        ),
        (
            ", rules: [{ path: /v2/json, answer: 404 }], body: 10 MiB/s",
            format!("- get: slow/v2/json\n  expect: 404\n{pull}"),
            None,
        ),
    ];
    for (behaviour, steps, wanted) in &table {
        hold(&[(&proxied(behaviour, steps), *wanted)]);
    }
}

#[test]
fn a_slow_body_takes_its_time_and_a_delay_too() {
    let took = |behaviour: &str| {
        let finished = run(&proxied(
            behaviour,
            "- pull: { blob: '{{ b.digest }}', from: slow/app, equals: b }",
        ));
        assert_eq!(finished.verdict, Verdict::Pass);
        finished.duration_ms
    };
    assert!(took(", body: 500 KiB/s") >= 190);
    assert!(took(", delay: 200ms") >= 200);
}

#[test]
fn a_script_answers_by_its_rules_alone() {
    let script = "servers:\n  made_up:\n    script:\n      - { method: GET, path: { equals: /v2/ }, answer: { body: '{}' } }\n      - { path: /tags/, answer: { headers: { Content-Type: application/json }, body: { json: { tags: [a] } } }, pages: endless }\nsteps:\n";
    hold(&[
        (
            &format!(
                "{script}  - get: made_up/v2/\n    expect: {{ status: 200, body: '{{}}' }}\n  - get: made_up/v2/x\n    expect: 404\n"
            ),
            None,
        ),
        (
            &format!(
                "{script}  - get: made_up/v2/app/tags/list\n    capture: {{ one: link.next }}\n    expect: {{ status: 200, json: {{ $.tags: [a] }} }}\n  - get: made_up{{{{ one }}}}\n    expect: {{ status: 200, headers: {{ Link: {{ not: {{ contains: '{{{{ one }}}}' }} }} }} }}\n"
            ),
            None,
        ),
        (
            &format!(
                "{script}  - generate: {{ text: later, as: later }}\n  - behave: made_up\n    rules: [{{ path: '/v2/{{{{ repo }}}}', answer: {{ body: '{{{{ later }}}}' }} }}]\n  - get: made_up/v2/{{{{ repo }}}}\n    expect: {{ status: 200, body: later }}\n  - get: made_up/v2/\n    expect: 404\n"
            ),
            None,
        ),
    ]);
}
