//! Tells signatures from images.
//!
//! What decides is what the manifest holds, not what it is called: a tag such as `sha256-….sig` costs nothing, but an image
//! whose every layer is declared to be a signature is none that any client would run.

use super::Manifest;

const COSIGN_LAYER: &str = "application/vnd.dev.cosign.simplesigning.v1+json";
const SIGSTORE_BUNDLE: &str = "application/vnd.dev.sigstore.bundle";
const NOTATION: &str = "application/vnd.cncf.notary.signature";
const NOTATION_ENVELOPES: [&str; 2] = ["application/jose+json", "application/cose"];

/// A tool that signs images.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SignatureTool {
    /// Sigstore's cosign.
    Cosign,
    /// Notary's notation.
    Notation,
}

impl SignatureTool {
    /// The tool whose signature the manifest is: it has layers, and each is one. `None`: it is no signature.
    pub fn of(manifest: &Manifest) -> Option<Self> {
        let is_notation = manifest.referrer_type() == Some(NOTATION);
        let tool = |media_type: &str| {
            if media_type == COSIGN_LAYER || is_bundle(media_type) {
                Some(Self::Cosign)
            } else if is_notation && NOTATION_ENVELOPES.contains(&media_type) {
                Some(Self::Notation)
            } else {
                None
            }
        };
        let mut tools = manifest.layers.iter().map(|layer| tool(&layer.media_type));
        let first = tools.next()??;
        tools.all(|tool| tool.is_some()).then_some(first)
    }

    /// Its name, as zot writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cosign => "cosign",
            Self::Notation => "notation",
        }
    }
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

    fn tool(artifact_type: Option<&str>, config: &str, layers: &[&str]) -> Option<SignatureTool> {
        SignatureTool::of(&manifest(artifact_type, config, layers))
    }

    #[test]
    fn what_cosign_and_notation_push_is_a_signature() {
        let image_config = "application/vnd.oci.image.config.v1+json";
        let empty = "application/vnd.oci.empty.v1+json";
        let cosign = Some(SignatureTool::Cosign);
        let notation = Some(SignatureTool::Notation);
        assert_eq!(tool(None, image_config, &[COSIGN_LAYER, COSIGN_LAYER]), cosign);
        let bundle = "application/vnd.dev.sigstore.bundle.v0.3+json";
        assert_eq!(tool(Some(bundle), empty, &[bundle]), cosign);
        assert_eq!(tool(None, NOTATION, &["application/jose+json"]), notation);
        assert_eq!(tool(Some(NOTATION), empty, &["application/cose"]), notation);
    }

    #[test]
    fn an_image_is_none_whatever_it_calls_itself() {
        let tar = "application/vnd.oci.image.layer.v1.tar+gzip";
        assert_eq!(tool(Some(NOTATION), NOTATION, &[tar]), None);
        assert_eq!(tool(None, NOTATION, &[COSIGN_LAYER, tar]), None);
        assert_eq!(tool(Some(NOTATION), NOTATION, &[]), None);
        assert_eq!(tool(None, "x", &["application/jose+json"]), None);
        assert_eq!(tool(None, "x", &["application/vnd.dev.sigstore.bundles"]), None);
    }
}
