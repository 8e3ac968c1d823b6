//! What the registry holds, in memory, read from content and kept up to date from what the store says of changes.
//!
//! Nothing is read before the first query. That one lists the repositories and reads each; from then on a query reads only
//! repositories that changed since the last one, and of these only manifests that were not there before. A query that
//! nothing changed before reads nothing.

mod catalogue;
mod changes;
mod image;
mod reader;
mod repository;

pub(crate) use catalogue::{Catalogue, IndexError, Snapshot};
pub(crate) use changes::Changes;
pub(crate) use image::Image;
pub(crate) use reader::read_config;
pub(crate) use repository::RepositorySnapshot;
