//! The disk fails at each operation of a run of requests, one after the other, in each way. Whoever was told so tries again,
//! and a copy of the root is opened at once, as after a crash: what was acknowledged is there, what was not is whole or absent,
//! the next try succeeds, and in the end the root is as if nothing had happened.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::Arc,
};

use rustix::io::Errno;
use tempfile::TempDir;

use super::*;
use crate::storage::UploadId;
use crate::storage::filesystem::{
    blobs::Existing,
    commit::tests::context,
    durability::Durability,
    faults::{Fault, Shape, Watch},
    repository::{Context, Repository},
    uploads::{Sessions, append},
};

const HOUR: Duration = Duration::from_hours(1);
const FIRST: &[u8] = b"the first blob, which two repositories have";
const SECOND: &[u8] = b"the second blob, which comes in chunks";
const THIRD: &[u8] = b"the third blob, which no manifest names";
/// A request that fails so often where the disk does not is broken for good.
const MOST_TRIES: usize = 3;

const FAULTS: [Fault; 9] = [
    fault(Errno::NOSPC, Shape::Once),
    fault(Errno::NOSPC, Shape::Short),
    fault(Errno::NOSPC, Shape::Lasting),
    fault(Errno::IO, Shape::Once),
    fault(Errno::IO, Shape::Lasting),
    fault(Errno::MFILE, Shape::Once),
    fault(Errno::ROFS, Shape::Once),
    fault(Errno::ROFS, Shape::Lasting),
    fault(Errno::ACCESS, Shape::Once),
];

const fn fault(error: Errno, shape: Shape) -> Fault {
    Fault { error, shape }
}

/// Two repositories, the sessions of uploads, and the disk below.
struct Shop {
    root: PathBuf,
    context: Arc<Context>,
    sessions: Arc<Sessions>,
    repositories: RefCell<[Arc<Repository>; 2]>,
    /// The session that a client goes on with.
    upload: RefCell<Option<UploadId>>,
    runtime: tokio::runtime::Runtime,
    watch: Watch,
    _folder: TempDir,
}

type Request = fn(&Shop) -> Result<()>;

/// What clients and tasks do, in order.
const REQUESTS: [(&str, Request); 22] = [
    ("push a blob in one piece", |shop| shop.push(0, FIRST)),
    ("push a blob in chunks", |shop| shop.push_in_chunks(0, SECOND)),
    ("push a blob that another repository has", |shop| shop.push(1, FIRST)),
    ("mount a blob", |shop| shop.mount(SECOND)),
    ("push an image", |shop| shop.put(0, &image(FIRST, None, &["v1"]))),
    ("push another image", |shop| {
        shop.put(0, &image(SECOND, None, &["v2", "latest"]))
    }),
    ("move a tag", |shop| shop.put(0, &image(FIRST, None, &["latest"]))),
    ("write the index", |shop| shop.repository(0).write_index()),
    ("push an index", |shop| {
        let children = [image(FIRST, None, &[]), image(SECOND, None, &[])];
        shop.put(0, &index(&[&children[0], &children[1]], &["multi"]))
    }),
    ("delete a tag", |shop| {
        shop.repository(0).delete_tag(&tag("v1")).map(drop)
    }),
    ("push an image elsewhere", |shop| {
        shop.put(1, &image(SECOND, None, &["x"]))
    }),
    ("start again", Shop::start_again),
    ("read all", |shop| shop.view().map(drop)),
    ("delete the index", |shop| {
        let children = [image(FIRST, None, &[]), image(SECOND, None, &[])];
        let digest = index(&[&children[0], &children[1]], &[]).digest;
        shop.repository(0).delete_manifest(&digest).map(drop)
    }),
    ("push a blob that is replaced", |shop| shop.replace(0, FIRST)),
    ("push a blob that nothing names", |shop| shop.push_in_chunks(0, THIRD)),
    ("delete that blob", |shop| {
        shop.repository(0).delete_blob(&digest(THIRD)).map(drop)
    }),
    ("push it again", |shop| shop.push(0, THIRD)),
    ("collect garbage", |shop| shop.collect(0)),
    ("delete an image", |shop| {
        shop.repository(1)
            .delete_manifest(&image(SECOND, None, &[]).digest)
            .map(drop)
    }),
    ("collect all that is left", |shop| shop.collect(1)),
    ("push into what was collected", |shop| shop.push(1, SECOND)),
];

