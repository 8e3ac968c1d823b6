//! The vocabulary of the distribution specification: names, digests, tags, ranges, manifests and error codes.
//!
//! Everything here is pure: it parses and prints, and touches neither disk nor network. A value of one of these types is
//! valid by construction, so that nothing further in has to check it again.

mod digest;
mod error;
mod manifest;
mod name;
mod object;
mod range;
mod reference;
mod signature;

pub use digest::{Algorithm, Digest, DigestError, Hasher};
pub use error::ErrorCode;
pub use manifest::{Descriptor, Manifest, ManifestError, ManifestKind, media_type};
pub use name::{NameError, RepositoryName};
pub use range::{ContentRange, ContentRangeError, RequestedRange};
pub use reference::{Reference, Tag, TagError};
pub use signature::SignatureTool;
