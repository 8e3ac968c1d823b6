//! A new extension is good as it comes, its scenarios catch whatever of it is not there, and it leaves nothing behind.

use std::{collections::BTreeSet, fs};

use libtest_mimic::{Failed, Trial};
use plimsoll_blackbox::checkout::{Checkout, Said};
use serde_json::Value;

use super::HARNESS;

/// A hook of each kind.
const HOOKS: &str = "routes,push-policy,observer,task,upstream";
/// What is written for it.
const LIBRARY: &str = "registry/extensions/hello/src/lib.rs";
const DISABLED: &str = "registry/src/extensions/extension_hello_disabled.rs";

pub(crate) fn trials() -> Vec<Trial> {
    vec![Trial::test(
        "scaffold::a_new_extension_is_green_as_it_comes_and_each_scenario_misses_it",
        scaffold,
    )]
}

fn scaffold() -> Result<(), Failed> {
    let checkout = Checkout::new(HARNESS)?;
    let before = checkout.files()?;
    checkout.plimsoll_succeeds(["new-extension", "hello", "--hooks", HOOKS])?;
    checkout.plimsoll_succeeds(["check"])?;

    let all = [
        "run",
        "--among",
        "metrics,hello",
        "extensions/hello",
        "combinations/metrics-and-hello",
    ];
    checkout.plimsoll_succeeds(all)?;

    let library = fs::read_to_string(checkout.path(LIBRARY))?;
    let disabled = fs::read_to_string(checkout.path(DISABLED))?;
    let scenarios = ["observer", "policy", "routes", "task", "upstream"].map(|name| format!("extensions/hello/{name}"));

    // Nothing of what it does: every scenario says so where it is on.
    let (head, _) = library.split_once("    hooks.").ok_or("it asks for hooks")?;
    fs::write(
        checkout.path(LIBRARY),
        format!(
            "{}    let _ = (section, hooks);\n}}\n",
            head.trim_end().to_owned() + "\n"
        ),
    )?;
    let both = [
        "--extensions",
        "metrics,hello",
        "extensions/hello",
        "combinations/metrics-and-hello",
    ];
    let mut missed = failures(&checkout, &both)?;
    assert!(missed.remove("combinations/metrics-and-hello on"), "{missed:?}");
    assert_eq!(missed, scenarios.iter().map(|name| format!("{name} on")).collect());

    // It does not ask whether it is on: every scenario says so where it is off.
    fs::write(checkout.path(LIBRARY), &library)?;
    checkout.replace(LIBRARY, ".filter(|section| section.enable)", "")?;
    let alone = ["--extensions", "hello", "extensions/hello"];
    assert_eq!(
        failures(&checkout, &alone)?,
        scenarios.iter().map(|name| format!("{name} off")).collect()
    );

    // The disabled twin does not warn: every scenario says so where it is left out.
    fs::write(checkout.path(LIBRARY), &library)?;
    checkout.replace(DISABLED, "warn_not_included(\"hello\");", "")?;
    checkout.replace(DISABLED, ", warn_not_included}", "}")?;
    let none = ["--extensions", "none", "extensions/hello"];
    assert_eq!(
        failures(&checkout, &none)?,
        scenarios.iter().map(|name| format!("{name} absent")).collect()
    );

    fs::write(checkout.path(DISABLED), disabled)?;
    checkout.plimsoll_succeeds(["remove-extension", "hello"])?;
    let after = checkout.files()?;
    let changed: Vec<_> = before
        .keys()
        .chain(after.keys())
        .filter(|path| before.get(*path) != after.get(*path))
        .collect();
    assert!(changed.is_empty(), "{changed:?}");
    Ok(())
}

/// The scenarios that fail with these arguments, each with the script that does.
fn failures(checkout: &Checkout, arguments: &[&str]) -> Result<BTreeSet<String>, Failed> {
    let said = checkout.plimsoll(["run"].iter().chain(arguments).copied())?;
    if said.status != Some(1) {
        let Said { output, errors, status } = said;
        return Err(format!("{arguments:?} ended with {status:?}:\n{output}{errors}").into());
    }
    let mut failed = BTreeSet::new();
    for line in fs::read_to_string(checkout.path("target/plimsoll/events.jsonl"))?.lines() {
        let event: Value = serde_json::from_str(line)?;
        if event["verdict"] == "fail" {
            let said = |key: &str| event[key].as_str().unwrap_or_default().to_owned();
            failed.insert(format!("{} {}", said("scenario"), said("variant")));
        }
    }
    Ok(failed)
}
