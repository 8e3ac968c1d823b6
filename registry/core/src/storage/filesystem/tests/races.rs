//! Garbage collection against those who push at the same time, in orders that a seed draws. What is held against each order
//! is what the store promises: a blob that was found, mounted or pushed is there when its manifest comes, and whatever a
//! manifest names is there with its bytes.

use std::{
    fs::File,
    panic::catch_unwind,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use super::*;
use crate::storage::filesystem::{
    blobs::Existing,
    commit::tests::context,
    disk::{age, remove_file, stat_regular},
    repository::{Context, Repository},
    schedule,
    uploads::Sessions,
};

const HOUR: Duration = Duration::from_hours(1);
const BLOB: &[u8] = b"a blob that has not been used for long";

/// How garbage is collected.
type Collect = fn(&Arc<Repository>) -> Result<()>;

/// Two repositories of one shop. `app` has a blob that nothing names and nobody used for long, `other` has it too.
struct Shop {
    folder: tempfile::TempDir,
    app: Arc<Repository>,
    other: Arc<Repository>,
    incoming: AtomicUsize,
    collect: Collect,
}

/// One who does something to the store meanwhile.
type Actor = fn(&Shop);

/// A race: who is in it beside the collector, and whether an image names the blob when it begins.
struct Race {
    name: &'static str,
    named: bool,
    actors: &'static [Actor],
}

const RACES: [Race; 7] = [
    Race {
        name: "a blob is found, then its manifest comes",
        named: false,
        actors: &[found_then_named],
    },
    Race {
        name: "a blob is mounted, then its manifest comes",
        named: false,
        actors: &[mounted_then_named, collected_elsewhere],
    },
    Race {
        name: "a manifest comes whose blob is about to go",
        named: false,
        actors: &[named_without_a_look],
    },
    Race {
        name: "a blob comes again that is about to go",
        named: false,
        actors: &[pushed_again_then_named],
    },
    Race {
        name: "a blob is deleted, and a manifest comes",
        named: false,
        actors: &[deleted, pushed_again, named_without_a_look],
    },
    Race {
        name: "an image is deleted while its blob is found",
        named: true,
        actors: &[image_deleted, found_then_named],
    },
    Race {
        name: "all of them",
        named: true,
        actors: &[
            found_then_named,
            mounted_then_named,
            pushed_again_then_named,
            image_deleted,
        ],
    },
];

impl Shop {
    fn new(race: &Race, seed: u64, collect: Collect) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let context = Arc::new(Context {
            dedupe: seed.is_multiple_of(2),
            ..context(folder.path())
        });
        let [app, other] =
            ["app", "other"].map(|name| Arc::new(Repository::new(name.parse().unwrap(), Arc::clone(&context))));
        let shop = Self {
            folder,
            app,
            other,
            incoming: AtomicUsize::new(0),
            collect,
        };
        for repository in [&shop.app, &shop.other] {
            shop.push(repository);
        }
        if race.named {
            shop.app.put_manifest(&image(BLOB, None, &["old"])).unwrap();
        }
        for repository in [&shop.app, &shop.other] {
            make_old(&repository.paths.blob(&digest(BLOB)), 3 * HOUR);
        }
        shop
    }

    /// Pushes the blob, as an upload does at its end.
    fn push(&self, repository: &Arc<Repository>) {
        let number = self.incoming.fetch_add(1, Ordering::Relaxed);
        let path = self.folder.path().join(format!(".incoming-{number}"));
        File::create_new(&path).unwrap().write_all(BLOB).unwrap();
        repository
            .take_in(&path, &digest(BLOB), BLOB.len() as u64, Existing::Kept, File::sync_data)
            .unwrap();
    }

    /// Pushes a manifest that names the blob. It was promised that the blob is there.
    fn name(&self, tag: &str) {
        let named = self.app.put_manifest(&image(BLOB, None, &[tag]));
        assert!(named.is_ok(), "{tag}: {named:?}");
        self.assert_whole();
    }

    /// What manifests name is there.
    fn assert_whole(&self) {
        let named = self.app.ask(|state| !state.manifests.is_empty()).unwrap() == Some(true);
        if named {
            let bytes = fs::read(self.app.paths.blob(&digest(BLOB)));
            assert_eq!(
                bytes.ok().as_deref(),
                Some(BLOB),
                "a manifest names a blob that is gone"
            );
        }
    }
}

