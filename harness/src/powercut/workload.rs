//! What clients do to the registry while its operations are recorded, and what they were told.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr},
};

use futures_util::future::try_join_all;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{PowerCutError, failed};
use crate::template::{Algorithm, Random};

/// How many clients work side by side: more than one, so that what is committed in groups is.
const CLIENTS: u8 = 3;
/// The largest blob, in bytes. What is traced is written out byte for byte.
const LARGEST: u64 = 8_000;
/// How many tags a client moves about.
const TAGS: u64 = 3;

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// What an answered request has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// Nothing that was promised, as where an upload was begun.
    Nothing,
    /// A blob is there.
    Blob(String),
    /// A manifest is there, and a tag points at it.
    Manifest { digest: String, tag: String },
    /// A blob is gone.
    BlobGone(String),
    /// A tag is gone.
    TagGone(String),
    /// A manifest is gone, with every tag that pointed at it.
    ManifestGone(String),
}

/// One client: its repository, and what each of its requests has changed, in order.
#[derive(Clone, Debug)]
pub(super) struct History {
    /// Where its requests come from: how they are told apart in the trace.
    pub(super) address: IpAddr,
    pub(super) repository: String,
    pub(super) effects: Vec<Effect>,
}

/// Lets every client do `steps` things, side by side.
pub(super) async fn run(authority: &str, seed: u64, steps: usize) -> Result<Vec<History>, PowerCutError> {
    try_join_all((0..CLIENTS).map(|number| Client::new(authority, seed, number).work(steps))).await
}

struct Client {
    url: String,
    http: Option<reqwest::Client>,
    random: Random,
    number: u8,
    history: History,
    /// The manifests that are there, by digest.
    images: BTreeMap<String, Vec<u8>>,
    tags: BTreeMap<String, String>,
}

