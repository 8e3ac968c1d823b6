//! The registry itself: the gate, the policies, the observers, and the store behind them.

use std::{mem, sync::Arc};

use super::{
    Deleter, Intake, OpenError, Pusher, Reader, RegistryError, Result, inspector::Inspector, manifests::Manifests,
};
use crate::{
    auth::{Action, Caller, Gate},
    config::Config,
    hooks::{EventSink, Hooks, PushPolicy},
    oci::RepositoryName,
    storage::{FileStore, Listing, Page, Store},
    upstream::Upstream,
};

/// The registry: the gate, the policies, and the store behind them.
pub struct Registry {
    pub(super) store: Arc<dyn Store>,
    pub(super) gate: Gate,
    pub(super) events: EventSink,
    pub(super) intake: Intake,
    pub(super) upstream: Option<Arc<dyn Upstream>>,
    pub(super) manifests: Manifests,
    pub(super) inspector: Arc<Inspector>,
    /// The longest blob in bytes.
    pub(super) longest_blob: Option<u64>,
}

impl Registry {
    /// A registry on the storage that is configured, with the policies and observers that extensions gave. It takes them
    /// out of `hooks`.
    pub fn open(config: &Config, hooks: &mut Hooks) -> Result<Self, OpenError> {
        let gate = Gate::new(&config.http)?;
        let events = EventSink::new(mem::take(&mut hooks.observers));
        let store = FileStore::open(&config.storage, events.clone())?;
        let policies = mem::take(&mut hooks.push_policies);
        let mut registry = Self {
            gate,
            longest_blob: config.http.limits.blob,
            ..Self::new(Arc::new(store), policies, events)
        };
        registry.intake.docker_images = config.http.docker_images;
        registry.intake.sparse = config.storage.sparse;
        registry.upstream = hooks.upstream.take().map(|build| build(registry.intake.clone()));
        Ok(registry)
    }

    /// A registry on `store`, which asks `policies` about every manifest and tells `events` what happens. Docker's manifests
    /// and sparse images cannot be pushed to it.
    pub fn new(store: Arc<dyn Store>, policies: Vec<Arc<dyn PushPolicy>>, events: EventSink) -> Self {
        let intake = Intake {
            store: Arc::clone(&store),
            policies: policies.into(),
            events: events.clone(),
            docker_images: false,
            sparse: false,
            id: format!("plimsoll-{}", uuid::Uuid::new_v4().simple()).into(),
        };
        Self {
            inspector: Inspector::new(Arc::clone(&store)),
            store,
            gate: Gate::default(),
            events,
            intake,
            upstream: None,
            manifests: Manifests::default(),
            longest_blob: None,
        }
    }

    /// The store itself, for what runs inside this process on nobody's behalf: background tasks and commands.
    pub fn store(&self) -> &dyn Store {
        &*self.store
    }

    /// What decides who may do what.
    pub const fn gate(&self) -> &Gate {
        &self.gate
    }

    /// The registry that this one mirrors, if there is one.
    pub fn upstream(&self) -> Option<&Arc<dyn Upstream>> {
        self.upstream.as_ref()
    }

    /// Where to tell of what happens.
    pub const fn events(&self) -> &EventSink {
        &self.events
    }

    /// What `caller` may read in a repository.
    pub fn reader<'a>(&'a self, caller: &Caller, repository: &'a RepositoryName) -> Result<Reader<'a>> {
        let grant = self.gate.admit(caller, Action::Read, repository)?;
        Ok(Reader::new(self, grant))
    }

    /// What `caller` may push to a repository.
    pub fn pusher<'a>(&'a self, caller: &'a Caller, repository: &'a RepositoryName) -> Result<Pusher<'a>> {
        let grant = self.gate.admit(caller, Action::Create, repository)?;
        Ok(Pusher::new(self, caller, grant))
    }

    /// What `caller` may delete in a repository.
    pub fn deleter<'a>(&'a self, caller: &'a Caller, repository: &'a RepositoryName) -> Result<Deleter<'a>> {
        let grant = self.gate.admit(caller, Action::Delete, repository)?;
        Ok(Deleter::new(self, caller, grant))
    }

    /// What to say where `unknown` is not found: that, or that the repository itself is not there.
    pub(super) async fn absent(&self, repository: &RepositoryName, unknown: RegistryError) -> RegistryError {
        match self.store.repository_exists(repository).await {
            Ok(true) => unknown,
            Ok(false) => RegistryError::RepositoryUnknown,
            Err(error) => error.into(),
        }
    }

    /// The names of the repositories that `caller` may read.
    pub async fn catalog(&self, caller: &Caller, page: Page<String>) -> Result<Listing<RepositoryName>> {
        self.gate.admit_catalog(caller)?;
        let mut items = Vec::new();
        let Page { mut after, limit } = page;
        loop {
            let wanted = limit - items.len();
            let listing = self.store.repositories(Page { after, limit: wanted }).await?;
            after = listing.items.last().map(ToString::to_string);
            let listed = |name: &RepositoryName| self.gate.lists(caller, name);
            items.extend(listing.items.into_iter().filter(listed));
            if items.len() >= limit || !listing.more || after.is_none() {
                let more = listing.more;
                return Ok(Listing { items, more });
            }
        }
    }
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Registry").finish_non_exhaustive()
    }
}
