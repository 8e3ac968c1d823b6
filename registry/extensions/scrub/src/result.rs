//! What a pass finds, and how it is shown.

use std::fmt;

use plimsoll_registry_core::oci::{Digest, RepositoryName, Tag};
use serde::Serialize;

/// What is wrong with content, in zot's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Fault {
    #[error("blob not found")]
    NotFound,
    #[error("bad blob digest")]
    BadDigest,
    #[error("invalid manifest content")]
    BadManifest,
    /// A config that is not JSON.
    #[error("invalid server config")]
    BadConfig,
    #[error("blob cannot be read: {0}")]
    Unreadable(String),
}

/// A piece of content that is damaged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Damage {
    pub(crate) digest: Digest,
    pub(crate) fault: Fault,
}

/// One image, and whether it is what was pushed.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ScrubResult {
    pub(crate) image_name: String,
    pub(crate) tag: String,
    pub(crate) status: Status,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) affected_blob: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) error: String,
    /// What is damaged, for whoever may mend it.
    #[serde(skip)]
    pub(crate) damaged: Option<Digest>,
}

/// Whether an image is what was pushed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Status {
    Ok,
    Affected,
}

impl Status {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Affected => "affected",
        }
    }
}

impl ScrubResult {
    /// The result for a manifest, or with no damage and no tag for one that has none.
    pub(crate) fn new(repository: &RepositoryName, tag: Option<&Tag>, damage: Option<&Damage>) -> Self {
        Self {
            image_name: repository.to_string(),
            tag: tag.map(ToString::to_string).unwrap_or_default(),
            status: if damage.is_some() { Status::Affected } else { Status::Ok },
            affected_blob: damage.map(|damage| damage.digest.hex().to_owned()).unwrap_or_default(),
            error: damage.map(|damage| damage.fault.to_string()).unwrap_or_default(),
            damaged: damage.map(|damage| damage.digest.clone()),
        }
    }
}

impl fmt::Display for ScrubResult {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let status = self.status.as_str();
        formatter.write_str(&row([
            &self.image_name,
            &self.tag,
            status,
            &self.affected_blob,
            &self.error,
        ]))
    }
}

/// A row of the table, as wide as zot's.
pub(crate) fn row(columns: [&str; 5]) -> String {
    let [repository, tag, status, blob, error] = columns;
    let line = format!("{repository:<32} {tag:<24} {status:<8} {blob:<64} {error}");
    line.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_have_zots_columns() {
        let repository: RepositoryName = "test".parse().unwrap();
        let tag: Tag = "1.0".parse().unwrap();
        let digest = plimsoll_registry_core::oci::Algorithm::Sha256.digest(b"x");
        let words = |text: String| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let fine = ScrubResult::new(&repository, Some(&tag), None);
        assert_eq!(words(fine.to_string()), ["test", "1.0", "ok"]);
        let damage = Damage {
            digest: digest.clone(),
            fault: Fault::BadDigest,
        };
        let bad = ScrubResult::new(&repository, Some(&tag), Some(&damage));
        assert_eq!(
            words(bad.to_string()),
            ["test", "1.0", "affected", digest.hex(), "bad", "blob", "digest"]
        );
        assert_eq!(
            serde_json::to_value(&bad).unwrap(),
            serde_json::json!({
                "imageName": "test", "tag": "1.0", "status": "affected", "affectedBlob": digest.hex(),
                "error": "bad blob digest"
            })
        );
    }
}