/// What can be seen of a repository. `None`: it does not exist.
type Seen = Option<(BTreeMap<String, Digest>, BTreeSet<Digest>)>;

/// What can be seen of the shop, and the blobs beside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct View {
    seen: [Seen; 2],
    blobs: [BTreeSet<Digest>; 2],
}

impl Shop {
    fn open(root: &Path, folder: TempDir, plan: Option<(usize, Fault)>) -> Self {
        let context = Arc::new(Context {
            dedupe: true,
            durability: Durability { commit: true },
            ..context(root)
        });
        let root = context.root.path().to_owned();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
        Self {
            watch: Watch::new(&root, plan),
            root,
            sessions: Arc::new(Sessions::new(10)),
            repositories: RefCell::new(handles(&context)),
            context,
            upload: RefCell::default(),
            runtime: runtime.unwrap(),
            _folder: folder,
        }
    }

    fn new(plan: Option<(usize, Fault)>) -> Self {
        let folder = in_memory();
        let root = folder.path().to_owned();
        Self::open(&root, folder, plan)
    }

    fn repository(&self, number: usize) -> Arc<Repository> {
        Arc::clone(&self.repositories.borrow()[number])
    }

    fn put(&self, repository: usize, manifest: &NewManifest) -> Result<()> {
        self.repository(repository).put_manifest(manifest).map(drop)
    }

    fn push(&self, repository: usize, blob: &[u8]) -> Result<()> {
        let repository = self.repository(repository);
        let upload = self.sessions.begin(&repository, Algorithm::Sha256)?;
        self.append(&repository, &upload, chunk(blob))?;
        self.finish(&repository, &upload, blob, Existing::Kept)
    }

    fn replace(&self, repository: usize, blob: &[u8]) -> Result<()> {
        let repository = self.repository(repository);
        let upload = self.sessions.begin(&repository, Algorithm::Sha256)?;
        self.append(&repository, &upload, chunk(blob))?;
        self.finish(&repository, &upload, blob, Existing::Replaced)
    }

    /// A client that asks how far it came where it was interrupted, and goes on from there.
    fn push_in_chunks(&self, repository: usize, blob: &[u8]) -> Result<()> {
        let repository = self.repository(repository);
        let open = self.upload.take();
        let resumed = open.and_then(|upload| {
            let status = self.runtime.block_on(self.sessions.status(&repository, &upload));
            status
                .ok()
                .map(|status| (upload, usize::try_from(status.stored).unwrap()))
        });
        let (upload, stored) = match resumed {
            Some(resumed) => resumed,
            None => (self.sessions.begin(&repository, Algorithm::Sha256)?, 0),
        };
        self.upload.replace(Some(upload.clone()));
        for begin in (stored..blob.len()).step_by(16) {
            let end = blob.len().min(begin + 16);
            let chunk = Chunk {
                begin: Some(begin as u64),
                ..chunk(&blob[begin..end])
            };
            self.append(&repository, &upload, chunk)?;
        }
        self.finish(&repository, &upload, blob, Existing::Kept)?;
        self.upload.take();
        Ok(())
    }

    fn append(&self, repository: &Arc<Repository>, upload: &UploadId, chunk: Chunk) -> Result<()> {
        self.runtime.block_on(async {
            let session = self.sessions.claim(repository, upload).await?;
            append(session, chunk).await.map(drop)
        })
    }

    fn finish(&self, repository: &Arc<Repository>, upload: &UploadId, blob: &[u8], existing: Existing) -> Result<()> {
        let session = self.runtime.block_on(self.sessions.claim(repository, upload))?;
        self.sessions
            .finish(repository, upload, session, &digest(blob), existing)
            .map(drop)
    }

    fn mount(&self, blob: &[u8]) -> Result<()> {
        let source = self.repository(0).paths.blob(&digest(blob));
        assert!(self.repository(1).mount(&source, &digest(blob))?, "it is there");
        Ok(())
    }

