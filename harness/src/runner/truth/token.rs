//! Tokens: which service is asked for one, with what, and what comes of it.

use super::topology::{hold, run};
use crate::runner::Verdict;

/// A registry that names a token service of its own with this challenge; the service gives this answer.
fn registry(challenge: &str, answer: &str, steps: &str) -> String {
    format!(
        "servers:\n  made_up:\n    script:\n      - {{ path: {{ equals: /tokens }}, answer: {answer} }}\n      - {{ path: {{ equals: \
         /v2/a }}, answer: {{ status: 401, headers: {{ WWW-Authenticate: '{challenge}' }} }} }}\nsteps:\n{steps}"
    )
}

const CHALLENGE: &str = r#"Bearer realm="/tokens",service="s",scope="repository:a:pull""#;
const GIVEN: &str = r#"{ body: { json: { access_token: "opaque" } } }"#;

#[test]
fn the_service_is_asked_with_the_credentials_and_the_registry_is_not() {
    let asked = "  - token: made_up/v2/a\n    scope: ['repository:a:pull,push', 'registry:catalog:*']\n    auth: 'a:b'\n    as: token\n  - check: '{{ token }}'\n    expect: opaque\n";
    let of_service =
        "  - requests: { to: made_up, path: { equals: /tokens }, count: 1, headers: { Authorization: Basic YTpi } }\n";
    let of_registry =
        "  - requests: { to: made_up, path: { equals: /v2/a }, count: 1, headers: { Authorization: absent } }\n";
    hold(&[
        (
            &registry(CHALLENGE, GIVEN, &format!("{asked}{of_service}{of_registry}")),
            None,
        ),
        (
            &registry(
                CHALLENGE,
                GIVEN,
                &format!("{asked}{}", of_service.replace("YTpi", "other")),
            ),
            Some("the header Authorization of GET /tokens"),
        ),
        (&registry(CHALLENGE, "403", asked), Some("the status differs")),
        (
            &registry(
                CHALLENGE,
                "403",
                &asked
                    .replace("as: token", "as: token\n    expect: 403")
                    .replace("opaque", "''"),
            ),
            None,
        ),
    ]);
}

#[test]
fn a_token_may_be_shown_for_another() {
    let steps = "  - token: made_up/v2/a\n    scope: 'repository:a:pull'\n    headers: { Authorization: Bearer old }\n    as: token\n    expect: { status: 200, json: { $.access_token: opaque } }\n    capture: { again: json.$.access_token }\n  - check: '{{ again }}'\n    expect: opaque\n  - requests: { to: made_up, path: { equals: /tokens }, headers: { Authorization: Bearer old } }\n";
    hold(&[(&registry(CHALLENGE, GIVEN, steps), None)]);
}

#[test]
fn a_registry_that_names_no_service_does_not_have_tokens() {
    let steps = "  - token: made_up/v2/a\n    scope: 'repository:a:pull'\n    as: token\n    expect: 200\n";
    let finished = run(&registry(r#"Basic realm="x""#, GIVEN, steps));
    assert_eq!(finished.verdict, Verdict::Unsupported);
    assert!(
        finished
            .reason
            .unwrap()
            .contains("names no token service, it answers 401")
    );
}

#[test]
fn the_password_does_not_go_to_another_host() {
    let steps =
        "  - token: made_up/v2/a\n    scope: 'repository:a:pull'\n    auth: 'a:b'\n    as: token\n    expect: 200\n";
    for realm in ["https://tokens.example/t", "http://localhost.example/t"] {
        let finished = run(&registry(&format!(r#"Bearer realm="{realm}""#), GIVEN, steps));
        assert_eq!(finished.verdict, Verdict::Error);
        let message = finished.failure.unwrap().message;
        assert!(message.contains("which is another host"), "{message}");
    }
}
