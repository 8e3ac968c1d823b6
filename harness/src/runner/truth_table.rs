//! Scenarios with verdicts that were derived by hand, through the real engine, against a server that misbehaves on demand.

use std::{
    collections::HashMap,
    net::SocketAddr,
    path::Path,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{Job, RunOptions, ScenarioFinished, Verdict, jobs, run_job};
use crate::{
    combination::Combination,
    scenario::{Vocabulary, parse},
    target::{Target, UrlTarget},
};

type Store = Arc<Mutex<HashMap<String, Bytes>>>;

/// A server that keeps what is put and does some things wrong, by path.
async fn answer(request: Request<Incoming>, store: Store) -> Result<Response<Full<Bytes>>, std::io::Error> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(std::io::Error::other)?.to_bytes();
    let path = head.uri.path().to_owned();
    let text = |status: u16, text: String| {
        Response::builder()
            .status(status)
            .body(Full::from(text))
            .map_err(std::io::Error::other)
    };
    if path == "/v2/close" {
        return Err(std::io::Error::other("closed on demand"));
    }
    if path == "/v2/echo" {
        let headers: Vec<String> = head
            .headers
            .iter()
            .map(|(name, value)| format!("{name}: {value:?}"))
            .collect();
        return text(
            200,
            format!(
                "{} {}\n{}\n\n{}",
                head.method,
                head.uri,
                headers.join("\n"),
                String::from_utf8_lossy(&body)
            ),
        );
    }
    if path == "/v2/error" {
        return text(400, r#"{"errors":[{"code":"NAME_INVALID","message":"no"}]}"#.to_owned());
    }
    if path == "/v2/json" {
        return text(
            200,
            r#"{"tags":["a","b"],"count":2,"nothing":null,"version":"1.20"}"#.to_owned(),
        );
    }
    if path == "/v2/redirect" {
        return Response::builder()
            .status(307)
            .header("location", "/v2/json")
            .body(Full::default())
            .map_err(std::io::Error::other);
    }
    if path == "/v2/metrics" {
        return text(
            200,
            "# TYPE hits counter\nhits{repo=\"a\",code=\"200\"} 3\nhits{repo=\"b\"} 4\nup 1\n".to_owned(),
        );
    }
    if path == "/v2/count" {
        let mut store = store.lock().unwrap();
        let count = store.entry("count".to_owned()).or_default();
        *count = Bytes::from([count.as_ref(), b"x"].concat());
        return text(200, count.len().to_string());
    }
    if let Some(page) = path.strip_prefix("/v2/pages/") {
        let page: usize = page.parse().unwrap_or_default();
        let mut response = Response::builder().status(200);
        if page < 3 {
            response = response.header("link", format!("</v2/pages/{}>; rel=\"next\"", page + 1));
        } else if page == 9 {
            response = response.header("link", "</v2/pages/9>; rel=\"next\"");
        }
        return response
            .body(Full::from(format!(r#"{{"tags":["t{page}"]}}"#)))
            .map_err(std::io::Error::other);
    }
    registry(&head, &path, body, &store)
}

/// As much of a registry as pushing and pulling needs. A repository with `rotten` in its name serves other bytes.
fn registry(
    head: &http::request::Parts,
    path: &str,
    body: Bytes,
    store: &Store,
) -> Result<Response<Full<Bytes>>, std::io::Error> {
    let query = head.uri.query().unwrap_or_default();
    let digest = query.split('&').find_map(|pair| pair.strip_prefix("digest="));
    let mut store = store.lock().unwrap();
    let respond = |status: u16, headers: &[(&str, String)], body: Bytes| {
        let builder = headers
            .iter()
            .fold(Response::builder().status(status), |builder, (name, value)| {
                builder.header(*name, value)
            });
        builder.body(Full::new(body)).map_err(std::io::Error::other)
    };
    let session = path.split_once("/blobs/uploads/");
    match (head.method.as_str(), session, digest) {
        ("POST", Some((repository, _)), Some(_)) if repository.contains("single") => respond(
            202,
            &[("location", format!("{repository}/blobs/uploads/7?a=b"))],
            Bytes::new(),
        ),
        ("POST", Some((repository, _)), None) => respond(
            202,
            &[("location", format!("{repository}/blobs/uploads/7?a=b"))],
            Bytes::new(),
        ),
        ("PATCH", Some(_), _) => {
            let chunk = [store.remove(path).unwrap_or_default(), body].concat();
            let range = head.headers.get("content-range").map(|value| format!("{value:?}"));
            store.insert(format!("{path} ranges"), range.unwrap_or_default().into());
            store.insert(path.to_owned(), chunk.into());
            respond(202, &[("location", path.to_owned())], Bytes::new())
        }
        ("PUT" | "POST", Some((repository, _)), Some(digest)) => {
            let bytes = Bytes::from([store.remove(path).unwrap_or_default(), body].concat());
            if crate::template::Algorithm::Sha256.digest(&bytes) != digest {
                return respond(
                    400,
                    &[],
                    Bytes::from_static(br#"{"errors":[{"code":"DIGEST_INVALID"}]}"#),
                );
            }
            store.insert(format!("{repository}/blobs/{digest}"), bytes);
            respond(201, &[], Bytes::new())
        }
        ("PUT", None, _) => {
            let digest = crate::template::Algorithm::Sha256.digest(&body);
            if let Some((repository, _)) = path.split_once("/manifests/") {
                store.insert(format!("{repository}/manifests/{digest}"), body.clone());
            }
            store.insert(path.to_owned(), body);
            respond(201, &[("docker-content-digest", digest)], Bytes::new())
        }
        (_, _, _) if path == "/v2/" => respond(200, &[], Bytes::new()),
        (_, _, _) => match store.get(path) {
            Some(bytes) if path.contains("rotten") && path.contains("/blobs/") => {
                respond(200, &[], [bytes.as_ref(), b"!"].concat().into())
            }
            Some(bytes) => respond(200, &[], bytes.clone()),
            None => respond(404, &[], Bytes::new()),
        },
    }
}

/// Starts the server on a thread of its own; it ends with the test's process.
fn serve() -> SocketAddr {
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async move {
            let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
            sender.send(listener.local_addr().unwrap()).unwrap();
            let store = Store::default();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let store = Arc::clone(&store);
                tokio::spawn(async move {
                    let service = service_fn(|request| answer(request, Arc::clone(&store)));
                    let _ = hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
            }
        });
    });
    receiver.recv().unwrap()
}

fn options() -> RunOptions {
    RunOptions {
        seed: 7,
        project_root: Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).to_owned(),
        logs: None,
        cancel: CancellationToken::new(),
    }
}

fn plan(steps: &str, address: SocketAddr) -> Vec<Job> {
    let source = format!("scenario: a truth\n{steps}");
    let vocabulary = Vocabulary {
        extensions: None,
        statements: None,
    };
    let scenario = parse("truth", Path::new("truth.yaml"), &source, &vocabulary)
        .unwrap_or_else(|error| panic!("{source}\n{error:?}"));
    let target = Target::Url(UrlTarget {
        url: format!("http://{address}"),
        extensions_known: false,
    });
    jobs(&[Arc::new(scenario)], &Combination::new(&[], []), &Arc::new(target))
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
    ("- post: /v2/redirect\n  expect: 200", Some("the status differs")),
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
    super::run_jobs(jobs, std::num::NonZeroUsize::new(4).unwrap(), &options(), &sender).unwrap();
    drop(sender);
    let mut rows: Vec<String> = receiver
        .into_iter()
        .map(|event| match event {
            super::Event::ScenarioFinished(finished) => {
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
