//! Content that is made up and pushed byte by byte, where no client makes what a test needs.

use std::{collections::BTreeMap, fmt::Write as _};

use libtest_mimic::Failed;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

const IMAGE: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// Pushes to one registry, without credentials.
#[derive(Clone, Debug)]
pub struct Push {
    client: reqwest::Client,
    base: String,
}

/// A digest in the making.
#[derive(Clone, Debug, Default)]
pub struct Hasher(Sha256);

impl Hasher {
    /// Adds bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest of everything added.
    pub fn finish(self) -> String {
        let mut text = "sha256:".to_owned();
        for byte in self.0.finalize() {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
        }
        text
    }
}

/// The digest of `bytes`.
pub fn digest(bytes: &[u8]) -> String {
    let mut hasher = Hasher::default();
    hasher.update(bytes);
    hasher.finish()
}

fn descriptor(media_type: &str, bytes: &[u8]) -> Value {
    json!({ "mediaType": media_type, "digest": digest(bytes), "size": bytes.len() })
}

impl Push {
    /// To the registry at `host:port`.
    pub fn new(authority: &str) -> Self {
        Self {
            client: reqwest::Client::new(),
            base: format!("http://{authority}"),
        }
    }

    async fn blob(&self, repository: &str, bytes: Vec<u8>) -> Result<(), Failed> {
        let begun = self
            .client
            .post(format!("{}/v2/{repository}/blobs/uploads/", self.base))
            .header("content-length", 0)
            .send()
            .await?
            .error_for_status()?;
        let location = begun.headers().get("location").ok_or("no location")?.to_str()?;
        let mut url = begun.url().join(location)?;
        url.query_pairs_mut().append_pair("digest", &digest(&bytes));
        self.client.put(url).body(bytes).send().await?.error_for_status()?;
        Ok(())
    }

    async fn manifest(&self, repository: &str, reference: &str, document: &Value) -> Result<Vec<u8>, Failed> {
        let bytes = document.to_string().into_bytes();
        let media_type = document["mediaType"].as_str().unwrap_or(IMAGE);
        self.client
            .put(format!("{}/v2/{repository}/manifests/{reference}", self.base))
            .header("content-type", media_type)
            .body(bytes.clone())
            .send()
            .await?
            .error_for_status()?;
        Ok(bytes)
    }

    /// An image with these layers. `reference` is a tag, or none for the image's digest. Its manifest.
    pub async fn image(
        &self,
        repository: &str,
        reference: Option<&str>,
        layers: Vec<Vec<u8>>,
        fields: &[(&str, Value)],
    ) -> Result<Vec<u8>, Failed> {
        let config = json!({ "architecture": "amd64", "os": "linux", "layers": layers.len() }).to_string();
        let mut document = json!({
            "schemaVersion": 2,
            "mediaType": IMAGE,
            "config": descriptor("application/vnd.oci.image.config.v1+json", config.as_bytes()),
            "layers": layers.iter().map(|layer| descriptor("application/vnd.oci.image.layer.v1.tar", layer)).collect::<Vec<_>>(),
        });
        for (name, value) in fields {
            document[*name] = value.clone();
        }
        self.blob(repository, config.into_bytes()).await?;
        for layer in layers {
            self.blob(repository, layer).await?;
        }
        let own = digest(document.to_string().as_bytes());
        self.manifest(repository, reference.unwrap_or(&own), &document).await
    }

    /// An index of these images.
    pub async fn index(&self, repository: &str, tag: &str, images: &[Vec<u8>]) -> Result<Vec<u8>, Failed> {
        let rows: Vec<_> = images.iter().map(|image| descriptor(IMAGE, image)).collect();
        let document = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": rows });
        self.manifest(repository, tag, &document).await
    }

    /// A signature of a manifest, as notation writes it, and one as cosign did.
    pub async fn sign(&self, repository: &str, subject: &[u8]) -> Result<(), Failed> {
        let fields = [
            ("artifactType", json!("application/vnd.cncf.notary.signature")),
            ("subject", descriptor(IMAGE, subject)),
        ];
        let signature = digest(subject).into_bytes();
        self.image(repository, None, vec![signature.clone()], &fields).await?;
        let tag = format!("{}.sig", digest(subject).replace(':', "-"));
        self.image(repository, Some(&tag), vec![signature], &[]).await?;
        Ok(())
    }
}

/// Everything that an image's manifest names, with its size in bytes.
pub fn blobs(manifest: &[u8]) -> Result<BTreeMap<String, u64>, Failed> {
    let manifest: Value = serde_json::from_slice(manifest)?;
    let layers = manifest["layers"].as_array().cloned().unwrap_or_default();
    let named = std::iter::once(manifest["config"].clone()).chain(layers);
    let pair = |blob: Value| Some((blob["digest"].as_str()?.to_owned(), blob["size"].as_u64()?));
    Ok(named.filter_map(pair).collect())
}
