//! What the registry does, whoever asks.

use crate::storage::Store;
use std::sync::Arc;

/// The registry: the gate, the policies, and the store behind them.
pub struct Registry {
    store: Arc<dyn Store>,
}

impl Registry {
    /// The store itself, for what runs inside this process on nobody's behalf: background tasks and commands.
    pub fn store(&self) -> &dyn Store {
        &*self.store
    }
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Registry").finish_non_exhaustive()
    }
}
