//! Events that no run had, but a run could have.

use crate::{
    combination::Coverage,
    conformance::Binding,
    runner::{
        Asked, BuildFinished, Compared, Event, Failure, Look, OfficialFinished, Place, RegisterKnown, RunStarted,
        ScenarioFinished, StatementKnown, StepTaken, ToolMissing, TranscriptKept, Variant, Verdict,
    },
    scenario::Differs,
};

fn started(combinations: &[&str]) -> Event {
    Event::RunStarted(RunStarted {
        version: "0.1.0".to_owned(),
        time: "2026-11-24T12:00:00Z".to_owned(),
        seed: 471_193,
        target: "example-registry".to_owned(),
        extensions: ["metrics", "scrub", "lint"].map(str::to_owned).into(),
        combinations: combinations.iter().map(|&name| name.to_owned()).collect(),
        coverage: vec![
            Coverage {
                strength: 2,
                covered: 12,
                of: 12,
            },
            Coverage {
                strength: 3,
                covered: 7,
                of: 8,
            },
        ],
        scenarios: 7,
    })
}

/// Three statements of the register: one that is checked, one that is not, one of a later version.
fn register() -> Event {
    let known = |id: &str, level: &str, binding, unchecked: Option<&str>| StatementKnown {
        id: id.to_owned(),
        level: level.to_owned(),
        binding,
        section: "Pushing blobs".to_owned(),
        text: format!("what {id} says holds"),
        state: if unchecked.is_some() { "exception" } else { "checked" }.to_owned(),
        unchecked: unchecked.map(str::to_owned),
    };
    Event::RegisterKnown(RegisterKnown {
        version: "1.1".to_owned(),
        level: Binding::May,
        statements: vec![
            known("PUSH-DIG-04", "SHOULD", Some(Binding::Should), None),
            known("ERR-07", "SHOULD", Some(Binding::Should), Some("nobody provokes it")),
            known("CANCEL-01", "SHOULD", None, None),
        ],
    })
}

fn built(combination: &str, duration_ms: u64, fresh: bool) -> Event {
    Event::BuildFinished(BuildFinished {
        combination: combination.to_owned(),
        duration_ms,
        size: Some(12_345_678),
        fresh,
        error: None,
    })
}

/// A run of a scenario of which nothing special is to be said.
pub(crate) fn run(combination: &str, scenario: &str, verdict: Verdict) -> ScenarioFinished {
    ScenarioFinished {
        combination: combination.to_owned(),
        scenario: scenario.to_owned(),
        path: format!("scenarios/{scenario}.yaml"),
        title: format!("{} does what it should", scenario.replace(['/', '-'], " ")),
        variant: Variant::On,
        row: None,
        other: None,
        statements: Vec::new(),
        broken: Vec::new(),
        evidence: Vec::new(),
        verdict,
        reason: None,
        checks: 11,
        requests: 4,
        duration_ms: 34,
        outcomes: Vec::new(),
        transcript: None,
        differs: None,
        failure: None,
    }
}

fn scenario(run: ScenarioFinished) -> Event {
    Event::ScenarioFinished(Box::new(run))
}

pub(super) fn refused(combination: &str, port: u16) -> ScenarioFinished {
    let mut run = run(combination, "conformance/push/digest", Verdict::Fail);
    run.title = "bytes <that> do not match their digest are refused".to_owned();
    run.row = Some("way=chunked".to_owned());
    run.statements = vec!["PUSH-DIG-04".to_owned()];
    run.broken.clone_from(&run.statements);
    run.duration_ms = 1234;
    let step = |line, text: &str, begin_us, took_us| StepTaken {
        line,
        text: text.to_owned(),
        client: None,
        begin_us,
        took_us,
    };
    run.failure = Some(Failure {
        code: "PLM1002".to_owned(),
        line: 9,
        column: 15,
        excerpt:
            "     8 |   - upload: { blob: bad }\n     9 |     expect: { status: 400 }\n       |               ^^^^^^\n"
                .to_owned(),
        message: format!("the status of 127.0.0.1:{port} differs"),
        expected: Some("400".to_owned()),
        actual: Some("201".to_owned()),
        note: Some("the digest is of other bytes".to_owned()),
        curl: Some(format!("curl --request PUT http://127.0.0.1:{port}/v2/x")),
        response: Some("201 Created\ncontent-length: 0\n\n".to_owned()),
        log: (1..=14)
            .map(|number| format!("{{\"level\":\"info\",\"line\":{number}}}"))
            .collect(),
        looks: vec![Look {
            times: 3,
            at_ms: 12,
            saw: "the status differs: 404".to_owned(),
        }],
        steps: vec![
            step(7, "generate: { bytes: 3, as: bad }", 90, Some(20)),
            step(8, "upload: { blob: bad }", 1_200, None),
        ],
        script: Some(format!(
            "target/plimsoll/logs/{combination}/conformance.push.digest.on.repro/repro.sh"
        )),
        again: format!("plimsoll run scenarios/conformance/push/digest.yaml --extensions {combination} --seed 471193"),
    });
    run
}

/// A run in which `answer` came.
fn answered(combination: &str, scenario: &str, answer: &str) -> [Event; 2] {
    let mut run = run(combination, scenario, Verdict::Pass);
    run.transcript = Some(answer.replace(' ', "-"));
    let asked = |line, request: &str, answer: &str| Asked {
        line,
        request: request.to_owned(),
        answer: answer.to_owned(),
    };
    let transcript = TranscriptKept {
        digest: answer.replace(' ', "-"),
        exchanges: vec![
            asked(3, "GET /v2/", "200\n\n{}"),
            asked(5, "HEAD /v2/a/manifests/b", answer),
        ],
    };
    [Event::Transcript(transcript), self::scenario(run)]
}

