//! The error codes of the specification (spec.md#error-codes), and the few that registries have beside them.

use std::fmt;

/// What the `code` of an error answer can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    /// code-1: a blob that is not known to the registry.
    BlobUnknown,
    /// code-2: an upload that is out of order or malformed.
    BlobUploadInvalid,
    /// code-3: an upload session that does not exist.
    BlobUploadUnknown,
    /// code-4: a digest that is malformed, unsupported, or not that of the content.
    DigestInvalid,
    /// code-5: a manifest that names content which is not there.
    ManifestBlobUnknown,
    /// code-6: a manifest that is none, or that a policy refuses.
    ManifestInvalid,
    /// code-7: a manifest that is not known to the repository.
    ManifestUnknown,
    /// code-8: a repository name that does not follow the grammar.
    NameInvalid,
    /// code-9: a repository that is not known to the registry.
    NameUnknown,
    /// code-10: a length that is not that of the content.
    SizeInvalid,
    /// code-11: credentials are needed.
    Unauthorized,
    /// code-12: the caller may not do this.
    Denied,
    /// code-13: an operation that this registry does not have, or has switched off.
    Unsupported,
    /// code-14: too many requests.
    TooManyRequests,
    /// The storage cannot do it now, for which the table has nothing. It goes with status 503 only.
    Unavailable,
    /// A fault of the registry, for which the table has nothing. It goes with a status of 500 and above only.
    Unknown,
}

impl ErrorCode {
    /// The code as it stands in the error document.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BlobUnknown => "BLOB_UNKNOWN",
            Self::BlobUploadInvalid => "BLOB_UPLOAD_INVALID",
            Self::BlobUploadUnknown => "BLOB_UPLOAD_UNKNOWN",
            Self::DigestInvalid => "DIGEST_INVALID",
            Self::ManifestBlobUnknown => "MANIFEST_BLOB_UNKNOWN",
            Self::ManifestInvalid => "MANIFEST_INVALID",
            Self::ManifestUnknown => "MANIFEST_UNKNOWN",
            Self::NameInvalid => "NAME_INVALID",
            Self::NameUnknown => "NAME_UNKNOWN",
            Self::SizeInvalid => "SIZE_INVALID",
            Self::Unauthorized => "UNAUTHORIZED",
            Self::Denied => "DENIED",
            Self::Unsupported => "UNSUPPORTED",
            Self::TooManyRequests => "TOOMANYREQUESTS",
            Self::Unavailable => "UNAVAILABLE",
            Self::Unknown => "UNKNOWN",
        }
    }

    /// What the code means, for people.
    pub const fn message(self) -> &'static str {
        match self {
            Self::BlobUnknown => "blob unknown to the registry",
            Self::BlobUploadInvalid => "blob upload invalid",
            Self::BlobUploadUnknown => "blob upload unknown to the registry",
            Self::DigestInvalid => "digest invalid, or not that of the content",
            Self::ManifestBlobUnknown => "manifest names content unknown to the registry",
            Self::ManifestInvalid => "manifest invalid",
            Self::ManifestUnknown => "manifest unknown to the registry",
            Self::NameInvalid => "repository name invalid",
            Self::NameUnknown => "repository name unknown to the registry",
            Self::SizeInvalid => "length is not that of the content",
            Self::Unauthorized => "authentication required",
            Self::Denied => "access to the resource is denied",
            Self::Unsupported => "the operation is unsupported",
            Self::TooManyRequests => "too many requests",
            Self::Unavailable => "service unavailable",
            Self::Unknown => "the registry failed",
        }
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
