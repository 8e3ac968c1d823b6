//! The users of the file, as it is now.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicUsize, Ordering},
    },
    thread::available_parallelism,
    time::{Duration, Instant},
};

use tokio::sync::Semaphore;

use super::{
    super::{AuthError, Rejected},
    cache::{Cache, Fingerprint},
    file::Table,
};
use crate::stamp::Stamp;

/// The longest password in bytes: bcrypt does not look at more, so that all longer ones would be the same.
const LONGEST: usize = 72;
/// How many passwords may wait to be verified. More is an attack, or a flood that retries will smooth.
const WAITING: usize = 64;
/// How often the file is looked at.
const LOOK: Duration = Duration::from_millis(200);

/// The users.
#[derive(Debug)]
pub(in super::super) struct Users {
    path: PathBuf,
    table: RwLock<Arc<Table>>,
    looked: Mutex<Looked>,
    cache: Cache,
    /// Verifications at a time: they keep a processor busy each, and requests want some as well.
    workers: Semaphore,
    waiting: AtomicUsize,
}

#[derive(Debug)]
struct Looked {
    at: Instant,
    stamp: Option<Stamp>,
}

/// One who waits for a verification.
struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Users {
    /// The users of the file at `path`.
    pub(in super::super) fn open(path: &Path) -> Result<Self, AuthError> {
        // Before it is read: a change in between is then seen at the next look.
        let stamp = Stamp::of(path).ok();
        let workers = available_parallelism().map_or(1, |number| number.get().div_ceil(2));
        Ok(Self {
            path: path.to_owned(),
            table: RwLock::new(Arc::new(Table::read(path)?)),
            looked: Mutex::new(Looked {
                at: Instant::now(),
                stamp,
            }),
            cache: Cache::new(),
            workers: Semaphore::new(workers),
            waiting: AtomicUsize::new(0),
        })
    }

    /// Whether there is such a user.
    pub(in super::super) fn know(&self, user: &str) -> bool {
        self.current().hash(user).1
    }

    /// Whether the password is the user's. It takes as long for a user that there is not.
    pub(in super::super) async fn verify(&self, user: &str, password: &[u8]) -> Result<bool, Rejected> {
        if password.len() > LONGEST || password.contains(&0) {
            return Ok(false);
        }
        let table = self.current();
        let fingerprint = self.cache.fingerprint(user, password);
        let answer = self.cache.answer(fingerprint);
        let verify = || self.hash(Arc::clone(&table), user.to_owned(), password.to_owned());
        let right = *answer
            .get_or_try_init(verify)
            .await
            .inspect_err(|_| self.cache.forget(fingerprint))?;
        if !right {
            self.cache.forget(fingerprint);
        }
        Ok(right && self.still(&table, fingerprint))
    }

    /// Whether nothing of the file changed while a password was verified.
    fn still(&self, table: &Arc<Table>, fingerprint: Fingerprint) -> bool {
        let same = Arc::ptr_eq(table, &self.table.read().unwrap_or_else(PoisonError::into_inner));
        if !same {
            self.cache.forget(fingerprint);
        }
        same
    }

    async fn hash(&self, table: Arc<Table>, user: String, password: Vec<u8>) -> Result<bool, Rejected> {
        let waiting = Waiting(&self.waiting);
        if self.waiting.fetch_add(1, Ordering::Relaxed) >= WAITING {
            return Err(Rejected::Busy);
        }
        let _permit = self.workers.acquire().await.map_err(|_| Rejected::Busy)?;
        let verified = tokio::task::spawn_blocking(move || {
            let (hash, known) = table.hash(&user);
            // Both are looked at in any case, so that the time does not tell which of them it was.
            bcrypt::verify(&password, hash).unwrap_or(false) & known
        });
        let verified = verified.await.map_err(|_| Rejected::Busy);
        drop(waiting);
        verified
    }

    /// What the file says, read again if it has changed. One that cannot be read leaves things as they were.
    fn current(&self) -> Arc<Table> {
        let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        if looked.at.elapsed() >= LOOK {
            looked.at = Instant::now();
            // One that is gone is no change to read: it may be about to be replaced.
            let stamp = Stamp::of(&self.path).ok();
            if stamp.is_some() && stamp != looked.stamp {
                looked.stamp = stamp;
                self.reload();
            }
        }
        drop(looked);
        Arc::clone(&self.table.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn reload(&self) {
        match Table::read(&self.path) {
            Ok(table) => {
                *self.table.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(table);
                self.cache.clear();
                tracing::info!(path = %self.path.display(), "htpasswd file reloaded");
            }
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::error!(error, "failed to reload the htpasswd file; what it said before holds");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;

    fn line(user: &str, password: &str) -> String {
        format!("{user}:{}\n", bcrypt::hash(password, 4).unwrap())
    }

    fn users(folder: &TempDir, text: &str) -> Users {
        let path = folder.path().join("htpasswd");
        fs::write(&path, text).unwrap();
        Users::open(&path).unwrap()
    }

    /// Waits until the file has been looked at as it is now.
    async fn seen(users: &Users) {
        let current = Stamp::of(&users.path).unwrap();
        let look = async {
            while users.looked.lock().unwrap().stamp != Some(current) {
                users.know("anyone");
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), look)
            .await
            .expect("a look");
    }

    #[tokio::test]
    async fn the_password_is_the_users_or_it_is_wrong() {
        let folder = TempDir::new().unwrap();
        let long = "x".repeat(72);
        let users = users(&folder, &(line("alice", "secret") + &line("bob", &long)));
        for (user, password, right) in [
            ("alice", "secret", true),
            ("alice", "secret", true),
            ("alice", "Secret", false),
            ("alice", "", false),
            ("alice", "secret\0", false),
            ("alice", "secret\0more", false),
            ("bob", "secret", false),
            ("bob", &long, true),
            ("bob", &format!("{long}y"), false),
            ("mallory", "secret", false),
            ("", "secret", false),
        ] {
            assert_eq!(
                users.verify(user, password.as_bytes()).await,
                Ok(right),
                "{user} {password:?}"
            );
        }
    }

    #[tokio::test]
    async fn a_user_that_is_taken_out_is_out_although_the_password_was_remembered() {
        let folder = TempDir::new().unwrap();
        let users = users(&folder, &(line("alice", "secret") + &line("bob", "hello")));
        assert_eq!(users.verify("alice", b"secret").await, Ok(true));
        fs::write(folder.path().join("htpasswd"), line("bob", "changed")).unwrap();
        seen(&users).await;
        assert_eq!(users.verify("alice", b"secret").await, Ok(false));
        assert_eq!(users.verify("bob", b"hello").await, Ok(false));
        assert_eq!(users.verify("bob", b"changed").await, Ok(true));
        // What cannot be read changes nothing.
        fs::write(folder.path().join("htpasswd"), "bob:broken\n").unwrap();
        seen(&users).await;
        assert!(users.know("bob") && !users.know("alice"));
    }

    #[tokio::test]
    async fn more_than_can_be_verified_is_told_to_come_back() {
        let folder = TempDir::new().unwrap();
        let users = Arc::new(users(&folder, &line("alice", "secret")));
        // Nobody gets to work meanwhile.
        let permits = u32::try_from(users.workers.available_permits()).unwrap();
        let held = users.workers.acquire_many(permits).await.unwrap();
        let attempts: Vec<_> = (0..=WAITING)
            .map(|number| {
                let users = Arc::clone(&users);
                tokio::spawn(async move { users.verify("alice", &number.to_le_bytes()[..1]).await })
            })
            .collect();
        while users.waiting.load(Ordering::Relaxed) < WAITING {
            tokio::task::yield_now().await;
        }
        assert_eq!(users.verify("alice", b"one more").await, Err(Rejected::Busy));
        drop(held);
        let mut busy = 0;
        for attempt in attempts {
            busy += usize::from(attempt.await.unwrap() == Err(Rejected::Busy));
        }
        assert!(busy <= 1, "{busy}");
        assert_eq!(users.verify("alice", b"secret").await, Ok(true));
    }
}
