//! Reports of a run that has everything in it: every verdict, script and kind of failure.

pub(crate) mod events;

use anstream::StripStream;

use super::{Output, Report, terminal};
use crate::{exit::Exit, scenario::Differs};

fn report() -> Report {
    let mut report = Report::default();
    for event in events::of_everything() {
        report.apply(&event);
    }
    report
}

fn printed(report: &Report) -> String {
    let mut text = Vec::new();
    terminal::write(report, &mut StripStream::new(&mut text)).unwrap();
    String::from_utf8(text).unwrap()
}

fn written(format: &str, report: &Report) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("made/on/the/way");
    let output: Output = format!("{format}={}", path.display()).parse().unwrap();
    output.write(report).unwrap();
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn the_terminal_shows_all_that_happened() {
    insta::assert_snapshot!(printed(&report()));
}

#[test]
fn junit_has_a_suite_a_combination_and_says_why_a_case_failed() {
    insta::assert_snapshot!(written("junit", &report()));
}

#[test]
fn json_has_the_whole_model() {
    insta::assert_snapshot!(written("json", &report()));
}

#[test]
fn the_page_has_everything_and_fetches_nothing() {
    let report = report();
    let page = written("html", &report).replace("&#x2f;", "/");
    for text in [
        "bytes &lt;that&gt; do not match",
        "lint says why",
        "mismatched types",
        "sparse/push",
        "what PUSH-DIG-04 says holds",
        "nobody provokes it",
        "there is no Go here",
    ] {
        assert!(page.contains(text), "{text}");
    }
    for run in report.runs() {
        assert!(page.contains(&run.scenario), "{}", run.scenario);
    }
    for resource in ["src=", "url(", "@import", "<link"] {
        assert!(!page.contains(resource), "{resource}");
    }
}

#[test]
fn every_cell_that_failed_leads_to_its_failure() {
    let page = written("html", &report());
    let anchors: Vec<&str> = page
        .split("href=\"#")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect();
    assert!(anchors.len() > 3, "{anchors:?}");
    for anchor in anchors {
        assert!(page.contains(&format!("id=\"{anchor}\"")), "{anchor}");
    }
}

#[test]
fn a_run_without_failures_says_so_in_every_report() {
    let mut report = Report::default();
    for event in events::of_a_good_run() {
        report.apply(&event);
    }
    assert_eq!(report.exit(), Exit::Passed);
    insta::assert_snapshot!(printed(&report));
    assert!(written("html", &report).contains("All 2 combinations hold"));
    assert!(written("json", &report).contains("\"passed\": true"));
}

#[test]
fn events_in_another_order_give_the_same_report() {
    let mut events = events::of_everything();
    let last = events.len() - 1;
    events[1..last].reverse();
    let mut other = Report::default();
    for event in events {
        other.apply(&event);
    }
    assert_eq!(printed(&other), printed(&report()));
}

#[test]
fn the_worst_of_what_happened_is_the_exit_status() {
    use crate::runner::{Event, Verdict};

    let exit = |verdicts: &[Verdict]| {
        let mut report = Report::default();
        for verdict in verdicts {
            let run = events::run("scrub", "conformance/a", *verdict);
            report.apply(&Event::ScenarioFinished(Box::new(run)));
        }
        report.exit()
    };
    assert_eq!(
        exit(&[Verdict::Pass, Verdict::Unsupported, Verdict::Excluded]),
        Exit::Passed
    );
    assert_eq!(exit(&[Verdict::Pass, Verdict::Fail]), Exit::Failed);
    assert_eq!(exit(&[Verdict::Fail, Verdict::Error, Verdict::Pass]), Exit::Broken);
    assert_eq!(report().exit(), Exit::Broken);
}

/// A report of a script that is answered differently, and of what repetitions said, if they were made.
fn with_a_difference(differs: Option<&Differs>, apart: Option<bool>) -> Report {
    let mut report = Report::default();
    let compared = apart.map(|apart| events::compared("200", "200\nwarning: 299", apart));
    for event in events::of_a_difference(differs).into_iter().chain(compared) {
        report.apply(&event);
    }
    report
}

