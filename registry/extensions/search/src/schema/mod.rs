//! The GraphQL schema: zot's, whose names are the contract with `zli` and other clients. The texts that describe types and
//! fields are what a client's user reads.

mod context;
mod cve;
mod image;
mod input;
mod layer;
mod limits;
mod manifest;
mod order;
mod query;
mod referrer;
mod repository;
mod result;
mod time;

use async_graphql::{EmptyMutation, EmptySubscription};

pub(crate) use context::QueryContext;
pub(crate) use limits::{LONGEST_QUERY, admit};
use query::Query;

/// The schema.
pub(crate) type Schema = async_graphql::Schema<Query, EmptyMutation, EmptySubscription>;

/// Builds the schema.
pub(crate) fn build() -> Schema {
    Schema::build(Query, EmptyMutation, EmptySubscription)
        .limit_recursive_depth(limits::DEEPEST)
        .finish()
}

/// The schema in GraphQL's own language.
pub(crate) fn sdl() -> String {
    build().sdl()
}
