//! The store on a file system: `<root>/<name>/` is an OCI image layout, whatever moment one looks at it.
//!
//! What lies where (all names that begin with `.` are ours and never a repository):
//!
//! ```text
//! <root>/.plimsoll.lock                 held by the one server that uses the root
//! <root>/.plimsoll/<folder>/<name>     small files of the registry itself, such as API keys
//! <root>/.pool/<alg>/<2 hex>/<hex>      hard links to blobs, for dedupe
//! <root>/<name>/oci-layout              the repository exists once this file does
//! <root>/<name>/index.json              manifests and tags, seconds old at most
//! <root>/<name>/blobs/<alg>/<hex>       content
//! <root>/<name>/.uploads/<uuid>         upload sessions
//! <root>/<name>/.plimsoll/journal.<n>   changes that index.json may not have yet
//! <root>/<name>/.plimsoll/index.seal    the digest of the index.json that we wrote last
//! ```
//!
//! A change of manifests or tags is one journal line. It is acknowledged when the line is on disk (writers of one
//! repository share an fsync), and only then do readers see it. `index.json` follows in the background.
//!
//! Locks are taken in this order: a repository's journal, its `presence`, the tree, its state. None is held while content
//! is read or written.

mod blobs;
mod catalogue;
mod commit;
mod disk;
mod durability;
#[cfg(test)]
mod faults;
mod flusher;
mod garbage;
mod graph;
mod handles;
mod index_draft;
mod index_file;
mod journal;
mod manifests;
mod pool;
mod private_folder;
mod repository;
mod root;
mod schedule;
mod seal;
mod state;
mod store;
mod sweeper;
mod uploads;

#[cfg(test)]
mod tests;

pub(crate) use private_folder::{PrivateFile, PrivateFolder};
pub use store::FileStore;
