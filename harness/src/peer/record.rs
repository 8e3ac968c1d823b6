//! What a peer was asked.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::{HeaderMap, Method};

/// The most requests that are kept of one run.
const MOST: usize = 100_000;

/// A request that came.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// The method.
    pub method: Method,
    /// The path, without the query.
    pub path: String,
    /// The query.
    pub query: Option<String>,
    /// The headers.
    pub headers: HeaderMap,
    /// The status of the answer, if one was given.
    pub status: Option<u16>,
}

/// The requests of a run, in the order in which they came.
#[derive(Clone, Debug, Default)]
pub struct Requests(Arc<Mutex<Vec<Recorded>>>);

impl Requests {
    fn lock(&self) -> MutexGuard<'_, Vec<Recorded>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All of them.
    pub fn all(&self) -> Vec<Recorded> {
        self.lock().clone()
    }

    /// Adds one, and says which it is.
    pub(super) fn came(&self, head: &http::request::Parts) -> usize {
        let mut requests = self.lock();
        if requests.len() < MOST {
            requests.push(Recorded {
                method: head.method.clone(),
                path: head.uri.path().to_owned(),
                query: head.uri.query().map(str::to_owned),
                headers: head.headers.clone(),
                status: None,
            });
            return requests.len() - 1;
        }
        MOST
    }

    /// Notes what one was answered with.
    pub(super) fn answered(&self, which: usize, status: u16) {
        if let Some(request) = self.lock().get_mut(which) {
            request.status = Some(status);
        }
    }
}
