//! A seed decides what is generated, and all of it.

use super::{super::run_job, options, server::serve, table::plan};

/// The digests of everything that a scenario generates, with this seed.
fn generated(seed: u64) -> String {
    let parts = "steps:\n  - generate: { bytes: 3 KiB, as: a }\n  - generate: { bytes: 3 KiB, as: b }\n  - generate: { manifest: { \
                 config: a, layers: [b], annotations: { x: '{{ random_hex(8) }}' } }, as: m }\n  - stream: { bytes: 9, as: s }\n  \
                 - check: '{{ a.digest }} {{ b.digest }} {{ m.digest }} {{ s.digest }}'\n    expect: never\n";
    let mut options = options();
    options.seed = seed;
    let finished = run_job(&plan(parts, serve())[0], &options);
    finished
        .failure
        .and_then(|failure| failure.actual)
        .expect("the check tells what it got")
}

#[test]
fn the_same_seed_gives_the_same_content_and_another_seed_another() {
    assert_eq!(generated(7), generated(7));
    assert_ne!(generated(7), generated(8));
    let digests = generated(7);
    let mut digests: Vec<&str> = digests.split(' ').collect();
    digests.sort_unstable();
    digests.dedup();
    assert_eq!(digests.len(), 4, "each is content of its own");
}
