//! What becomes of a run in which something does not hold that binds less, or that came later.

use super::{
    super::{Bar, ScenarioFinished, Verdict, run_job},
    options,
    server::serve,
    table::plan,
};
use crate::conformance::{Binding, Version};

fn run(parts: &str, level: Binding, version: Version) -> ScenarioFinished {
    let mut options = options();
    options.bar = Bar { level, version };
    run_job(&plan(parts, serve())[0], &options)
}

/// The middle step fails, and says that it is about a SHOULD of the version that is not released.
fn soft(last: u16) -> String {
    format!(
        "spec: [PUSH-DIG-04, PULL-BLOB-05]\nsteps:\n  - get: /v2/json\n    expect: 200\n  - get: /v2/json\n    spec: \
         PUSH-DIG-04\n    expect: 400\n  - get: /v2/nothing\n    expect: {last}\n"
    )
}

#[test]
fn a_step_about_what_binds_less_warns_and_the_run_goes_on() {
    let finished = run(&soft(404), Binding::Must, Version::Dev);
    assert_eq!(finished.verdict, Verdict::Warn);
    assert_eq!(finished.broken, ["PUSH-DIG-04"]);
    assert_eq!(finished.failure.unwrap().line, 8);
    // What comes after it is looked at, and counts as what it is.
    let finished = run(&soft(200), Binding::Must, Version::Dev);
    assert_eq!(finished.verdict, Verdict::Fail);
    assert_eq!(finished.broken, ["PULL-BLOB-05", "PUSH-DIG-04"]);
    assert_eq!(finished.failure.unwrap().line, 10);
}

#[test]
fn it_fails_where_the_run_asks_for_it() {
    for level in [Binding::Should, Binding::May] {
        let finished = run(&soft(404), level, Version::Dev);
        assert_eq!(finished.verdict, Verdict::Fail);
        assert_eq!(finished.broken, ["PUSH-DIG-04"]);
    }
}

#[test]
fn what_came_later_is_no_fault() {
    let finished = run(&soft(404), Binding::May, Version::V1_1);
    assert_eq!(finished.verdict, Verdict::Pass);
    assert!(finished.broken.is_empty());
    let unnamed = "spec: [PUSH-DIG-04]\nsteps:\n  - get: /v2/json\n    expect: 400\n";
    let finished = run(unnamed, Binding::May, Version::V1_1);
    assert_eq!(finished.verdict, Verdict::Excluded);
    assert!(finished.reason.unwrap().contains("PUSH-DIG-04"));
}

#[test]
fn a_step_within_a_repeat_is_about_what_the_repeat_says() {
    let parts = "spec: [PUSH-DIG-04, PULL-BLOB-05]\nsteps:\n  - repeat: 2\n    spec: PUSH-DIG-04\n    do:\n      - get: \
                 /v2/json\n        expect: 400\n  - get: /v2/nothing\n    expect: 404\n";
    let finished = run(parts, Binding::Must, Version::Dev);
    assert_eq!(
        (finished.verdict, &finished.broken[..]),
        (Verdict::Warn, &["PUSH-DIG-04".to_owned()][..])
    );
}

#[test]
fn what_a_step_looks_at_may_be_about_different_statements() {
    let parts = |status: u16, header: &str| {
        format!(
            "spec: [PUSH-POST-01, CANCEL-01]\nsteps:\n  - get: /v2/json\n    expect: {{ status: {status}, headers: {{ {header}: \
             present }} }}\n    spec: {{ status: PUSH-POST-01, {header}: CANCEL-01 }}\n"
        )
    };
    let judge = |text: &str| {
        let finished = run(text, Binding::Must, Version::Dev);
        (finished.verdict, finished.broken)
    };
    assert_eq!(judge(&parts(200, "Content-Length")), (Verdict::Pass, vec![]));
    assert_eq!(
        judge(&parts(200, "X-Not-There")),
        (Verdict::Warn, vec!["CANCEL-01".to_owned()])
    );
    assert_eq!(
        judge(&parts(201, "Content-Length")),
        (Verdict::Fail, vec!["PUSH-POST-01".to_owned()])
    );
}
