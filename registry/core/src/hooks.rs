//! How an extension reaches the registry, and the only way it may.
//!
//! An extension's `enable` is given the configuration and a [`Hooks`] to fill. What it puts there, the registry calls:
//! routes, push policies, observers and background tasks. An order of calls is never promised between extensions.

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use http::{Method, StatusCode};

use crate::{
    auth::Caller,
    oci::{Digest, ErrorCode, Manifest, Reference, RepositoryName, Tag},
    service::{Intake, Registry},
    storage::Store,
    upstream::Upstream,
};

/// Builds an extension's routes once the registry stands.
pub type RoutesHook = Box<dyn FnOnce(Arc<Registry>) -> axum::Router + Send>;

/// Whom routes are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// Every caller whom the registry lets in. What each of them sees of a repository is for the route to ask of the
    /// [`Registry`]: the [`Caller`](crate::auth::Caller) is among the request's extensions.
    Callers,
    /// Those who may read the metrics.
    Scrapers,
}

/// A route of an extension's: a path without placeholders, and the methods that it answers. What is not declared is not
/// served, so that the authorisation matrix, which a test holds against what is declared, has every route there is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclaredRoute {
    /// The path.
    pub path: String,
    /// The methods.
    pub methods: Vec<Method>,
}

impl DeclaredRoute {
    /// A path that answers GET, and so HEAD.
    pub fn reads(path: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            methods: vec![Method::GET, Method::HEAD],
        }
    }

    /// The same with another method.
    #[must_use]
    pub fn and(mut self, method: Method) -> Self {
        self.methods.push(method);
        self
    }
}

/// Routes that an extension asks for.
pub(crate) struct ExtensionRoutes {
    pub(crate) audience: Audience,
    pub(crate) declared: Vec<DeclaredRoute>,
    pub(crate) build: RoutesHook,
}

/// Builds what is asked for content that is not here, with the way by which content comes in.
pub type UpstreamHook = Box<dyn FnOnce(Intake) -> Arc<dyn Upstream> + Send>;

/// What the built-in extensions ask to be called for.
#[derive(Default)]
pub struct Hooks {
    pub(crate) routes: Vec<ExtensionRoutes>,
    pub(crate) endpoints: Vec<String>,
    pub(crate) push_policies: Vec<Arc<dyn PushPolicy>>,
    pub(crate) observers: Vec<Arc<dyn Observer>>,
    pub(crate) tasks: Vec<Arc<dyn RepositoryTask>>,
    pub(crate) upstream: Option<UpstreamHook>,
    pub(crate) failures: Vec<String>,
}

impl fmt::Debug for Hooks {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Hooks")
            .field("endpoints", &self.endpoints)
            .finish_non_exhaustive()
    }
}

impl Hooks {
    /// Serves routes of the extension's own. A path that the registry serves itself cannot be taken. Each request has its
    /// [`Caller`] among its extensions.
    pub fn routes(
        &mut self,
        declared: impl IntoIterator<Item = DeclaredRoute>,
        build: impl FnOnce(Arc<Registry>) -> axum::Router + Send + 'static,
    ) {
        self.add_routes(Audience::Callers, declared, build);
    }

    /// The same for those who may read the metrics.
    pub fn metrics_routes(
        &mut self,
        declared: impl IntoIterator<Item = DeclaredRoute>,
        build: impl FnOnce(Arc<Registry>) -> axum::Router + Send + 'static,
    ) {
        self.add_routes(Audience::Scrapers, declared, build);
    }

    fn add_routes(
        &mut self,
        audience: Audience,
        declared: impl IntoIterator<Item = DeclaredRoute>,
        build: impl FnOnce(Arc<Registry>) -> axum::Router + Send + 'static,
    ) {
        self.routes.push(ExtensionRoutes {
            audience,
            declared: declared.into_iter().collect(),
            build: Box::new(build),
        });
    }

    /// Every route that was declared.
    pub fn declared_routes(&self) -> impl Iterator<Item = &DeclaredRoute> {
        self.routes.iter().flat_map(|routes| &routes.declared)
    }

    /// Lists an endpoint in `GET /v2/_oci/ext/discover`.
    pub fn endpoint(&mut self, path: impl Into<String>) {
        self.endpoints.push(path.into());
    }

    /// Asks `policy` about every manifest before it is stored.
    pub fn push_policy(&mut self, policy: Arc<dyn PushPolicy>) {
        self.push_policies.push(policy);
    }

    /// Tells `observer` of everything that happens.
    pub fn observer(&mut self, observer: Arc<dyn Observer>) {
        self.observers.push(observer);
    }

    /// Asks what `build` builds for content that is not here. There is one upstream; the first extension that offers one
    /// has it.
    pub fn upstream(&mut self, build: impl FnOnce(Intake) -> Arc<dyn Upstream> + Send + 'static) {
        self.upstream.get_or_insert_with(|| Box::new(build));
    }

    /// Keeps the registry from starting: an extension cannot do what the configuration asks it for.
    pub fn fail(&mut self, reason: impl Into<String>) {
        self.failures.push(reason.into());
    }

    /// Runs `task` on every repository, at once and then each interval.
    pub fn task(&mut self, task: Arc<dyn RepositoryTask>) {
        self.tasks.push(task);
    }
}

