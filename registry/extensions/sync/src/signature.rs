//! Whether an image is signed: by cosign, beside it or as a referrer, or by notation.

use http::HeaderValue;
use plimsoll_registry_core::oci::{Descriptor, Digest, Reference};

use crate::{error::SyncError, service::Place};

/// What signatures are called as referrers.
const ARTIFACT_TYPES: [&str; 3] = [
    "application/vnd.dev.cosign.artifact.sig.v1+json",
    "application/vnd.cncf.notary.signature",
    // Its version follows.
    "application/vnd.dev.sigstore.bundle",
];

/// Whether a descriptor in a list of referrers is that of a signature.
fn is_signature(referrer: &Descriptor) -> bool {
    let kind = referrer.artifact_type.as_deref().unwrap_or_default();
    ARTIFACT_TYPES.into_iter().any(|known| kind.starts_with(known))
}

/// Whether the registry has a signature of a manifest.
pub(crate) async fn is_signed(place: &Place, digest: &Digest, via: &HeaderValue) -> Result<bool, SyncError> {
    let remote = place.remote();
    if let Ok(tag) = format!("{}-{}.sig", digest.algorithm(), digest.hex()).parse() {
        match remote
            .manifest_digest(&place.repository, &Reference::Tag(tag), via)
            .await
        {
            Ok(_) => return Ok(true),
            Err(error) if error.is_absence() => {}
            Err(error) => return Err(error),
        }
    }
    let referrers = remote.referrers(&place.repository, digest, via).await?;
    Ok(referrers.iter().any(is_signature))
}
