//! What the registry does, whoever asks.
//!
//! [`Registry`] alone owns the store. A request reaches content through a [`Reader`], [`Pusher`] or [`Deleter`], which
//! only the gate's consent yields; background tasks and commands, which act on nobody's behalf, use the store itself.

mod deleter;
mod error;
mod inspector;
mod intake;
mod manifests;
mod pusher;
mod reader;
mod registry;

pub use deleter::Deleter;
pub use error::{OpenError, RegistryError};
pub use intake::{Incoming, Intake};
pub use pusher::{PushedManifest, Pusher};
pub use reader::{FoundManifest, Reader};
pub use registry::Registry;

type Result<T, E = RegistryError> = std::result::Result<T, E>;
