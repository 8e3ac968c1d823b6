//! What a run has done to registries: each change with when it was asked for, when it was answered, and what came of it.
//! What was acknowledged has to hold, whatever happens afterwards.

mod expected;
mod operation;
mod session;

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, Ordering},
};

pub(super) use expected::{Expected, Presence, expected};
pub(super) use operation::{Action, Answered, Operation, Place};

use self::session::Sessions;
use crate::client::{Exchange, Request};

/// The operations of a run. All its clients share it.
#[derive(Clone, Debug, Default)]
pub(super) struct Journal {
    entries: Arc<Mutex<Entries>>,
    reads: Arc<AtomicBool>,
}

#[derive(Debug, Default)]
struct Entries {
    /// Counts calls and returns: a smaller number was earlier, whoever's it was.
    clock: u64,
    operations: Vec<Operation>,
    sessions: Sessions,
}

impl Entries {
    /// Where a request acts, and how. `place` is known of the project's servers, and says nothing of the repository.
    fn classify(&self, place: Option<&Place>, request: &Request) -> Option<(Place, Action)> {
        if let Some(session) = self.sessions.of(&request.url) {
            let action = operation::on_session(request, &session.name)?;
            return Some((session.place.clone(), action));
        }
        let (repository, action) = operation::classify(request)?;
        let place = Place {
            repository: repository.to_owned(),
            ..place?.clone()
        };
        Some((place, action))
    }
}

impl Journal {
    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether reads are noted too. Only who judges a history needs them.
    pub(super) fn note_reads(&self, note: bool) {
        self.reads.store(note, Ordering::SeqCst);
    }

    /// What a request asks for, if it concerns something that is kept.
    pub(super) fn action(&self, request: &Request) -> Option<Action> {
        let nowhere = Place::default();
        let classified = self.lock().classify(Some(&nowhere), request);
        classified.map(|(_, action)| action)
    }

    /// Notes that something is asked for. Says which it is; none if it concerns nothing that is kept. `place` is that of the
    /// server, if it is one whose content is judged.
    pub(super) fn called(&self, place: Option<&Place>, client: Option<usize>, request: &Request) -> Option<usize> {
        let mut entries = self.lock();
        let (place, action) = entries.classify(place, request)?;
        if !action.changes() && !self.reads.load(Ordering::SeqCst) {
            return None;
        }
        entries.clock += 1;
        let call = entries.clock;
        entries.operations.push(Operation {
            client,
            place,
            action,
            call,
            returned: None,
            answered: Answered::Nothing,
        });
        Some(entries.operations.len() - 1)
    }

    /// Notes what came of it, and where the upload goes on that it is about.
    pub(super) fn returned(&self, which: Option<usize>, place: Option<&Place>, request: &Request, exchange: &Exchange) {
        let mut entries = self.lock();
        if let Ok(response) = &exchange.answer {
            entries.sessions.learn(place, request, &exchange.request.url, response);
        }
        entries.clock += 1;
        let now = entries.clock;
        if let Some(operation) = which.and_then(|which| entries.operations.get_mut(which)) {
            operation.returned = Some(now);
            operation.answered = Answered::of(&operation.action, &exchange.answer);
        }
    }

    /// How many operations there are.
    pub(super) fn len(&self) -> usize {
        self.lock().operations.len()
    }

    /// The operations from `begin` on, in the order in which they were called.
    pub(super) fn since(&self, begin: usize) -> Vec<Operation> {
        self.lock().operations.get(begin..).unwrap_or_default().to_vec()
    }
}
