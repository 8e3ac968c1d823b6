//! What is pushed and pulled: blobs that cost nothing to make, and the manifests around them.

use std::sync::{LazyLock, Mutex, PoisonError};

use bytes::Bytes;
use serde_json::json;
use sha2::{Digest as _, Sha256};

/// The repository that nearly everything happens in.
pub(super) const REPOSITORY: &str = "bench/app";
/// The tag of its image.
pub(super) const TAG: &str = "latest";
/// The media type of its manifest.
pub(super) const IMAGE: &str = "application/vnd.oci.image.manifest.v1+json";

/// How many bytes the end has that makes a blob different from all others.
const TAIL: u64 = 32;
/// How many bytes are handed over at a time.
const PIECE: u64 = 256 << 10;

/// What blobs are made of, again and again: nothing that could be compressed.
static BLOCK: LazyLock<Bytes> = LazyLock::new(|| {
    const LENGTH: u64 = 1 << 20;
    let digests = (0..LENGTH / 32).flat_map(|number| Sha256::digest(number.to_le_bytes()));
    digests.collect::<Vec<u8>>().into()
});

/// The running hash of all but the end of a blob, for each size that was asked for: what differs is the end alone, so that a
/// gibibyte is hashed once and not for every push.
static BEGINNINGS: Mutex<Vec<(u64, Sha256)>> = Mutex::new(Vec::new());

/// A blob.
#[derive(Clone, Debug)]
pub(super) struct Blob {
    size: u64,
    tail: Bytes,
    digest: String,
}

impl Blob {
    /// The blob of `size` bytes, at least [`TAIL`], that `name` names.
    pub(super) fn new(size: u64, name: &str) -> Self {
        let tail = Sha256::digest(name);
        let mut hash = beginning(size);
        hash.update(tail);
        Self {
            size,
            tail: tail.to_vec().into(),
            digest: digest_text(hash),
        }
    }

    /// A blob of exactly these bytes.
    pub(super) fn of(bytes: impl Into<Bytes>) -> Self {
        let tail = bytes.into();
        Self {
            size: tail.len() as u64,
            digest: digest_text(Sha256::new_with_prefix(&tail)),
            tail,
        }
    }

    /// How many bytes it has.
    pub(super) const fn size(&self) -> u64 {
        self.size
    }

    /// Its digest, in sha256.
    pub(super) fn digest(&self) -> &str {
        &self.digest
    }

    /// Some of its bytes from `offset` on, without a copy; none at the end.
    pub(super) fn piece(&self, offset: u64) -> Bytes {
        let body = self.size - self.tail.len() as u64;
        let narrow = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        if offset >= body {
            return self.tail.slice(narrow(offset - body).min(self.tail.len())..);
        }
        let begin = offset % BLOCK.len() as u64;
        let length = PIECE.min(BLOCK.len() as u64 - begin).min(body - offset);
        BLOCK.slice(narrow(begin)..narrow(begin + length))
    }

    /// All of its bytes, in pieces.
    pub(super) fn pieces(&self) -> impl Iterator<Item = Bytes> {
        let mut offset = 0;
        std::iter::from_fn(move || {
            let piece = self.piece(offset);
            offset += piece.len() as u64;
            (!piece.is_empty()).then_some(piece)
        })
    }
}

fn beginning(size: u64) -> Sha256 {
    let mut known = BEGINNINGS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, hash)) = known.iter().find(|(other, _)| *other == size) {
        return hash.clone();
    }
    let mut hash = Sha256::new();
    let mut left = size.saturating_sub(TAIL);
    while left > 0 {
        let length = left.min(BLOCK.len() as u64);
        hash.update(&BLOCK[..usize::try_from(length).unwrap_or(BLOCK.len())]);
        left -= length;
    }
    known.push((size, hash.clone()));
    hash
}

fn digest_text(hash: Sha256) -> String {
    let hex: Vec<String> = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{}", hex.concat())
}

/// An empty config, which all images share.
pub(super) fn config() -> Blob {
    Blob::of("{}")
}

/// A manifest that `name` tells apart from others, of an image with these layers, which refers to `subject`.
pub(super) fn manifest(name: &str, layers: &[Blob], subject: Option<&Blob>) -> Blob {
    let descriptor = |media_type: &str, blob: &Blob| json!({ "mediaType": media_type, "digest": blob.digest(), "size": blob.size() });
    let layers: Vec<_> = layers
        .iter()
        .map(|layer| descriptor("application/vnd.oci.image.layer.v1.tar", layer))
        .collect();
    let mut manifest = json!({
        "schemaVersion": 2,
        "mediaType": IMAGE,
        "config": descriptor("application/vnd.oci.image.config.v1+json", &config()),
        "layers": layers,
        "annotations": { "org.opencontainers.image.title": name },
    });
    if let Some(subject) = subject {
        manifest["artifactType"] = json!("application/vnd.example.signature");
        manifest["subject"] = descriptor(IMAGE, subject);
    }
    Blob::of(manifest.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blob_has_its_size_its_digest_and_an_end_of_its_own() {
        for size in [64, PIECE, (1 << 20) + TAIL, 3_000_001] {
            let (one, other) = (Blob::new(size, "one"), Blob::new(size, "other"));
            assert_ne!(one.digest(), other.digest());
            for blob in [&one, &other] {
                let bytes: Vec<u8> = blob.pieces().flatten().collect();
                assert_eq!(bytes.len() as u64, size);
                assert_eq!(digest_text(Sha256::new_with_prefix(&bytes)), blob.digest());
            }
        }
        assert_eq!(Blob::new(64, "one").digest(), Blob::new(64, "one").digest());
        assert!(Blob::of("").pieces().next().is_none());
    }
}