    /// The repositories leave the memory, and come back from the disk.
    fn start_again(&self) -> Result<()> {
        self.repositories.replace(handles(&self.context));
        assert!(self.repository(0).load()? && self.repository(1).load()?);
        Ok(())
    }

    /// Collects garbage, long after everything was used last.
    fn collect(&self, repository: usize) -> Result<()> {
        age_all(&self.root);
        self.repository(repository).collect_garbage(&self.sessions, HOUR)?;
        // The next request begins another session.
        self.upload.take();
        Ok(())
    }

    /// What can be seen. Fails where something cannot be read, and panics where it is not what it was.
    fn view(&self) -> Result<View> {
        let mut view = View::default();
        for number in 0..2 {
            let repository = self.repository(number);
            let listed = repository.ask(|state| {
                let tags = state.tags.iter().map(|(tag, digest)| (tag.to_string(), digest.clone()));
                let manifests = state.index().into_iter().map(|entry| entry.manifest.digest);
                (tags.collect(), manifests.collect::<BTreeSet<_>>())
            })?;
            for manifest in listed.iter().flat_map(|(_, manifests)| manifests) {
                let bytes = repository.read_manifest(manifest)?.expect("what is listed is there");
                assert_eq!(digest(&bytes), *manifest);
            }
            view.seen[number] = listed;
            for blob in repository.blobs(&everything())?.items {
                assert!(repository.blob_size(&blob)?.is_some());
                let content = repository.read_blob(&blob, None)?.expect("what is there can be read");
                let pieces: Vec<Bytes> = self.runtime.block_on(content.body.try_collect()).unwrap();
                assert_eq!(digest(&pieces.concat()), blob, "the bytes are those of the name");
                view.blobs[number].insert(blob);
            }
        }
        Ok(view)
    }

    /// What can be seen now.
    fn look(&self) -> View {
        self.watch.rest(|| self.view().unwrap())
    }

    /// What a server would see that is started on what is on the disk now.
    fn view_after_crash(&self) -> View {
        let folder = in_memory();
        let root = folder.path().join("root");
        copy(&self.root, &root);
        fs::remove_file(root.join(".plimsoll.lock")).unwrap();
        Self::open(&root, folder, None).view().unwrap()
    }
}

impl View {
    /// Panics unless it is that of before a request, or of after it, whole. Blobs may be there that no one was told of.
    fn assert_whole(&self, before: &Self, after: &Self) {
        for number in 0..2 {
            let seen = &self.seen[number];
            assert!(
                *seen == before.seen[number] || *seen == after.seen[number],
                "neither before nor after: {seen:?}"
            );
            let kept = before.blobs[number].intersection(&after.blobs[number]).cloned();
            let lost: Vec<_> = kept.filter(|blob| !self.blobs[number].contains(blob)).collect();
            assert!(lost.is_empty(), "lost: {lost:?}");
        }
    }
}

fn handles(context: &Arc<Context>) -> [Arc<Repository>; 2] {
    ["team/app", "team/other"].map(|name| Arc::new(Repository::new(repository(name), Arc::clone(context))))
}

/// A folder where a sync takes no time, if the system has one.
fn in_memory() -> TempDir {
    tempfile::tempdir_in("/dev/shm").unwrap_or_else(|_| tempfile::tempdir().unwrap())
}

