//! Tells signatures from images.
//!
//! What decides is what the manifest holds, not what it is called: a tag such as `sha256-….sig` costs nothing, but an image
//! whose every layer is declared to be a signature is none that any client would run.

use plimsoll_registry_core::oci::Manifest;

const COSIGN_LAYER: &str = "application/vnd.dev.cosign.simplesigning.v1+json";
const SIGSTORE_BUNDLE: &str = "application/vnd.dev.sigstore.bundle";
const NOTATION: &str = "application/vnd.cncf.notary.signature";
const NOTATION_ENVELOPES: [&str; 2] = ["application/jose+json", "application/cose"];

/// Whether the manifest is a signature of cosign's or notation's: it has layers, and each is one.
pub(crate) fn is_signature(manifest: &Manifest) -> bool {
    let is_notation = manifest.referrer_type() == Some(NOTATION);
    let is_signature_layer = |media_type: &str| {
        media_type == COSIGN_LAYER || is_bundle(media_type) || (is_notation && NOTATION_ENVELOPES.contains(&media_type))
    };
    !manifest.layers.is_empty()
        && manifest
            .layers
            .iter()
            .all(|layer| is_signature_layer(&layer.media_type))
}

/// Bundles have their version in the type: `….bundle.v0.3+json`.
fn is_bundle(media_type: &str) -> bool {
    media_type
        .strip_prefix(SIGSTORE_BUNDLE)
        .is_some_and(|rest| rest.starts_with(".v") || rest.starts_with("+json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(artifact_type: Option<&str>, config: &str, layers: &[&str]) -> Manifest {
        let digest = format!("sha256:{}", "0".repeat(64));
        let layers: Vec<_> = layers
            .iter()
            .map(|media_type| serde_json::json!({"mediaType": media_type, "digest": digest, "size": 1}))
            .collect();
        let mut document = serde_json::json!({
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": {"mediaType": config, "digest": digest, "size": 1},
            "layers": layers,
        });
        if let Some(artifact_type) = artifact_type {
            document["artifactType"] = artifact_type.into();
        }
        Manifest::parse(document.to_string().as_bytes(), None).unwrap()
    }

    #[test]
    fn what_cosign_and_notation_push_is_a_signature() {
        let image_config = "application/vnd.oci.image.config.v1+json";
        let empty = "application/vnd.oci.empty.v1+json";
        assert!(is_signature(&manifest(
            None,
            image_config,
            &[COSIGN_LAYER, COSIGN_LAYER]
        )));
        let bundle = "application/vnd.dev.sigstore.bundle.v0.3+json";
        assert!(is_signature(&manifest(Some(bundle), empty, &[bundle])));
        assert!(is_signature(&manifest(None, NOTATION, &["application/jose+json"])));
        assert!(is_signature(&manifest(Some(NOTATION), empty, &["application/cose"])));
    }

    #[test]
    fn an_image_is_none_whatever_it_calls_itself() {
        let tar = "application/vnd.oci.image.layer.v1.tar+gzip";
        assert!(!is_signature(&manifest(Some(NOTATION), NOTATION, &[tar])));
        assert!(!is_signature(&manifest(None, NOTATION, &[COSIGN_LAYER, tar])));
        assert!(!is_signature(&manifest(Some(NOTATION), NOTATION, &[])));
        assert!(!is_signature(&manifest(None, "x", &["application/jose+json"])));
        assert!(!is_signature(&manifest(
            None,
            "x",
            &["application/vnd.dev.sigstore.bundles"]
        )));
    }
}
