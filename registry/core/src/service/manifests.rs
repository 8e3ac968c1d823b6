//! The bytes of the manifests that were asked for lately: a manifest is small and asked for again and again.

use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock},
};

use bytes::Bytes;

use crate::oci::Digest;

/// How many bytes a generation holds. There are two.
const GENERATION: usize = 2 << 20;
/// Longer ones are rare, and each would push out many others.
const LONGEST: usize = 64 << 10;

/// The bytes of manifests, by their digest, which says all about them. Whether a repository has one is for the store to say.
///
/// What is asked for goes into the young generation. When that is full it becomes the old one, and what was not asked for since
/// the last time goes.
#[derive(Debug, Default)]
pub(super) struct Manifests {
    generations: RwLock<Generations>,
}

#[derive(Debug, Default)]
struct Generations {
    young: HashMap<Digest, Bytes>,
    old: HashMap<Digest, Bytes>,
    /// The bytes of the young ones.
    held: usize,
}

impl Manifests {
    /// The bytes of a manifest, if they are here.
    pub(super) fn get(&self, digest: &Digest) -> Option<Bytes> {
        let bytes = {
            let generations = self.generations.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(bytes) = generations.young.get(digest) {
                return Some(bytes.clone());
            }
            generations.old.get(digest)?.clone()
        };
        self.insert(digest, &bytes);
        Some(bytes)
    }

    /// Keeps the bytes of a manifest, which have this digest, for a while.
    pub(super) fn keep(&self, digest: &Digest, bytes: &Bytes) {
        if bytes.len() <= LONGEST {
            self.insert(digest, bytes);
        }
    }

    fn insert(&self, digest: &Digest, bytes: &Bytes) {
        let mut generations = self.generations.write().unwrap_or_else(PoisonError::into_inner);
        if generations.held + bytes.len() > GENERATION {
            generations.old = std::mem::take(&mut generations.young);
            generations.held = 0;
        }
        if generations.young.insert(digest.clone(), bytes.clone()).is_none() {
            generations.held += bytes.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oci::Algorithm;

    fn manifest(number: usize) -> (Digest, Bytes) {
        let bytes = Bytes::from(format!("{number:032768}"));
        (Algorithm::Sha256.digest(&bytes), bytes)
    }

    #[test]
    fn what_is_asked_for_stays_and_the_rest_goes_in_time() {
        let manifests = Manifests::default();
        let (asked, bytes) = manifest(0);
        manifests.keep(&asked, &bytes);
        let (forgotten, other) = manifest(1);
        manifests.keep(&forgotten, &other);
        for number in 2..1000 {
            let (digest, bytes) = manifest(number);
            manifests.keep(&digest, &bytes);
            assert_eq!(manifests.get(&asked).as_ref(), Some(&manifest(0).1));
        }
        assert_eq!(manifests.get(&forgotten), None);
        let generations = manifests.generations.read().unwrap();
        let held = |generation: &HashMap<Digest, Bytes>| generation.values().map(Bytes::len).sum::<usize>();
        assert_eq!(held(&generations.young), generations.held);
        assert!(held(&generations.young) <= GENERATION && held(&generations.old) <= GENERATION);
    }

    #[test]
    fn what_is_too_long_is_not_kept() {
        let manifests = Manifests::default();
        let long = Bytes::from(vec![0; LONGEST + 1]);
        let digest = Algorithm::Sha256.digest(&long);
        manifests.keep(&digest, &long);
        assert_eq!(manifests.get(&digest), None);
    }
}
