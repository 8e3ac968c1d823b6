//! The text of a key, and the hash that is kept of it.

use std::hint::black_box;

use serde::{Deserialize, Serialize};

use crate::oci::{Algorithm, Digest};

/// What every key begins with, as zot's do: it tells keys from other secrets where one is found lying about.
pub(crate) const PREFIX: &str = "zak_";

/// A new key: 122 bits from the system's random numbers, as zot writes them.
pub(super) fn generate() -> String {
    format!("{PREFIX}{}", uuid::Uuid::new_v4().simple())
}

/// Whether a password has the form of a key.
pub(super) fn is_key(password: &[u8]) -> bool {
    let digits = password.strip_prefix(PREFIX.as_bytes()).unwrap_or_default();
    digits.len() == 32 && digits.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// The SHA-256 of a key.
///
/// A slow hash such as bcrypt makes up for passwords that can be guessed. Nobody guesses 122 random bits, so it would only make
/// each request of a program as costly as a login.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Hash(Digest);

impl Hash {
    pub(super) fn of(password: &[u8]) -> Self {
        Self(Algorithm::Sha256.digest(password))
    }

    /// Whether it is the same, in a time that does not tell where it begins to differ.
    pub(super) fn is(&self, other: &Self) -> bool {
        let pairs = self.0.hex().bytes().zip(other.0.hex().bytes());
        let same_length = self.0.hex().len() == other.0.hex().len();
        let difference = pairs.fold(0, |difference, (one, other)| black_box(difference | (one ^ other)));
        same_length && difference == 0
    }
}

impl std::fmt::Debug for Hash {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Hash(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_a_form_of_its_own_and_no_two_are_the_same() {
        let key = generate();
        assert!(is_key(key.as_bytes()), "{key}");
        assert_ne!(key, generate());
        for other in [
            "",
            "zak_",
            "secret",
            &key[4..],
            &key[..35],
            &format!("{key}0"),
            &key.to_uppercase(),
        ] {
            assert!(!is_key(other.as_bytes()), "{other}");
        }
    }

    #[test]
    fn a_hash_is_that_of_one_key_and_is_not_shown() {
        let (one, other) = (Hash::of(b"zak_1"), Hash::of(b"zak_2"));
        assert!(one.is(&Hash::of(b"zak_1")) && !one.is(&other));
        assert_eq!(format!("{one:?}"), "Hash(***)");
    }
}
