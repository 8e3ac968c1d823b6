//! All keys: made, found, listed and taken back.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use jiff::Timestamp;
use uuid::Uuid;

use super::{
    key::{ApiKey, Owner},
    record::Record,
    secret::{self, Hash},
};
use crate::{
    config,
    storage::{PrivateFile, PrivateFolder, StorageError},
};

/// How many keys one user may have. All of them are compared with each that is shown.
const MOST: usize = 100;
/// How much of a `User-Agent` is kept, in characters.
const AGENT: usize = 256;

/// Why there is no such key, or none is made.
#[derive(Debug, thiserror::Error)]
pub enum ApiKeyError {
    /// The caller is nobody who could have keys.
    #[error("authentication required")]
    Unauthenticated,
    /// The caller showed a key.
    #[error("an API key is no way to another one; show the password or the certificate of its owner")]
    ByKey,
    /// What is asked for means nothing.
    #[error("{0}")]
    Malformed(String),
    /// The owner has as many as may be.
    #[error("a user has at most {MOST} API keys, those that have expired included; delete one first")]
    TooMany,
    /// The owner has no such key.
    #[error("no such API key")]
    Unknown,
    /// It could not be stored or removed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// What a key shall be.
#[derive(Clone, Debug, Default)]
pub struct KeyRequest {
    /// What is written on it.
    pub label: String,
    /// The patterns of the repositories that it is for.
    pub scopes: Vec<String>,
    /// When it ends, if it does.
    pub expires_at: Option<Timestamp>,
    /// The `User-Agent` of who asks for it.
    pub agent: String,
}

/// A key that was made, with what is never seen again.
pub struct NewKey {
    /// The key.
    pub key: Arc<ApiKey>,
    /// What is shown as the password.
    pub secret: String,
}

impl std::fmt::Debug for NewKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("NewKey")
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

/// The keys of all users. They are in memory, and each in a file.
#[derive(Debug)]
pub struct ApiKeys {
    folder: PrivateFolder,
    /// Held by who changes them, so that files and memory do the same.
    changes: Mutex<()>,
    by_owner: RwLock<ByOwner>,
}

type ByOwner = HashMap<String, Vec<Arc<ApiKey>>>;

impl ApiKeys {
    /// The keys below the root. It reads all of them.
    pub fn open(storage: &config::Storage) -> Result<Self, StorageError> {
        let folder = PrivateFolder::below(&storage.root_directory, "apikeys", storage.commit);
        let mut by_owner = ByOwner::new();
        for file in folder.read()? {
            let key = Arc::new(parse(&file)?);
            by_owner.entry(key.owner().name.clone()).or_default().push(key);
        }
        for keys in by_owner.values_mut() {
            keys.sort_by_key(|key| (key.created_at(), key.id()));
        }
        Ok(Self {
            folder,
            changes: Mutex::default(),
            by_owner: RwLock::new(by_owner),
        })
    }

    /// Makes a key.
    pub fn create(&self, owner: Owner, request: KeyRequest) -> Result<NewKey, ApiKeyError> {
        let now = Timestamp::now();
        if request.expires_at.is_some_and(|end| end <= now) {
            return Err(ApiKeyError::Malformed("the expiration date has passed".to_owned()));
        }
        let secret = secret::generate();
        let record = Record {
            uuid: Uuid::new_v4(),
            hash: Hash::of(secret.as_bytes()),
            label: request.label,
            scopes: request.scopes,
            created_at: now,
            expiration_date: request.expires_at,
            creator_ua: request.agent.chars().take(AGENT).collect(),
            owner,
        };
        let key = Arc::new(ApiKey::new(record, None).map_err(ApiKeyError::Malformed)?);
        let name = &key.owner().name;
        let _changing = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        if self.of(name).len() >= MOST {
            return Err(ApiKeyError::TooMany);
        }
        let content = serde_json::to_vec(key.record()).map_err(|error| ApiKeyError::Malformed(error.to_string()))?;
        self.folder.write(&file_name(key.id()), &content)?;
        self.change(|by_owner| by_owner.entry(name.clone()).or_default().push(Arc::clone(&key)));
        Ok(NewKey {
            key: Arc::clone(&key),
            secret,
        })
    }

    /// Takes a key back that is `owner`'s.
    pub fn delete(&self, owner: &str, id: Uuid) -> Result<(), ApiKeyError> {
        let _changing = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        if self.with_id(owner, id).is_none() {
            return Err(ApiKeyError::Unknown);
        }
        // It is good until it is gone for certain, as it would be good again after a crash.
        self.folder.remove(&file_name(id))?;
        self.change(|by_owner| {
            if let Some(keys) = by_owner.get_mut(owner) {
                keys.retain(|key| key.id() != id);
            }
            by_owner.retain(|_, keys| !keys.is_empty());
        });
        Ok(())
    }

    fn change(&self, change: impl FnOnce(&mut ByOwner)) {
        change(&mut self.by_owner.write().unwrap_or_else(PoisonError::into_inner));
    }

    /// The keys of `owner`, from the oldest.
    pub fn of(&self, owner: &str) -> Vec<Arc<ApiKey>> {
        let by_owner = self.by_owner.read().unwrap_or_else(PoisonError::into_inner);
        by_owner.get(owner).cloned().unwrap_or_default()
    }

    /// The key of `owner` that `password` is, expired or not.
    pub(in super::super) fn find(&self, owner: &str, password: &[u8]) -> Option<Arc<ApiKey>> {
        if !secret::is_key(password) {
            return None;
        }
        let hash = Hash::of(password);
        // All are looked at, so that the time does not tell which it was.
        let mut found = self.of(owner);
        found.retain(|key| key.has(&hash));
        found.pop()
    }

    /// The key of `owner` that is called so, expired or not.
    pub(in super::super) fn with_id(&self, owner: &str, id: Uuid) -> Option<Arc<ApiKey>> {
        self.of(owner).into_iter().find(|key| key.id() == id)
    }

    /// Notes that a key is used.
    pub(in super::super) fn used(&self, key: &ApiKey) {
        if !key.mark_used(Timestamp::now()) {
            return;
        }
        let (folder, name) = (self.folder.clone(), file_name(key.id()));
        tokio::task::spawn_blocking(move || {
            // It may have been taken back meanwhile.
            if let Err(error) = folder.touch(&name) {
                tracing::debug!(%error, "failed to note that an API key was used");
            }
        });
    }
}

fn file_name(id: Uuid) -> String {
    format!("{id}.json")
}

fn parse(file: &PrivateFile) -> Result<ApiKey, StorageError> {
    let damaged = |reason: String| StorageError::Corrupt {
        path: file.path.display().to_string(),
        reason: format!("{reason}; restore the file, or take it away, and with it the key"),
    };
    let record: Record = serde_json::from_slice(&file.content).map_err(|error| {
        // What is there is not repeated.
        let (line, column) = (error.line(), error.column());
        damaged(format!(
            "line {line}, column {column}: it is not the record of an API key"
        ))
    })?;
    if file.name != file_name(record.uuid) {
        return Err(damaged("it is the record of another API key".to_owned()));
    }
    let last_used = file.touched.and_then(|time| Timestamp::try_from(time).ok());
    ApiKey::new(record, last_used).map_err(damaged)
}
