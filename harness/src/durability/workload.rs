//! What clients do to the registry, and what they were told.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::{IpAddr, Ipv4Addr},
};

use futures_util::future::try_join_all;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::sync::watch;

use super::{
    contract::{Content, Expectation, expectation},
    with_causes,
};
use crate::template::{Algorithm, Random};

/// How many clients work side by side: more than one, so that what is committed in groups is.
const CLIENTS: u8 = 3;
/// How many tags a client moves about.
const TAGS: u64 = 3;
/// Where the blobs are that clients mount.
const BASE: &str = "base/app";

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const BYTES: &str = "application/octet-stream";

/// Why a client could not go on.
#[derive(Debug, thiserror::Error)]
pub enum WorkError {
    /// What is right was refused.
    #[error("{what} was answered with {status}: {said}")]
    Refused {
        /// The request.
        what: String,
        /// How it was answered.
        status: StatusCode,
        /// What the answer said.
        said: String,
    },
    /// No answer came, or no whole one.
    #[error("{what} was not answered: {}", with_causes(source))]
    Unanswered {
        /// The request.
        what: String,
        /// Why.
        source: reqwest::Error,
    },
    /// An answer led nowhere.
    #[error("{what} led to `{location}`, which is no place")]
    Location {
        /// The request.
        what: String,
        /// What it was answered with.
        location: String,
    },
}

/// What an answered request has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
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
pub(crate) struct History {
    /// Where its requests come from: how they are told apart in a trace.
    pub(crate) address: IpAddr,
    pub(crate) repository: String,
    pub(crate) effects: Vec<Effect>,
    /// How many of them were answered: all, or all but the last.
    pub(crate) answered: usize,
}

/// Lets every client do `steps` things, side by side.
pub(crate) async fn run(authority: &str, seed: u64, steps: usize, largest: u64) -> Result<Vec<History>, WorkError> {
    let (base, mut clients) = clients(authority, seed, largest).await?;
    try_join_all(clients.iter_mut().map(|client| async move {
        for _ in 0..steps {
            client.step().await?;
        }
        Ok(())
    }))
    .await?;
    let all = std::iter::once(base).chain(clients);
    Ok(all.map(|client| client.history).collect())
}

/// The client that has pushed what others mount, and the others, who have not begun. Blobs have up to `largest` bytes.
pub(crate) async fn clients(authority: &str, seed: u64, largest: u64) -> Result<(Client, Vec<Client>), WorkError> {
    let mut base = Client::new(seed, CLIENTS, BASE, largest);
    base.connect(authority);
    let mut clients = Vec::new();
    for number in 0..CLIENTS {
        // Two of them push to one repository, each to tags of its own.
        let repository = if number < 2 { "shared/app" } else { "own/app" };
        let mut client = Client::new(seed, number, repository, largest);
        client.connect(authority);
        client.mountable = Some(base.upload().await?);
        clients.push(client);
    }
    Ok((base, clients))
}

/// A client, which does one thing after another.
pub(crate) struct Client {
    pub(crate) history: History,
    url: String,
    http: reqwest::Client,
    random: Random,
    number: u8,
    largest: u64,
    /// A blob that is in another repository, and its size.
    mountable: Option<(String, usize)>,
    /// What is there of what it pushed.
    content: Content,
    /// The manifests that it ever pushed, by digest.
    manifests: BTreeMap<String, Vec<u8>>,
    /// Counts answers.
    answers: watch::Sender<usize>,
}

impl Client {
    fn new(seed: u64, number: u8, repository: &str, largest: u64) -> Self {
        Self {
            history: History {
                address: IpAddr::V4(Ipv4Addr::new(127, 0, 0, 10 + number)),
                repository: repository.to_owned(),
                effects: Vec::new(),
                answered: 0,
            },
            url: String::new(),
            http: reqwest::Client::new(),
            random: Random::new(seed, &["power cut", &number.to_string()]),
            number,
            largest,
            mountable: None,
            content: Content::default(),
            manifests: BTreeMap::new(),
            answers: watch::Sender::new(0),
        }
    }

    /// Goes on with the registry that listens at `authority`, over new connections.
    pub(crate) fn connect(&mut self, authority: &str) {
        self.url = format!("http://{authority}/v2/{}", self.history.repository);
        let http = reqwest::Client::builder()
            .local_address(self.history.address)
            .no_proxy()
            .build();
        self.http = http.unwrap_or_default();
    }