fn entries(folder: &Path) -> impl Iterator<Item = fs::DirEntry> {
    fs::read_dir(folder).unwrap().map(io::Result::unwrap)
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in entries(from) {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn age_all(folder: &Path) {
    for entry in entries(folder) {
        if entry.file_type().unwrap().is_dir() {
            age_all(&entry.path());
        } else {
            make_old(&entry.path(), 48 * HOUR);
        }
    }
}

/// Every file and folder below a root, but for the numbers in names that are not for long.
fn everything_in(folder: &Path, found: &mut BTreeSet<PathBuf>, root: &Path) {
    for entry in entries(folder) {
        let path = entry.path();
        if entry.file_type().unwrap().is_dir() {
            everything_in(&path, found, root);
        }
        let journal = path.file_stem().is_some_and(|name| name == "journal");
        let named = if journal { path.with_extension("n") } else { path };
        found.insert(named.strip_prefix(root).unwrap().to_owned());
    }
}

/// What is left once all is written out and garbage is collected.
#[derive(Debug)]
struct Left {
    view: View,
    files: BTreeSet<PathBuf>,
    /// The pool's, which may lack some: it is a convenience.
    pooled: BTreeSet<PathBuf>,
}

impl Left {
    fn assert_is(&self, reference: &Self) {
        assert_eq!((&self.view, &self.files), (&reference.view, &reference.files));
        let more: Vec<_> = self.pooled.difference(&reference.pooled).collect();
        assert!(more.is_empty(), "stays in the pool: {more:?}");
    }
}

fn is_hidden(path: &Path) -> bool {
    path.file_name()
        .is_some_and(|name| name.to_string_lossy().starts_with('.'))
}

fn settle(shop: &Shop) -> Left {
    for number in 0..2 {
        shop.repository(number).write_index().unwrap();
        shop.collect(number).unwrap();
    }
    shop.context.sweep_pool(|| false).unwrap();
    let mut found = BTreeSet::new();
    everything_in(&shop.root, &mut found, &shop.root);
    let (mut pooled, files): (BTreeSet<_>, _) = found.into_iter().partition(|path| path.starts_with(".pool"));
    // Names that were not for long, where removing them failed as well: the next start sweeps them.
    pooled.retain(|path| !is_hidden(path));
    Left {
        view: shop.view().unwrap(),
        files,
        pooled,
    }
}

/// The run in which nothing fails: the view after each request, what is left, and how many operations it took.
struct Reference {
    views: Vec<View>,
    settled: Left,
    operations: usize,
}

impl Reference {
    fn new() -> Self {
        let shop = Shop::new(None);
        let mut views = vec![View::default()];
        for (name, request) in REQUESTS {
            request(&shop).unwrap_or_else(|error| panic!("{name}: {error}"));
            views.push(shop.look());
        }
        Self {
            views,
            operations: shop.watch.operations(),
            settled: settle(&shop),
        }
    }

    /// The run in which the operation of this number fails. Panics where something is lost, or does not recover.
    fn run(&self, at: usize, fault: Fault) {
        let shop = Shop::new(Some((at, fault)));
        for (number, (name, request)) in REQUESTS.into_iter().enumerate() {
            let (before, after) = (&self.views[number], &self.views[number + 1]);
            let mut tries = 0;
            loop {
                let done = request(&shop);
                let struck = shop.watch.mend();
                let Err(error) = done else { break };
                assert!(
                    tries > 0 || matches!(error, StorageError::NoSpace(_) | StorageError::Io { .. }),
                    "{name}: a failing disk is told as {error}"
                );
                shop.view_after_crash().assert_whole(before, after);
                shop.look().assert_whole(before, after);
                tries += 1;
                assert!(tries < MOST_TRIES, "{name}: cannot recover from {struck:?}: {error}");
            }
            shop.look().assert_whole(after, after);
            if shop.watch.mend().is_some() {
                shop.view_after_crash().assert_whole(after, after);
            }
        }
        settle(&shop).assert_is(&self.settled);
    }
}

/// In how many ways each operation fails: in one, unless more is asked for.
fn shapes() -> usize {
    std::env::var_os("PLIMSOLL_TRIALS").map_or(1, |_| FAULTS.len())
}

#[test]
fn no_fault_of_the_disk_loses_what_was_acknowledged_or_is_there_for_good() {
    let reference = Reference::new();
    let mut tried: u64 = 0;
    let mut broken = Vec::new();
    for at in 0..reference.operations {
        for fault in FAULTS.into_iter().cycle().skip(at).take(shapes()) {
            let run = AssertUnwindSafe(|| reference.run(at, fault));
            if catch_unwind(run).is_err() {
                broken.push((at, fault));
            }
            tried += 1;
        }
    }
    assert!(broken.is_empty(), "{broken:?}");
    tally("faults", "operations that failed", tried);
}