#[test]
fn what_chance_did_is_no_difference_and_what_nobody_asked_again_is_told_and_fails_nothing() {
    let by_chance = with_a_difference(None, Some(false));
    assert_eq!(by_chance.exit(), Exit::Passed);
    assert!(by_chance.differences().is_empty() && by_chance.suspicions().is_empty());

    let unknown = with_a_difference(None, None);
    assert_eq!(unknown.exit(), Exit::Passed);
    let suspicions = unknown.suspicions();
    assert_eq!(suspicions.len(), 1);
    assert_eq!(suspicions[0].usual.combination, "minimal");
    assert_eq!(suspicions[0].others[0].combination, "scrub+lint");
    let printed = printed(&unknown);
    assert!(
        printed.contains("not compared  1 script, answered differently by builds that were not run together"),
        "{printed}"
    );
}

#[test]
fn what_failed_when_it_was_run_again_counts_whichever_is_told_first() {
    use crate::runner::{Event, Verdict};

    let run = |verdict| Event::ScenarioFinished(Box::new(events::run("scrub", "conformance/a", verdict)));
    for order in [
        [Verdict::Pass, Verdict::Flaky],
        [Verdict::Flaky, Verdict::Pass],
        [Verdict::Flaky, Verdict::Fail],
    ] {
        let mut report = Report::default();
        for verdict in order {
            report.apply(&run(verdict));
        }
        let verdicts: Vec<Verdict> = report.runs().map(|run| run.verdict).collect();
        assert_eq!(verdicts, [Verdict::Flaky], "{order:?}");
    }
}

#[test]
fn what_is_flaky_says_how_often_it_failed_beside_what_failed() {
    use crate::runner::{Event, Verdict};

    let mut report = Report::default();
    let mut run = events::refused("scrub", 5000);
    run.verdict = Verdict::Flaky;
    run.reason = Some("1 of 3 runs failed".to_owned());
    report.apply(&Event::ScenarioFinished(Box::new(run)));
    let printed = printed(&report);
    assert!(
        printed.contains("FLAKY") && printed.contains("1 of 3 runs failed"),
        "{printed}"
    );
}

#[test]
fn a_difference_that_nobody_declares_is_red_in_every_report() {
    let report = with_a_difference(None, Some(true));
    assert_eq!(report.exit(), Exit::Failed);
    insta::assert_snapshot!(printed(&report));
    let junit = written("junit", &report);
    assert!(
        junit.contains("failures=\"1\"") && junit.contains("responsible: lint in"),
        "{junit}"
    );
    let json: serde_json::Value = serde_json::from_str(&written("json", &report)).unwrap();
    assert_eq!(json["passed"], false);
    assert_eq!(
        json["differences"][0]["combinations"],
        serde_json::json!(["scrub+lint"])
    );
    assert_eq!(json["differences"][0]["first"]["line"], 5);
    let page = written("html", &report);
    assert!(page.contains("DIFFERS") && page.contains("+warning: 299"), "{page}");
}

#[test]
fn a_difference_that_is_declared_is_none() {
    let differs = |by: &[&str]| {
        let differs = Differs {
            by: by.iter().map(|&name| name.to_owned()).collect(),
            because: "it warns".to_owned(),
        };
        let report = with_a_difference(Some(&differs), Some(true));
        report.differences().len()
    };
    assert_eq!(differs(&["lint"]), 0);
    assert_eq!(differs(&["scrub", "lint"]), 0);
    // Another extension is no excuse.
    assert_eq!(differs(&["metrics"]), 1);
    // Nor is one that the usual and the other build both have.
    assert_eq!(differs(&["scrub"]), 1);
}

#[test]
fn a_report_that_cannot_be_meant_is_refused() {
    let refused = |text: &str| text.parse::<Output>().unwrap_err();
    insta::assert_snapshot!(refused("juint=x.xml"), @"there is no format `juint`; did you mean `junit`? What may stand here: `junit`, `json`, `html`, `tap`, `github` or `summary`");
    insta::assert_snapshot!(refused("html"), @"write FORMAT=PATH, such as junit=junit.xml; a format is `junit`, `json`, `html`, `tap`, `github` or `summary`");
    insta::assert_snapshot!(refused("html="), @"there is no path after `html=`");
}