/// A manifest that someone wants to push, its digest verified and its blobs in place.
#[derive(Clone, Copy)]
pub struct ManifestPush<'a> {
    /// Where to.
    pub repository: &'a RepositoryName,
    /// The tag or digest in the request's path.
    pub reference: &'a Reference,
    /// The manifest's digest.
    pub digest: &'a Digest,
    /// The manifest.
    pub manifest: &'a Manifest,
    /// The content that is stored, such as the manifest's config.
    pub store: &'a dyn Store,
}

impl fmt::Debug for ManifestPush<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ManifestPush")
            .field("repository", &self.repository)
            .field("reference", &self.reference)
            .field("digest", &self.digest)
            .finish_non_exhaustive()
    }
}

/// Says whether a manifest may be stored.
#[async_trait]
pub trait PushPolicy: Send + Sync {
    /// Judges a push. It holds no lock while it does.
    async fn judge(&self, push: ManifestPush<'_>) -> Result<(), Refusal>;
}

/// Why a policy refuses a push, in the words of the error document.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// The status of the answer.
    pub status: StatusCode,
    /// Its code.
    pub code: ErrorCode,
    /// What the client's user is told.
    pub message: String,
    /// The `detail` object.
    pub detail: serde_json::Map<String, serde_json::Value>,
}

/// Is told what happens. It must return quickly: it is called on the path of requests.
pub trait Observer: Send + Sync {
    /// Something happened.
    fn observe(&self, event: &Event<'_>);
}

/// Tells every observer. Clones share the same observers.
#[derive(Clone, Default)]
pub struct EventSink {
    observers: Arc<[Arc<dyn Observer>]>,
}

impl EventSink {
    /// A sink that tells `observers`, one after the other.
    pub fn new(observers: Vec<Arc<dyn Observer>>) -> Self {
        Self {
            observers: observers.into(),
        }
    }

    /// Whether nobody listens, so that what costs something to find out need not be found out.
    pub fn is_empty(&self) -> bool {
        self.observers.is_empty()
    }

    /// Tells them of `event`.
    pub fn emit(&self, event: &Event<'_>) {
        for observer in &*self.observers {
            observer.observe(event);
        }
    }
}

impl fmt::Debug for EventSink {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("EventSink")
            .field("observers", &self.observers.len())
            .finish()
    }
}

/// What an [`Observer`] is told.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "the fields say what they are; units are in their types")]
pub enum Event<'a> {
    /// A request was answered. `path` has its query, and `latency` ends with the head of the answer. `repository` is set
    /// only where it exists, so that made-up names cannot fill a table.
    Request {
        method: &'a Method,
        path: &'a str,
        status: StatusCode,
        repository: Option<&'a RepositoryName>,
        latency: Duration,
    },
    /// What a repository holds has changed: its manifests, its tags, or that it is there at all. The store itself says so,
    /// whoever caused it, after the change can be seen and before it is acknowledged.
    RepositoryChanged { repository: &'a RepositoryName },
    /// The first manifest of a repository was stored.
    RepositoryCreated { repository: &'a RepositoryName },
    /// A manifest was stored, and `tags` point at it.
    ManifestPushed {
        repository: &'a RepositoryName,
        reference: &'a Reference,
        digest: &'a Digest,
        media_type: &'a str,
        tags: &'a [Tag],
        caller: &'a Caller,
    },
    /// A manifest was served to a GET.
    ManifestPulled {
        repository: &'a RepositoryName,
        digest: &'a Digest,
    },
    /// A tag, or a manifest with its tags, was deleted.
    ManifestDeleted {
        repository: &'a RepositoryName,
        reference: &'a Reference,
    },
    /// A blob was stored or mounted.
    BlobStored {
        repository: &'a RepositoryName,
        digest: &'a Digest,
    },
    /// A blob was deleted.
    BlobDeleted {
        repository: &'a RepositoryName,
        digest: &'a Digest,
    },
    /// A lock on a repository was waited for.
    LockWaited {
        storage: &'a str,
        exclusive: bool,
        latency: Duration,
    },
    /// Garbage collection of one repository ended.
    GarbageCollected {
        repository: &'a RepositoryName,
        outcome: Option<crate::storage::GarbageReport>,
        duration: Duration,
    },
    /// A kind of background task was registered.
    TaskRegistered { name: &'a str, priority: Priority },
    /// A round of tasks began (`active`) or ended.
    TaskRound {
        name: &'a str,
        priority: Priority,
        active: bool,
    },
    /// A background task was put into its queue, which is now this long.
    TaskQueued { priority: Priority, queued: usize },
    /// Workers of the background tasks: how many there are and how many work.
    Workers { total: usize, working: usize },
    /// A background task ended.
    TaskFinished { name: &'a str, duration: Duration },
}

/// Which background task goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Priority {
    /// When nothing else is to be done.
    Low,
    /// In between.
    Medium,
    /// First.
    High,
}

/// Work that is done on each repository, in the background.
#[async_trait]
pub trait RepositoryTask: Send + Sync {
    /// The name in logs and metrics, such as `ScrubTask`.
    fn name(&self) -> &'static str;

    /// How urgent it is.
    fn priority(&self) -> Priority {
        Priority::Low
    }

    /// How long after the beginning of one round the next begins. Zero: there is one round only.
    fn interval(&self) -> Duration;

    /// Works on one repository. What goes wrong, it logs; the next repository's turn comes all the same.
    async fn run(&self, registry: &Registry, repository: &RepositoryName);
}
