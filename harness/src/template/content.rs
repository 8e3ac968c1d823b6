//! Content: bytes with their digests, as templates see them.

use std::{
    fmt::{self, Write as _},
    sync::{Arc, OnceLock},
};

use bytes::Bytes;
use minijinja::{
    Error, ErrorKind, State,
    value::{Object, ObjectRepr, Value, from_args},
};
use sha2::{Digest, Sha256, Sha512};

/// A digest algorithm that the specification registers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Algorithm {
    /// `sha256`.
    #[default]
    Sha256,
    /// `sha512`.
    Sha512,
}

impl Algorithm {
    /// The algorithm of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "sha256" => Some(Self::Sha256),
            "sha512" => Some(Self::Sha512),
            _ => None,
        }
    }

    /// The digest of `bytes`, as `algorithm:hex`.
    pub fn digest(self, bytes: &[u8]) -> String {
        match self {
            Self::Sha256 => format!("sha256:{}", hex(&Sha256::digest(bytes))),
            Self::Sha512 => format!("sha512:{}", hex(&Sha512::digest(bytes))),
        }
    }
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// What a manifest names: other content, and how it has to be pushed.
#[derive(Clone, Debug)]
pub struct Part {
    /// The field that names it: `config`, `layers`, `manifests`.
    pub field: String,
    /// How it is pushed.
    pub role: Role,
    /// What it is.
    pub content: Content,
}

/// How content is pushed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// As a blob.
    Blob,
    /// As a manifest, after its own parts.
    Manifest,
}

/// Bytes with their digests. Cheap to clone.
#[derive(Clone)]
pub struct Content(Arc<Inner>);

struct Inner {
    bytes: Bytes,
    algorithm: Algorithm,
    media_type: Option<String>,
    parts: Vec<Part>,
    sha256: OnceLock<String>,
    sha512: OnceLock<String>,
}

impl Content {
    /// Plain bytes.
    pub fn new(bytes: impl Into<Bytes>, algorithm: Algorithm) -> Self {
        Self::manifest(bytes, algorithm, None, Vec::new())
    }

    /// A manifest, which has a media type and names other content.
    pub fn manifest(
        bytes: impl Into<Bytes>,
        algorithm: Algorithm,
        media_type: Option<String>,
        parts: Vec<Part>,
    ) -> Self {
        Self(Arc::new(Inner {
            bytes: bytes.into(),
            algorithm,
            media_type,
            parts,
            sha256: OnceLock::new(),
            sha512: OnceLock::new(),
        }))
    }

    /// The bytes.
    pub fn bytes(&self) -> &Bytes {
        &self.0.bytes
    }

    /// The media type, if it is a manifest.
    pub fn media_type(&self) -> Option<&str> {
        self.0.media_type.as_deref()
    }

    /// What it names, in the order of its fields.
    pub fn parts(&self) -> &[Part] {
        &self.0.parts
    }

    /// The digest in its own algorithm.
    pub fn digest(&self) -> &str {
        self.digest_in(self.0.algorithm)
    }

    /// The digest in an algorithm, computed once.
    pub fn digest_in(&self, algorithm: Algorithm) -> &str {
        let cell = match algorithm {
            Algorithm::Sha256 => &self.0.sha256,
            Algorithm::Sha512 => &self.0.sha512,
        };
        cell.get_or_init(|| algorithm.digest(&self.0.bytes))
    }

    /// The bytes from `begin` to before `end`; `None` if it has not so many.
    pub fn slice(&self, begin: usize, end: usize) -> Option<Self> {
        (begin <= end && end <= self.0.bytes.len()).then(|| Self::new(self.0.bytes.slice(begin..end), self.0.algorithm))
    }

    /// As templates see it.
    pub fn into_value(self) -> Value {
        Value::from_object(self)
    }

    fn named(&self, field: &str) -> impl Iterator<Item = Value> {
        self.0
            .parts
            .iter()
            .filter(move |part| part.field == field)
            .map(|part| part.content.clone().into_value())
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} bytes, {}", self.0.bytes.len(), self.digest())
    }
}

impl Object for Content {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        Some(match key.as_str()? {
            "digest" => self.digest().into(),
            "sha256" => self.digest_in(Algorithm::Sha256).into(),
            "sha512" => self.digest_in(Algorithm::Sha512).into(),
            "hex" => self.digest().split_once(':')?.1.into(),
            "size" => self.0.bytes.len().into(),
            "text" => String::from_utf8_lossy(&self.0.bytes).into_owned().into(),
            "media_type" => self.media_type()?.into(),
            "config" => self.named("config").next()?,
            field @ ("layers" | "manifests") => self.named(field).collect(),
            _ => return None,
        })
    }

    fn call_method(self: &Arc<Self>, _: &mut State<'_, '_>, method: &str, arguments: &[Value]) -> Result<Value, Error> {
        if method != "slice" {
            return Err(Error::new(
                ErrorKind::UnknownMethod,
                format!("content has no method `{method}`"),
            ));
        }
        let (begin, end): (usize, Option<usize>) = from_args(arguments)?;
        let size = self.0.bytes.len();
        self.slice(begin, end.unwrap_or(size))
            .map(Self::into_value)
            .ok_or_else(|| {
                Error::new(
                    ErrorKind::InvalidOperation,
                    format!(
                        "a slice from {begin} to {} is not within {size} bytes",
                        end.unwrap_or(size)
                    ),
                )
            })
    }

    fn render(self: &Arc<Self>, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&String::from_utf8_lossy(&self.0.bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_that_of_the_bytes_in_the_chosen_algorithm() {
        let content = Content::new("abc", Algorithm::Sha256);
        assert_eq!(
            content.digest(),
            "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        let content = Content::new("abc", Algorithm::Sha512);
        assert!(content.digest().starts_with("sha512:ddaf35a193617abacc417349"));
        assert_eq!(content.digest().len(), "sha512:".len() + 128);
    }

    #[test]
    fn a_slice_is_half_open_and_within_the_bytes() {
        let content = Content::new("0123456789", Algorithm::Sha256);
        assert_eq!(content.slice(2, 4).unwrap().bytes().as_ref(), b"23");
        assert_eq!(content.slice(0, 10).unwrap().bytes().len(), 10);
        assert_eq!(content.slice(10, 10).unwrap().bytes().len(), 0);
        assert!(content.slice(4, 11).is_none());
        assert!(content.slice(4, 3).is_none());
    }
}
