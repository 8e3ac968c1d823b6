//! What a configuration that asks for every extension gets from this binary, whichever it includes.

use rustix::process::Signal;
use serde_json::Value;

use super::running::{Running, binary, config, recommended};

/// A configuration with a section for each extension.
fn with_sections(section: &str) -> String {
    let sections: Vec<String> = recommended().iter().map(|name| format!("{name}: {section}")).collect();
    format!("extensions: {{{}}}", sections.join(", "))
}

fn included() -> Vec<String> {
    let output = binary().args(["extensions", "--json"]).output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

fn skipped(lines: &[Value]) -> Vec<&str> {
    lines
        .iter()
        .filter(|line| line["level"] == "warn")
        .filter_map(|line| line["message"].as_str()?.strip_prefix("skipping enabling "))
        .collect()
}

#[test]
fn what_is_asked_for_and_not_included_is_warned_about_once_each() {
    let folder = config(&with_sections("{}"));
    let mut registry = Running::start(folder.path());
    registry.get("/v2/");
    registry.stop(Signal::TERM);
    let included = included();
    let expected: Vec<_> = recommended()
        .iter()
        .filter(|name| !included.contains(name))
        .map(|name| {
            format!(
                "{name} extension because given plimsoll-registry binary doesn't include this feature,please build a \
                 binary that does so"
            )
        })
        .collect();
    assert_eq!(skipped(&registry.lines), expected);
}

#[test]
fn what_is_switched_off_is_not_warned_about() {
    let folder = config(&with_sections("{enable: false}"));
    let mut registry = Running::start(folder.path());
    registry.get("/v2/");
    registry.stop(Signal::TERM);
    assert!(skipped(&registry.lines).is_empty(), "{:#?}", registry.lines);
}

#[test]
fn metrics_are_served_where_they_are_built_in_and_on_and_nowhere_else() {
    let on = config("extensions: {metrics: {prometheus: {path: /numbers}}}");
    let registry = Running::start(on.path());
    let expected = if included().iter().any(|name| name == "metrics") {
        "200"
    } else {
        "404"
    };
    let answer = registry.get("/numbers");
    assert!(answer.starts_with(&format!("HTTP/1.1 {expected} ")), "{answer}");
    assert_eq!(answer.contains("zot_info{"), expected == "200", "{answer}");
    assert!(registry.get("/metrics").starts_with("HTTP/1.1 404 "));

    let off = config("extensions: {metrics: {enable: false}}");
    let registry = Running::start(off.path());
    assert!(registry.get("/metrics").starts_with("HTTP/1.1 404 "));
}