    /// Counts its answers here from now on.
    pub(crate) fn count(&mut self, answers: &watch::Sender<usize>) {
        self.answers = answers.clone();
    }

    /// What has to be there now.
    pub(crate) fn expectation(&self) -> Expectation {
        expectation(&self.history, self.history.answered)
    }

    /// The blobs that its manifests name.
    pub(crate) fn named(&self) -> BTreeSet<String> {
        let there = self.content.manifests.iter();
        there
            .filter_map(|digest| self.manifests.get(digest))
            .flat_map(|manifest| named_by(manifest))
            .collect()
    }

    /// Where the blobs that none of them names are in an image layout.
    pub(crate) fn garbage(&self) -> Vec<String> {
        let named = self.named();
        let unnamed = self.content.blobs.difference(&named);
        unnamed
            .map(|digest| format!("{}/blobs/{}", self.history.repository, digest.replace(':', "/")))
            .collect()
    }

    /// What the request that was not answered would change.
    pub(crate) fn under_way(&self) -> Option<&Effect> {
        self.history.effects.get(self.history.answered)
    }

    /// What became of the request that was not answered is known now.
    pub(crate) fn settle(&mut self, happened: bool) {
        if happened {
            self.answered();
        } else {
            self.history.effects.truncate(self.history.answered);
        }
    }

    fn answered(&mut self) {
        if let Some(effect) = self.history.effects.get(self.history.answered) {
            self.content.apply(effect);
            self.history.answered += 1;
        }
    }

    /// Does one thing.
    pub(crate) async fn step(&mut self) -> Result<(), WorkError> {
        if self.history.effects.is_empty() {
            return self.push().await;
        }
        match self.random.below(11) {
            0..5 => self.push().await,
            5..7 => self.tag_again().await,
            7 => self.delete_tag().await,
            8 => self.delete_manifest().await,
            9 => self.blob_for_a_moment().await,
            _ => self.mount().await.map(drop),
        }
    }

