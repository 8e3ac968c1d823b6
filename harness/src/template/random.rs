//! Random content from a seed: the same seed gives the same bytes on every machine.

use sha2::{Digest, Sha256};

/// How far the state moves for each eight bytes.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// A seeded generator (`SplitMix64`). Good enough to be incompressible, not for secrets.
#[derive(Clone, Debug)]
pub struct Random {
    state: u64,
}

impl Random {
    /// A generator for `purpose`. Other purposes get other bytes from the same seed.
    pub fn new(seed: u64, purpose: &[&str]) -> Self {
        let mut hash = Sha256::new();
        hash.update(seed.to_le_bytes());
        for part in purpose {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part.as_bytes());
        }
        let mut state = [0; 8];
        state.copy_from_slice(&hash.finalize()[..8]);
        Self {
            state: u64::from_le_bytes(state),
        }
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(STEP);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 up to, but without, `limit`; 0 where that is 0.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.next().checked_rem(limit).unwrap_or_default()
    }

    /// A generator of its own, for content that is made again and again.
    #[must_use]
    pub fn fork(&mut self) -> Self {
        Self { state: self.next() }
    }

    /// Goes past `length` bytes, which have to be a multiple of eight, at once.
    pub fn skip(&mut self, length: u64) {
        self.state = self.state.wrapping_add(STEP.wrapping_mul(length / 8));
    }

    /// The next `length` bytes.
    pub fn bytes(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(length + 8);
        while bytes.len() < length {
            bytes.extend_from_slice(&self.next().to_le_bytes());
        }
        bytes.truncate(length);
        bytes
    }

    /// The next `length` hexadecimal digits.
    pub fn hex(&mut self, length: usize) -> String {
        let mut text = super::content::hex(&self.bytes(length.div_ceil(2)));
        text.truncate(length);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_and_purpose_give_the_same_bytes() {
        assert_eq!(Random::new(7, &["a"]).bytes(100), Random::new(7, &["a"]).bytes(100));
        assert_ne!(Random::new(7, &["a"]).bytes(100), Random::new(8, &["a"]).bytes(100));
        assert_ne!(
            Random::new(7, &["ab", "c"]).bytes(100),
            Random::new(7, &["a", "bc"]).bytes(100)
        );
    }

    #[test]
    fn hexadecimal_digits_come_in_odd_numbers_too() {
        assert_eq!(Random::new(1, &[]).hex(7).len(), 7);
    }
}
