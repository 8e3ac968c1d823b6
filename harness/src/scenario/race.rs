//! Operations that several clients race, and the model that their history is held against.

use std::{sync::Arc, time::Duration};

use super::{Step, Value};

/// Runs clients side by side and judges what they did and saw.
#[derive(Clone, Debug)]
pub struct Race {
    /// `seconds`: how long.
    pub lasts: Duration,
    /// `clients`.
    pub clients: Vec<Racers>,
    /// `model`.
    pub model: Model,
}

/// Clients that do the same.
#[derive(Clone, Debug)]
pub struct Racers {
    /// `count`.
    pub count: Value,
    /// `do`: again and again.
    pub steps: Arc<[Step]>,
}

/// What something has to behave like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Model {
    /// A tag holds what was put there last.
    RegisterPerTag,
    /// A blob is there once it was put, until it is deleted.
    SetOfBlobs,
    /// An upload takes each byte once, in order, until it is closed.
    UploadSession,
}

impl Model {
    /// As scenarios write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::RegisterPerTag => "register per tag",
            Self::SetOfBlobs => "set of blobs",
            Self::UploadSession => "upload session",
        }
    }
}
