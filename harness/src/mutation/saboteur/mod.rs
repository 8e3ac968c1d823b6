//! The saboteur: an HTTP/1.1 proxy between the harness and a registry that passes everything through byte for byte, except
//! for the exchanges that somebody meddles with.
//!
//! What nobody meddles with is relayed as it comes, never held. What is not plain HTTP/1.1 is not read at all: from there
//! on the connection is a tunnel, so that odd framing meets the registry as it was sent.

mod chunked;
mod connection;
mod front;
mod listener;
mod message;
mod observer;
mod registry;
mod wire;

#[cfg(test)]
mod tests;

use futures_util::future::BoxFuture;

pub(super) use front::Saboteur;
pub(super) use listener::Listener;
pub(super) use message::{Answer, Ending, Headers, Message, Request};
pub(super) use observer::Observer;
pub(super) use registry::ask;
pub(super) use wire::RequestHead;

/// Who decides what becomes of a request.
pub(super) trait Meddler: std::fmt::Debug + Send + Sync {
    /// Whether the exchange that begins with `head` is to be meddled with. If not it is relayed.
    fn wants(&self, head: &RequestHead) -> bool;

    /// Answers `request`, with or without the help of the registry at `authority`. `None` ends the connection without a word.
    fn answer<'a>(&'a self, request: Request, authority: &'a str) -> BoxFuture<'a, Option<Answer>>;
}
