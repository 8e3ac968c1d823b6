//! `index.json` while others push, in orders that a seed draws.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use super::*;
use crate::storage::filesystem::{commit::tests, repository::Repository, schedule, state::Change};

/// Enough manifests for more slices than a push has steps.
const MANIFESTS: u32 = 5_000;
const ORDERS: u64 = 5;

fn push(repository: &Arc<Repository>, tag: &str) {
    repository.put_manifest(&image(b"", None, &[tag])).unwrap();
}

/// As whoever starts after a crash finds it, from `index.json` and from what is left of the journal.
fn tags_on_disk(root: &Path, repository: &Repository) -> Vec<String> {
    let again = Arc::new(Repository::new(
        repository.name.clone(),
        Arc::clone(&repository.context),
    ));
    assert!(again.load().unwrap(), "{} has no repository", root.display());
    let tags = again.ask(|state| state.tags.keys().map(ToString::to_string).collect());
    tags.unwrap().unwrap()
}

#[test]
fn who_pushes_does_not_wait_until_the_index_is_rendered() {
    let folder = tempfile::tempdir().unwrap();
    let repository = tests::repository(folder.path());
    fs::write(repository.paths.blob(&digest(b"")), b"").unwrap();
    let name = |number| format!("t{number:05}");
    let put = |number: u32| Change::Put {
        digest: digest(&number.to_le_bytes()),
        media_type: media_type::IMAGE.into(),
        size: 4,
        tags: vec![tag(&name(number))],
    };
    repository.change(|state| (0..MANIFESTS).for_each(|number| state.apply(&put(number), None)));
    let overtook = AtomicUsize::new(0);
    for seed in 0..ORDERS {
        let (moved, new) = (name(u32::try_from(seed).unwrap()), format!("new-{seed}"));
        push(&repository, "before");
        schedule::run(
            seed,
            vec![
                Box::new(|| repository.write_index().unwrap()),
                Box::new(|| {
                    push(&repository, &moved);
                    push(&repository, &new);
                    let under_way = repository.ask(|state| state.changed.is_some()).unwrap();
                    overtook.fetch_add(usize::from(under_way == Some(true)), Ordering::Relaxed);
                }),
            ],
        );
        let tags = repository.ask(|state| state.tags.keys().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(
            Some(tags_on_disk(folder.path(), &repository)),
            tags.unwrap(),
            "seed {seed}"
        );
    }
    let overtook = overtook.into_inner();
    assert!(
        overtook > 0,
        "in none of {ORDERS} orders was a push over before the rendering was"
    );
}
