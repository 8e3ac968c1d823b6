//! Remembers for a while which passwords were right, without the passwords.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use sha2::{Digest as _, Sha256};
use tokio::sync::OnceCell;

/// How long an answer is remembered.
const LIFE: Duration = Duration::from_mins(1);
/// How many answers are remembered.
const MOST: usize = 4096;

/// A user with a password, of which neither can be found out: a hash with a key that this process alone has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Fingerprint([u8; 32]);

/// The answer to one credential. Those who bring the same wait for one verification.
pub(super) type Answer = Arc<OnceCell<bool>>;

/// The answers.
#[derive(Debug)]
pub(super) struct Cache {
    key: [u8; 16],
    answers: Mutex<HashMap<Fingerprint, (Instant, Answer)>>,
}

impl Cache {
    pub(super) fn new() -> Self {
        Self {
            // The system's random numbers.
            key: uuid::Uuid::new_v4().into_bytes(),
            answers: Mutex::default(),
        }
    }

    pub(super) fn fingerprint(&self, user: &str, password: &[u8]) -> Fingerprint {
        let mut hasher = Sha256::new();
        hasher.update(self.key);
        hasher.update((user.len() as u64).to_le_bytes());
        hasher.update(user);
        hasher.update(password);
        Fingerprint(hasher.finalize().into())
    }

    /// The answer to a credential, which may not be there yet.
    pub(super) fn answer(&self, fingerprint: Fingerprint) -> Answer {
        let now = Instant::now();
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((begun, answer)) = answers.get(&fingerprint)
            && now.duration_since(*begun) < LIFE
        {
            return Arc::clone(answer);
        }
        if answers.len() >= MOST {
            answers.retain(|_, (begun, _)| now.duration_since(*begun) < LIFE);
        }
        if answers.len() >= MOST {
            answers.clear();
        }
        let answer = Answer::default();
        answers.insert(fingerprint, (now, Arc::clone(&answer)));
        answer
    }

    /// Forgets one. A wrong password is not remembered: its user may be given it in the next moment.
    pub(super) fn forget(&self, fingerprint: Fingerprint) {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        answers.remove(&fingerprint);
    }

    /// Forgets all.
    pub(super) fn clear(&self) {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_of_user_and_password_and_of_this_process() {
        let cache = Cache::new();
        let fingerprint = cache.fingerprint("ab", b"c");
        assert_eq!(fingerprint, cache.fingerprint("ab", b"c"));
        assert_ne!(fingerprint, cache.fingerprint("a", b"bc"));
        assert_ne!(fingerprint, Cache::new().fingerprint("ab", b"c"));
    }

    #[test]
    fn the_number_of_answers_is_bounded() {
        let cache = Cache::new();
        for number in 0..2 * MOST {
            cache.answer(cache.fingerprint("alice", &number.to_le_bytes()));
        }
        assert!(cache.answers.lock().unwrap().len() <= MOST);
    }
}
