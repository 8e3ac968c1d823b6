//! Races, and the histories that no right server can have.

use super::topology::{hold, run};
use crate::runner::Verdict;

/// Pushes to two tags, and reads of them.
const TAGS: &str = "steps:\n  - generate: { images: 4, as: versions }\n  - race:\n      seconds: 0.3\n      model: register per tag\n      clients:\n        - { count: 2, do: { push: { image: any of versions, to: 'app:one' } } }\n        - { count: 2, do: { push: { image: any of versions, to: 'app:two' } } }\n        - { count: 3, do: [{ pull: { from: 'app:one' } }, { pull: { from: 'app:two' } }] }\n";

/// Deletions beside them.
const DELETIONS: &str = "        - { count: 1, do: { delete: { tag: 'app:one' } } }\n";

#[test]
fn a_planted_lost_update_is_found_and_shown_with_at_most_four_operations() {
    let finished = run(&format!("config: {{ lost-update: true }}\n{TAGS}"));
    assert_eq!(finished.verdict, Verdict::Fail);
    let failure = finished.failure.unwrap();
    assert!(failure.message.contains("of app is no register"), "{}", failure.message);
    let shown = failure.actual.unwrap();
    assert!((2..=4).contains(&shown.lines().count()), "{shown}");
    assert!(
        shown.contains("client ") && shown.contains('├') && shown.contains(" → "),
        "{shown}"
    );
}

#[test]
fn a_right_server_is_a_register_a_set_and_a_session() {
    let blobs = "steps:\n  - generate: { bytes: 100, as: b }\n  - race:\n      seconds: 0.2\n      clients:\n        - { count: 3, do: { upload: { blob: b, to: app } } }\n        - { count: 3, do: { head: '/v2/app/blobs/{{ b.digest }}' } }\n        - { count: 1, do: { delete: { blob: '{{ b.digest }}', from: app } } }\n      model: set of blobs\n";
    let uploads = "steps:\n  - generate: { bytes: 3000, as: b }\n  - race:\n      seconds: 0.2\n      clients:\n        - { count: 3, do: { upload: { blob: b, to: 'r{{ client }}', way: post-put } } }\n      model: upload session\n";
    let unique = format!("config: {{ unique: true }}\n{uploads}");
    let tags = format!("{TAGS}{DELETIONS}");
    hold(&[(&tags, None), (blobs, None), (&unique, None)]);
    hold(&[(uploads, Some("is no upload session"))]);
}

#[test]
fn a_race_about_nothing_and_one_whose_clients_fail_are_failures() {
    let race = |step: &str, model: &str| {
        format!(
            "steps:\n  - race:\n      seconds: 0.05\n      clients:\n        - {{ count: 2, do: {step} }}\n      model: {model}\n"
        )
    };
    hold(&[
        (
            &race("{ get: /v2/ }", "register per tag"),
            Some("nobody did anything that the model `register per tag` is about"),
        ),
        (
            &race("{ get: /v2/error }", "set of blobs"),
            Some("client 0 of 2 (and 1 more): the status differs"),
        ),
        (&race("{ pull: { from: 'app:1' } }", "register per tag"), None),
    ]);
}
