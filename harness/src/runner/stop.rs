//! Why the steps of a run end before the last.

use crate::{
    assertion::{AssertionError, Kind, Mismatch, PathError},
    client::{TransportError, UrlError},
    scenario::Span,
    target::ServerError,
    template::TemplateError,
};

/// Why the steps of a run end before the last.
#[derive(Clone, Debug)]
pub(super) enum Stop {
    /// A check did not hold.
    Failed(Mismatch),
    /// The harness, its surroundings or the scenario itself is wrong.
    Error(Mismatch),
    /// The registry says that it does not have this.
    Unsupported(String),
    /// What the scenario builds on is not there.
    Precondition(String),
    /// Somebody ended the run.
    Interrupted,
}

impl Stop {
    /// A failure in one sentence.
    pub(super) fn failed(message: impl Into<String>) -> Self {
        Self::Failed(said(Kind::default(), message))
    }

    /// An error in one sentence.
    pub(super) fn error(message: impl Into<String>) -> Self {
        Self::Error(said(Kind::Harness, message))
    }

    /// At a place, unless a closer one is known.
    #[must_use]
    pub(super) fn at(self, span: &Span) -> Self {
        self.map(|mismatch| mismatch.at(span))
    }

    /// As a failure of `kind`, unless a kind is known that says more.
    #[must_use]
    pub(super) fn being(self, kind: Kind) -> Self {
        match self {
            Self::Failed(mismatch) => Self::Failed(mismatch.being(kind)),
            other => other,
        }
    }

    /// With other words.
    #[must_use]
    pub(super) fn map(self, change: impl FnOnce(Mismatch) -> Mismatch) -> Self {
        match self {
            Self::Failed(mismatch) => Self::Failed(change(mismatch)),
            Self::Error(mismatch) => Self::Error(change(mismatch)),
            other => other,
        }
    }

    /// Of a server that was running before: then it is the registry's fault that it does not start or end.
    pub(super) fn of_server(error: &ServerError) -> Self {
        match error {
            ServerError::Unprivileged | ServerError::NoFaketime => Self::Precondition(error.to_string()),
            ServerError::Surroundings { .. } | ServerError::Container { .. } | ServerError::State(_) => {
                Self::error(error.to_string())
            }
            ServerError::EndedEarly { .. } | ServerError::NotReady { .. } | ServerError::NotStopped { .. } => {
                Self::failed(error.to_string()).being(Kind::Ended)
            }
        }
    }
}

fn said(kind: Kind, message: impl Into<String>) -> Mismatch {
    Mismatch {
        kind,
        span: None,
        message: message.into(),
        expected: None,
        actual: None,
    }
}

impl From<AssertionError> for Stop {
    fn from(error: AssertionError) -> Self {
        match error {
            AssertionError::Mismatch(mismatch) => Self::Failed(mismatch),
            AssertionError::Template(error) => error.into(),
        }
    }
}

impl From<Mismatch> for Stop {
    fn from(mismatch: Mismatch) -> Self {
        Self::Failed(mismatch)
    }
}

impl From<TemplateError> for Stop {
    fn from(error: TemplateError) -> Self {
        Self::Error(Mismatch {
            span: error.span,
            ..said(Kind::Harness, error.message)
        })
    }
}

impl From<PathError> for Stop {
    fn from(error: PathError) -> Self {
        Self::error(error.to_string())
    }
}

impl From<UrlError> for Stop {
    fn from(error: UrlError) -> Self {
        Self::error(error.to_string())
    }
}

impl From<TransportError> for Stop {
    fn from(error: TransportError) -> Self {
        if error.is_the_registrys() {
            Self::failed(format!("the registry gave no answer: {error}")).being(Kind::NoAnswer)
        } else {
            Self::error(error.to_string())
        }
    }
}
