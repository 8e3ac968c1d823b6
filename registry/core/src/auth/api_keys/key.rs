//! One key.

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{record::Record, scopes::Scopes, secret::Hash};
use crate::oci::RepositoryName;

/// How many seconds pass before it is noted again that a key was used.
const NOTED_EVERY: i64 = 60;
/// Stands for a time that has not been.
const NEVER: i64 = i64::MIN;

/// Whose a key is: who made it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Owner {
    /// The name.
    pub name: String,
    /// What proved it. When that can no longer prove it, the key ends.
    pub proof: Proof,
}

/// What proves a name to be somebody's for as long as it is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Proof {
    /// A password of the htpasswd file.
    Password,
    /// A certificate that one of the authorities has signed.
    Certificate,
}

/// A key, of which nobody knows the secret but who has it.
#[derive(Debug)]
pub struct ApiKey {
    record: Record,
    scopes: Scopes,
    /// In seconds since 1970.
    last_used: AtomicI64,
    /// When that was last noted on the disk.
    noted: AtomicI64,
}

impl ApiKey {
    pub(super) fn new(record: Record, last_used: Option<Timestamp>) -> Result<Self, String> {
        let last_used = last_used.map_or(NEVER, Timestamp::as_second);
        Ok(Self {
            scopes: Scopes::new(&record.scopes)?,
            record,
            last_used: AtomicI64::new(last_used),
            noted: AtomicI64::new(last_used),
        })
    }

    /// What the key is called: it is told of by this, and taken back.
    pub const fn id(&self) -> Uuid {
        self.record.uuid
    }

    /// Whose it is.
    pub const fn owner(&self) -> &Owner {
        &self.record.owner
    }

    /// What its owner wrote on it.
    pub fn label(&self) -> &str {
        &self.record.label
    }

    /// The patterns of the repositories that it is for. None: all of its owner's.
    pub fn scopes(&self) -> &[String] {
        &self.record.scopes
    }

    /// When it was made.
    pub const fn created_at(&self) -> Timestamp {
        self.record.created_at
    }

    /// When it ends, if it does.
    pub const fn expires_at(&self) -> Option<Timestamp> {
        self.record.expiration_date
    }

    /// Whether it has ended at `now`.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at().is_some_and(|end| end <= now)
    }

    /// The `User-Agent` of who made it.
    pub fn creator_agent(&self) -> &str {
        &self.record.creator_ua
    }

    /// When it was last used, if ever; after a restart it may be a minute earlier than it was.
    pub fn last_used(&self) -> Option<Timestamp> {
        Timestamp::from_second(self.last_used.load(Ordering::Relaxed)).ok()
    }

    /// Notes that it is used. `true`: it is time to note that on the disk.
    pub(super) fn mark_used(&self, now: Timestamp) -> bool {
        let now = now.as_second();
        self.last_used.store(now, Ordering::Relaxed);
        let noted = self.noted.load(Ordering::Relaxed);
        // Of several who are here at once, one notes it.
        now >= noted.saturating_add(NOTED_EVERY)
            && self
                .noted
                .compare_exchange(noted, now, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
    }

    pub(super) fn has(&self, hash: &Hash) -> bool {
        self.record.hash.is(hash)
    }

    pub(super) const fn record(&self) -> &Record {
        &self.record
    }

    /// Whether it is for `repository`.
    pub fn is_for(&self, repository: &RepositoryName) -> bool {
        self.scopes.have(repository)
    }

    /// Whether it is for all that its owner may do.
    pub const fn is_unlimited(&self) -> bool {
        self.scopes.are_unlimited()
    }
}
