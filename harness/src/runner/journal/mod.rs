//! What a run has done to registries: each change with when it was asked for, when it was answered, and what came of it.
//! What was acknowledged has to hold, whatever happens afterwards.

mod expected;
mod operation;

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, Ordering},
};

pub(super) use expected::{Expected, Presence, expected};
pub(super) use operation::{Action, Answered, Operation, Place, classify};

use crate::client::{Request, Response, TransportError};

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
}

impl Journal {
    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether reads are noted too. Only who judges a history needs them.
    pub(super) fn note_reads(&self, note: bool) {
        self.reads.store(note, Ordering::SeqCst);
    }

    /// Notes that something is asked for. Says which it is; none if it concerns nothing that is kept.
    pub(super) fn called(&self, place: Place, client: Option<usize>, request: &Request) -> Option<usize> {
        let (repository, action) = classify(request)?;
        if !action.changes() && !self.reads.load(Ordering::SeqCst) {
            return None;
        }
        let mut entries = self.lock();
        entries.clock += 1;
        let call = entries.clock;
        entries.operations.push(Operation {
            client,
            place: Place {
                repository: repository.to_owned(),
                ..place
            },
            action,
            call,
            returned: None,
            answered: Answered::Nothing,
        });
        Some(entries.operations.len() - 1)
    }

    /// Notes what came of it.
    pub(super) fn returned(&self, which: usize, answer: &Result<Response, TransportError>) {
        let mut entries = self.lock();
        entries.clock += 1;
        let now = entries.clock;
        if let Some(operation) = entries.operations.get_mut(which) {
            operation.returned = Some(now);
            operation.answered = Answered::of(&operation.action, answer);
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