impl Client {
    fn new(authority: &str, seed: u64, number: u8) -> Self {
        let address = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 10 + number));
        // Two of them push to one repository, each to tags of its own.
        let repository = if number < 2 { "shared/app" } else { "own/app" }.to_owned();
        Self {
            url: format!("http://{authority}/v2/{repository}"),
            http: reqwest::Client::builder()
                .local_address(address)
                .no_proxy()
                .build()
                .ok(),
            random: Random::new(seed, &["power cut", &number.to_string()]),
            number,
            history: History {
                address,
                repository,
                effects: Vec::new(),
            },
            images: BTreeMap::new(),
            tags: BTreeMap::new(),
        }
    }

    async fn work(mut self, steps: usize) -> Result<History, PowerCutError> {
        self.push().await?;
        for _ in 1..steps {
            match self.random.below(10) {
                0..5 => self.push().await?,
                5..7 => self.tag_again().await?,
                7 => self.delete_tag().await?,
                8 => self.delete_manifest().await?,
                _ => self.blob_for_a_moment().await?,
            }
        }
        Ok(self.history)
    }

    async fn push(&mut self) -> Result<(), PowerCutError> {
        let mut descriptors = Vec::new();
        for _ in 0..2 {
            let (digest, size) = self.upload().await?;
            descriptors.push(json!({ "mediaType": "application/octet-stream", "digest": digest, "size": size }));
        }
        let mut manifest =
            json!({ "schemaVersion": 2, "mediaType": MANIFEST, "config": descriptors[0], "layers": [descriptors[1]] });
        if self.random.below(3) == 0
            && let Some((subject, bytes)) = self.any_image()
        {
            manifest["subject"] = json!({ "mediaType": MANIFEST, "digest": subject, "size": bytes.len() });
        }
        self.put_manifest(manifest.to_string().into_bytes()).await
    }

    /// Moves a tag to an image that is there.
    async fn tag_again(&mut self) -> Result<(), PowerCutError> {
        match self.any_image() {
            Some((_, bytes)) => self.put_manifest(bytes).await,
            None => self.push().await,
        }
    }

    async fn put_manifest(&mut self, bytes: Vec<u8>) -> Result<(), PowerCutError> {
        let tag = format!("client{}-{}", self.number, self.random.below(TAGS));
        let digest = Algorithm::Sha256.digest(&bytes);
        let effect = Effect::Manifest {
            digest: digest.clone(),
            tag: tag.clone(),
        };
        let url = format!("{}/manifests/{tag}", self.url);
        self.ask(Method::PUT, &url, Some((MANIFEST, bytes.clone())), effect)
            .await?;
        self.images.insert(digest.clone(), bytes);
        self.tags.insert(tag, digest);
        Ok(())
    }

    async fn delete_tag(&mut self) -> Result<(), PowerCutError> {
        let Some(tag) = self.tags.keys().next().cloned() else {
            return self.push().await;
        };
        let url = format!("{}/manifests/{tag}", self.url);
        self.ask(Method::DELETE, &url, None, Effect::TagGone(tag.clone()))
            .await?;
        self.tags.remove(&tag);
        Ok(())
    }

    async fn delete_manifest(&mut self) -> Result<(), PowerCutError> {
        let Some((digest, _)) = self.any_image() else {
            return self.push().await;
        };
        let url = format!("{}/manifests/{digest}", self.url);
        self.ask(Method::DELETE, &url, None, Effect::ManifestGone(digest.clone()))
            .await?;
        self.images.remove(&digest);
        self.tags.retain(|_, held| *held != digest);
        Ok(())
    }

    async fn blob_for_a_moment(&mut self) -> Result<(), PowerCutError> {
        let (digest, _) = self.upload().await?;
        let url = format!("{}/blobs/{digest}", self.url);
        self.ask(Method::DELETE, &url, None, Effect::BlobGone(digest))
            .await
            .map(drop)
    }

    /// Uploads a blob in one of the ways that there are.
    async fn upload(&mut self) -> Result<(String, usize), PowerCutError> {
        let length = usize::try_from(1 + self.random.below(LARGEST)).unwrap_or(1);
        let bytes = self.random.bytes(length);
        let digest = Algorithm::Sha256.digest(&bytes);
        let uploads = format!("{}/blobs/uploads/", self.url);
        let mut at = self.open(&uploads).await?;
        let mut rest = bytes;
        if self.random.below(2) == 0 {
            let first: Vec<u8> = rest.drain(..length / 2).collect();
            at = self
                .send(
                    Method::PATCH,
                    &at,
                    Some(("application/octet-stream", first)),
                    Effect::Nothing,
                )
                .await?;
        }
        let separator = if at.contains('?') { '&' } else { '?' };
        let url = format!("{at}{separator}digest={digest}");
        let body = Some(("application/octet-stream", rest));
        self.send(Method::PUT, &url, body, Effect::Blob(digest.clone())).await?;
        Ok((digest, length))
    }

    async fn open(&mut self, uploads: &str) -> Result<String, PowerCutError> {
        self.send(Method::POST, uploads, None, Effect::Nothing).await
    }

    /// Asks, and returns the answer's Location as a whole URL.
    async fn send(
        &mut self,
        method: Method,
        url: &str,
        body: Option<(&str, Vec<u8>)>,
        effect: Effect,
    ) -> Result<String, PowerCutError> {
        let asked = reqwest::Url::parse(url).map_err(failed("build a request"))?;
        let location = self.ask(method, url, body, effect).await?;
        asked
            .join(&location)
            .map(String::from)
            .map_err(failed("read a Location"))
    }

    async fn ask(
        &mut self,
        method: Method,
        url: &str,
        body: Option<(&str, Vec<u8>)>,
        effect: Effect,
    ) -> Result<String, PowerCutError> {
        let what = format!("{method} {url}");
        let http = self
            .http
            .as_ref()
            .ok_or_else(|| PowerCutError::Workload(format!("no client for {what}")))?;
        let mut request = http.request(method, url);
        if let Some((kind, bytes)) = body {
            request = request.header("Content-Type", kind).body(bytes);
        }
        let answer = request.send().await.map_err(failed("ask the registry"))?;
        let status = answer.status();
        if !status.is_success() || status == StatusCode::NO_CONTENT {
            let said = answer.text().await.unwrap_or_default();
            return Err(PowerCutError::Workload(format!(
                "{what} was answered with {status}: {said}"
            )));
        }
        self.history.effects.push(effect);
        let location = answer.headers().get("location").and_then(|value| value.to_str().ok());
        Ok(location.unwrap_or_default().to_owned())
    }

    fn any_image(&mut self) -> Option<(String, Vec<u8>)> {
        let count = self.images.len() as u64;
        let number = usize::try_from(self.random.below(count.max(1))).ok()?;
        self.images
            .iter()
            .nth(number)
            .map(|(digest, image)| (digest.clone(), image.clone()))
    }
}

/// What a manifest names.
pub(super) fn named_by(manifest: &[u8]) -> Vec<String> {
    let manifest: Value = serde_json::from_slice(manifest).unwrap_or_default();
    let layers = manifest["layers"].as_array().into_iter().flatten();
    let descriptors = layers.chain([&manifest["config"]]);
    descriptors
        .filter_map(|one| one["digest"].as_str())
        .map(str::to_owned)
        .collect()
}
