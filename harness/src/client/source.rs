//! A body that is made while it is sent, so that it may be larger than the memory.

use std::{fmt, sync::Arc};

use bytes::Bytes;
use sha2::{Digest, Sha256};

type Blocks = Box<dyn Iterator<Item = Bytes> + Send>;

/// A body that is made again each time it is sent.
#[derive(Clone)]
pub struct Source {
    length: u64,
    blocks: Arc<dyn Fn() -> Blocks + Send + Sync>,
}

impl Source {
    /// A body of `length` bytes, which `blocks` gives in order.
    pub fn new<I>(length: u64, blocks: impl Fn() -> I + Send + Sync + 'static) -> Self
    where
        I: Iterator<Item = Bytes> + Send + 'static,
    {
        Self {
            length,
            blocks: Arc::new(move || Box::new(blocks())),
        }
    }

    /// How many bytes it has.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Its bytes.
    pub fn blocks(&self) -> impl Iterator<Item = Bytes> + Send + use<> {
        (self.blocks)()
    }

    /// Its digest, in sha256.
    pub fn digest(&self) -> String {
        let mut hash = Sha256::new();
        self.blocks().for_each(|block| hash.update(&block));
        digest_text(hash)
    }
}

/// `sha256:…` of what was hashed.
pub(super) fn digest_text(hash: Sha256) -> String {
    format!("sha256:{:x}", Hex(&hash.finalize()))
}

struct Hex<'a>(&'a [u8]);

impl fmt::LowerHex for Hex<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} bytes that are made while they are sent", self.length)
    }
}
