//! The extension in a registry of this process, over its whole API.

mod answers;
mod fixture;
mod follows;
mod images;
mod lists;
mod rights;
mod store;

use fixture::Fixture;
