//! Servers whose clock is wrong.

use super::topology::{hold, run};
use crate::runner::Verdict;

/// Asks a server what time it is, restarts it, and asks again.
fn asked_again(clock: &str, seconds: &str) -> String {
    format!(
        "steps:\n  - get: /v2/now\n    capture: {{ before: json.$.seconds }}\n  - restart: registry\n{clock}  - get: /v2/now\n    expect: {{ status: 200, json: {{ $.seconds: {seconds} }} }}\n"
    )
}

#[test]
fn a_clock_is_wrong_from_a_start_on_until_it_is_right_again() {
    const FAST: &str = "    clock: +2h\n";
    let fast = asked_again(
        FAST,
        "{ at_least: '{{ before + 7200 }}', at_most: '{{ before + 7300 }}' }",
    );
    let finished = run(&fast);
    if finished.verdict == Verdict::PreconditionFailed && std::env::var_os("PLIMSOLL_REQUIRE_TOOLS").is_none() {
        assert!(finished.reason.unwrap().contains("libfaketime"));
        return;
    }
    let slow = asked_again("    clock: -90m\n", "{ at_most: '{{ before - 5300 }}' }");
    let stays = asked_again(
        &format!("{FAST}  - restart: registry\n"),
        "{ at_least: '{{ before + 7200 }}' }",
    );
    let right = "{ at_least: '{{ before }}', at_most: '{{ before + 100 }}' }";
    let right_again = asked_again(&format!("{FAST}  - restart: registry\n    clock: +0s\n"), right);
    hold(&[
        (&fast, None),
        (&slow, None),
        (&stays, None),
        (&right_again, None),
        (&asked_again("", right), None),
        (&asked_again(FAST, right), Some("$.seconds")),
    ]);
}