    async fn push(&mut self) -> Result<(), WorkError> {
        let config = self.upload().await?;
        let mounted = match self.random.below(4) {
            0 => self.mount().await?,
            _ => None,
        };
        let layer = match mounted {
            Some(blob) => blob,
            None => self.upload().await?,
        };
        let [config, layer] =
            [config, layer].map(|(digest, size)| json!({ "mediaType": BYTES, "digest": digest, "size": size }));
        let mut manifest = json!({ "schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [layer] });
        if self.random.below(3) == 0
            && let Some((subject, bytes)) = self.any_image()
        {
            manifest["subject"] = json!({ "mediaType": MANIFEST, "digest": subject, "size": bytes.len() });
        }
        self.put_manifest(manifest.to_string().into_bytes()).await
    }

    /// Moves a tag to an image that is there.
    async fn tag_again(&mut self) -> Result<(), WorkError> {
        match self.any_image() {
            Some((_, bytes)) => self.put_manifest(bytes).await,
            None => self.push().await,
        }
    }

    async fn put_manifest(&mut self, bytes: Vec<u8>) -> Result<(), WorkError> {
        let tag = format!("client{}-{}", self.number, self.random.below(TAGS));
        let digest = Algorithm::Sha256.digest(&bytes);
        self.manifests.insert(digest.clone(), bytes.clone());
        let url = format!("{}/manifests/{tag}", self.url);
        let effect = Effect::Manifest { digest, tag };
        self.ask(Method::PUT, &url, Some((MANIFEST, bytes)), effect)
            .await
            .map(drop)
    }

    async fn delete_tag(&mut self) -> Result<(), WorkError> {
        let Some(tag) = self.content.tags.keys().next().cloned() else {
            return self.push().await;
        };
        let url = format!("{}/manifests/{tag}", self.url);
        self.ask(Method::DELETE, &url, None, Effect::TagGone(tag))
            .await
            .map(drop)
    }

    async fn delete_manifest(&mut self) -> Result<(), WorkError> {
        let Some((digest, _)) = self.any_image() else {
            return self.push().await;
        };
        let url = format!("{}/manifests/{digest}", self.url);
        self.ask(Method::DELETE, &url, None, Effect::ManifestGone(digest))
            .await
            .map(drop)
    }

    async fn blob_for_a_moment(&mut self) -> Result<(), WorkError> {
        let (digest, _) = self.upload().await?;
        let url = format!("{}/blobs/{digest}", self.url);
        self.ask(Method::DELETE, &url, None, Effect::BlobGone(digest))
            .await
            .map(drop)
    }

    /// Mounts a blob of another repository. Nothing where the registry would rather have it uploaded, as it may.
    async fn mount(&mut self) -> Result<Option<(String, usize)>, WorkError> {
        let Some((digest, size)) = self.mountable.clone() else {
            return Ok(None);
        };
        let url = format!("{}/blobs/uploads/?mount={digest}&from={BASE}", self.url);
        let (status, _) = self.ask(Method::POST, &url, None, Effect::Blob(digest.clone())).await?;
        Ok((status == StatusCode::CREATED).then_some((digest, size)))
    }

    /// Uploads a blob in one of the ways that there are.
    async fn upload(&mut self) -> Result<(String, usize), WorkError> {
        let length = usize::try_from(1 + self.random.below(self.largest)).unwrap_or(1);
        let bytes = self.random.bytes(length);
        let digest = Algorithm::Sha256.digest(&bytes);
        let uploads = format!("{}/blobs/uploads/", self.url);
        let mut at = self.send(Method::POST, &uploads, None, Effect::Nothing).await?;
        let mut rest = bytes;
        if self.random.below(2) == 0 {
            let first: Vec<u8> = rest.drain(..length / 2).collect();
            at = self
                .send(Method::PATCH, &at, Some((BYTES, first)), Effect::Nothing)
                .await?;
        }
        let separator = if at.contains('?') { '&' } else { '?' };
        let url = format!("{at}{separator}digest={digest}");
        self.send(Method::PUT, &url, Some((BYTES, rest)), Effect::Blob(digest.clone()))
            .await?;
        Ok((digest, length))
    }

    /// Asks, and returns the answer's Location as a whole URL.
    async fn send(
        &mut self,
        method: Method,
        url: &str,
        body: Option<(&str, Vec<u8>)>,
        effect: Effect,
    ) -> Result<String, WorkError> {
        let what = format!("{method} {url}");
        let (_, location) = self.ask(method, url, body, effect).await?;
        let joined = reqwest::Url::parse(url).and_then(|asked| asked.join(&location));
        joined
            .map(String::from)
            .map_err(|_| WorkError::Location { what, location })
    }

    /// Asks, and returns how it was answered and where that leads.
    async fn ask(
        &mut self,
        method: Method,
        url: &str,
        body: Option<(&str, Vec<u8>)>,
        effect: Effect,
    ) -> Result<(StatusCode, String), WorkError> {
        let what = format!("{method} {url}");
        let mut request = self.http.request(method, url);
        if let Some((kind, bytes)) = body {
            request = request.header("Content-Type", kind).body(bytes);
        }
        self.history.effects.push(effect);
        let answer = match request.send().await {
            Ok(answer) => answer,
            Err(source) => return Err(WorkError::Unanswered { what, source }),
        };
        let status = answer.status();
        if !status.is_success() || status == StatusCode::NO_CONTENT {
            // What was refused did not happen.
            self.history.effects.pop();
            let said = answer.text().await.unwrap_or_default();
            return Err(WorkError::Refused { what, status, said });
        }
        if url.contains("mount=") && status != StatusCode::CREATED {
            // It would rather have the bytes: nothing was promised.
            self.history.effects.pop();
            self.history.effects.push(Effect::Nothing);
        }
        self.answered();
        self.answers.send_modify(|count| *count += 1);
        let location = answer.headers().get("location").and_then(|value| value.to_str().ok());
        Ok((status, location.unwrap_or_default().to_owned()))
    }

    fn any_image(&mut self) -> Option<(String, Vec<u8>)> {
        let count = self.content.manifests.len() as u64;
        let number = usize::try_from(self.random.below(count.max(1))).ok()?;
        let digest = self.content.manifests.iter().nth(number)?;
        Some((digest.clone(), self.manifests.get(digest)?.clone()))
    }
}

/// What a manifest names.
pub(crate) fn named_by(manifest: &[u8]) -> Vec<String> {
    let manifest: Value = serde_json::from_slice(manifest).unwrap_or_default();
    let layers = manifest["layers"].as_array().into_iter().flatten();
    let descriptors = layers.chain([&manifest["config"]]);
    descriptors
        .filter_map(|one| one["digest"].as_str())
        .map(str::to_owned)
        .collect()
}
