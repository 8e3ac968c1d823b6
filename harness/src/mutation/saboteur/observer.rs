//! A meddler that keeps its hands off, and remembers what was asked.

use std::sync::{Mutex, PoisonError};

use futures_util::future::BoxFuture;

use super::{Answer, Meddler, Request, RequestHead, ask};

/// Relays everything, and remembers the heads of requests.
#[derive(Debug, Default)]
pub(crate) struct Observer(Mutex<Vec<RequestHead>>);

impl Observer {
    /// What was asked, in order.
    pub(crate) fn take(&self) -> Vec<RequestHead> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Meddler for Observer {
    fn wants(&self, head: &RequestHead) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(head.clone());
        false
    }

    fn answer<'a>(&'a self, request: Request, authority: &'a str) -> BoxFuture<'a, Option<Answer>> {
        Box::pin(async move { ask(authority, &request).await.ok() })
    }
}