/// What repetitions said of two answers of `conformance/pull/head`.
pub(super) fn compared(usual: &str, other: &str, apart: bool) -> Event {
    Event::Compared(Compared {
        scenario: "conformance/pull/head".to_owned(),
        variant: Variant::On,
        row: None,
        usual: Some(usual.replace(' ', "-")),
        other: Some(other.replace(' ', "-")),
        builds: ["minimal".to_owned(), "scrub+lint".to_owned()],
        repetitions: if apart { 10 } else { 1 },
        apart: apart.then_some(Place { line: 5, nth: 0 }),
    })
}

/// Three builds, one of which answers otherwise.
pub(super) fn of_a_difference(differs: Option<&Differs>) -> Vec<Event> {
    let mut events = vec![started(&["minimal", "scrub", "scrub+lint"])];
    events.extend(answered("minimal", "conformance/pull/head", "200"));
    events.extend(answered("scrub", "conformance/pull/head", "200"));
    events.extend(answered("scrub+lint", "conformance/pull/head", "200\nwarning: 299"));
    for event in &mut events {
        if let Event::ScenarioFinished(run) = event {
            run.differs = differs.cloned();
        }
    }
    events.push(Event::RunFinished {
        duration_ms: 900,
        builds_ms: 500,
    });
    events
}

fn official(combination: &str, spec: &str, failed: &[&str], skipped: &[&str]) -> OfficialFinished {
    OfficialFinished {
        combination: combination.to_owned(),
        spec: spec.to_owned(),
        suite: "v0.0.0".to_owned(),
        passed: 721,
        failed: failed.iter().map(|&name| name.to_owned()).collect(),
        skipped: skipped.iter().map(|&name| name.to_owned()).collect(),
        error: None,
        duration_ms: 20_500,
    }
}

/// Four combinations, one of which does not build, with every verdict.
pub(super) fn of_everything() -> Vec<Event> {
    let mut events = vec![started(&["minimal", "scrub", "lint", "scrub+lint"]), register()];
    events.push(built("minimal", 61_000, false));
    events.push(built("scrub", 700, false));
    events.push(built("scrub+lint", 230, true));
    events.push(Event::BuildFinished(BuildFinished {
        combination: "lint".to_owned(),
        duration_ms: 0,
        size: None,
        fresh: false,
        error: Some("error[E0308]: mismatched types\n --> registry/src/main.rs:3:1".to_owned()),
    }));
    for (combination, port) in [("minimal", 40_001), ("scrub", 40_002), ("scrub+lint", 3)] {
        events.push(scenario(run(combination, "conformance/pull/blob", Verdict::Pass)));
        if combination == "minimal" {
            let mut passed = refused(combination, port);
            (passed.verdict, passed.failure) = (Verdict::Pass, None);
            events.push(scenario(passed));
        } else {
            events.push(scenario(refused(combination, port)));
        }
    }
    let mut absent = run("minimal", "extensions/lint/annotations", Verdict::Pass);
    absent.variant = Variant::Absent;
    events.push(scenario(absent));
    let mut off = run("scrub+lint", "extensions/lint/annotations", Verdict::Error);
    off.variant = Variant::Off;
    off.reason = Some("the server ended before it listened; lint says why".to_owned());
    events.push(scenario(off));
    events.push(scenario(run(
        "scrub+lint",
        "extensions/lint/annotations",
        Verdict::Pass,
    )));
    events.push(scenario(run("scrub+lint", "combinations/scrub-lint", Verdict::Pass)));
    for (verdict, reason) in [
        (Verdict::Unsupported, "line 4: the registry answers 405"),
        (Verdict::PreconditionFailed, "the image is not there"),
        (
            Verdict::Excluded,
            "has a step `file`: needs a server that the harness runs",
        ),
        (Verdict::NotReached, "the run was interrupted"),
    ] {
        let mut left = run("scrub", &format!("durability/{}", reason.len()), verdict);
        left.reason = Some(reason.to_owned());
        events.push(scenario(left));
    }
    events.push(Event::OfficialFinished(official(
        "minimal",
        "1.1",
        &[],
        &["tag-delete"],
    )));
    events.push(Event::OfficialFinished(official("minimal", "dev", &[], &[])));
    events.push(Event::OfficialFinished(official(
        "scrub",
        "1.1",
        &["sparse/push", "ping"],
        &[],
    )));
    let mut broken = official("scrub+lint", "1.1", &[], &[]);
    (broken.passed, broken.error) = (0, Some("the suite ended without results:\npanic".to_owned()));
    events.push(Event::OfficialFinished(broken));
    events.push(Event::ToolMissing(ToolMissing {
        tool: "Go".to_owned(),
        left_out: "the official OCI conformance suite".to_owned(),
        remedy: "install Go from https://go.dev/dl/".to_owned(),
    }));
    events.push(Event::RunFinished {
        duration_ms: 305_900,
        builds_ms: 63_400,
    });
    events
}

/// Two combinations in which everything passes.
pub(super) fn of_a_good_run() -> Vec<Event> {
    let mut absent = run("minimal", "extensions/scrub/repair", Verdict::Pass);
    absent.variant = Variant::Absent;
    vec![
        started(&["minimal", "scrub"]),
        built("minimal", 400, false),
        built("scrub", 230, true),
        scenario(run("minimal", "conformance/pull/blob", Verdict::Pass)),
        scenario(run("scrub", "conformance/pull/blob", Verdict::Pass)),
        scenario(absent),
        scenario(run("scrub", "extensions/scrub/repair", Verdict::Pass)),
        Event::RunFinished {
            duration_ms: 2_700,
            builds_ms: 630,
        },
    ]
}
