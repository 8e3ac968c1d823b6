//! Operations on one thing that holds one value at a time.

/// A value: a number that stands for it.
pub(in crate::runner) type Value = u64;

/// An operation, from call to return.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::runner) struct Event {
    /// Who asked.
    pub(in crate::runner) client: Option<usize>,
    /// What is shown of it.
    pub(in crate::runner) label: String,
    /// When it was called.
    pub(in crate::runner) call: u64,
    /// When it returned. None: nobody knows whether it has happened, or will.
    pub(in crate::runner) returned: Option<u64>,
    /// What it saw, if it saw anything.
    pub(in crate::runner) reads: Reads,
    /// What it left, if it changed anything.
    pub(in crate::runner) writes: Option<Value>,
}

/// What an operation says of the value that it found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::runner) enum Reads {
    /// Nothing.
    Anything,
    /// It was this.
    Is(Value),
    /// It was not this.
    IsNot(Value),
    /// What it says contradicts itself.
    Never,
}

impl Reads {
    /// Whether the value may have been this.
    pub(in crate::runner) fn admits(self, value: Value) -> bool {
        match self {
            Self::Anything => true,
            Self::Is(seen) => seen == value,
            Self::IsNot(other) => other != value,
            Self::Never => false,
        }
    }
}

impl Event {
    /// The value after it, if it can have happened on `value`.
    pub(super) fn apply(&self, value: Value) -> Option<Value> {
        self.reads.admits(value).then(|| self.writes.unwrap_or(value))
    }

    /// Whether this had returned before `other` was called.
    pub(super) fn precedes(&self, other: &Self) -> bool {
        self.returned.is_some_and(|returned| returned < other.call)
    }
}