fn found_then_named(shop: &Shop) {
    if shop.app.blob_size(&digest(BLOB)).unwrap().is_some() {
        shop.name("found");
    }
}

fn mounted_then_named(shop: &Shop) {
    let source = shop.other.paths.blob(&digest(BLOB));
    if shop.app.mount(&source, &digest(BLOB)).unwrap() {
        shop.name("mounted");
    }
}

fn collected_elsewhere(shop: &Shop) {
    (shop.collect)(&shop.other).unwrap();
}

fn named_without_a_look(shop: &Shop) {
    match shop.app.put_manifest(&image(BLOB, None, &["blind"])) {
        Ok(_) => shop.assert_whole(),
        Err(StorageError::MissingContent { .. }) => {}
        Err(error) => panic!("{error}"),
    }
}

fn pushed_again_then_named(shop: &Shop) {
    shop.push(&shop.app);
    shop.name("pushed");
}

fn pushed_again(shop: &Shop) {
    shop.push(&shop.app);
}

fn deleted(shop: &Shop) {
    match shop.app.delete_blob(&digest(BLOB)) {
        Ok(_) | Err(StorageError::StillNamed) => {}
        Err(error) => panic!("{error}"),
    }
}

fn image_deleted(shop: &Shop) {
    shop.app.delete_manifest(&image(BLOB, None, &[]).digest).unwrap();
}

/// As the store does it.
fn carefully(repository: &Arc<Repository>) -> Result<()> {
    repository.collect_garbage(&Sessions::new(1), HOUR).map(drop)
}

/// As a store does it that believes its first look.
fn without_a_second_look(repository: &Arc<Repository>) -> Result<()> {
    repository.ensure_graph()?;
    let path = repository.paths.blob(&digest(BLOB));
    let unnamed = repository.ask(|state| state.needs(&digest(BLOB)))? == Some(false);
    if unnamed && is_old(&path) {
        remove_file(&path).unwrap();
    }
    Ok(())
}

/// As a store does it that looks again before it removes, but not under the lock that promises are made under.
fn without_the_lock(repository: &Arc<Repository>) -> Result<()> {
    repository.ensure_graph()?;
    let path = repository.paths.blob(&digest(BLOB));
    let unnamed = || Ok::<_, StorageError>(repository.ask(|state| state.needs(&digest(BLOB)))? == Some(false));
    if unnamed()? && is_old(&path) && unnamed()? && is_old(&path) {
        remove_file(&path).unwrap();
    }
    Ok(())
}

fn is_old(path: &Path) -> bool {
    let metadata = stat_regular(path).unwrap();
    metadata.is_some_and(|metadata| age(&metadata) >= HOUR)
}

/// Runs a race in the order that `seed` draws. Panics where a promise was broken.
fn run(race: &Race, seed: u64, collect: Collect) {
    let shop = Shop::new(race, seed, collect);
    let shop = &shop;
    let mut actors: Vec<Box<dyn FnOnce() + Send>> = vec![Box::new(|| collect(&shop.app).unwrap())];
    for actor in race.actors {
        actors.push(Box::new(|| actor(shop)));
    }
    schedule::run(seed, actors);
    shop.assert_whole();
}

/// How many orders of each race are tried: a few unless more are asked for.
fn orders() -> u64 {
    let asked = std::env::var("PLIMSOLL_TRIALS").ok();
    asked.map_or(100, |text| text.parse().expect("PLIMSOLL_TRIALS is a number"))
}

#[test]
fn no_order_of_steps_loses_what_was_promised() {
    for race in &RACES {
        for seed in 0..orders() {
            let lost = catch_unwind(|| run(race, seed, carefully)).is_err();
            assert!(!lost, "{}: seed {seed}", race.name);
        }
    }
    tally("garbage collection", "interleavings", RACES.len() as u64 * orders());
}

#[test]
fn a_collector_that_is_careless_is_caught() {
    for (name, collect) in [
        ("without a second look", without_a_second_look as Collect),
        ("without the lock", without_the_lock),
    ] {
        // Where more has to happen before, what is careless seldom does harm.
        for race in RACES.iter().filter(|race| race.actors.len() < 3 && !race.named) {
            let caught = (0..1_000).find(|seed| catch_unwind(|| run(race, *seed, collect)).is_err());
            assert!(caught.is_some(), "{name}: {}", race.name);
        }
    }
}
