//! Whether a registry has what was promised, looked at over HTTP.

use futures_util::future::BoxFuture;
use reqwest::{Method, StatusCode};
use serde_json::json;

use super::{
    contract::{Expectation, Presence},
    workload::{Effect, named_by},
};
use crate::template::Algorithm;

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// A look at a registry, and what it found.
pub(crate) struct Look {
    http: reqwest::Client,
    url: String,
    /// Everything that is wrong.
    pub(crate) wrong: Vec<String>,
    /// How many things were looked at.
    pub(crate) looks: u64,
}

impl Look {
    /// A look at the registry that listens at `authority`.
    pub(crate) fn new(authority: &str) -> Self {
        Self {
            http: reqwest::Client::builder().no_proxy().build().unwrap_or_default(),
            url: format!("http://{authority}/v2"),
            wrong: Vec::new(),
            looks: 0,
        }
    }

    /// Whether a request that was not answered has had its effect.
    pub(crate) async fn has_happened(&mut self, repository: &str, effect: &Effect) -> bool {
        let (path, wanted) = match effect {
            Effect::Nothing => return false,
            Effect::Blob(digest) => (format!("blobs/{digest}"), Some(digest)),
            Effect::Manifest { digest, tag } => (format!("manifests/{tag}"), Some(digest)),
            Effect::BlobGone(digest) => (format!("blobs/{digest}"), None),
            Effect::TagGone(tag) => (format!("manifests/{tag}"), None),
            Effect::ManifestGone(digest) => (format!("manifests/{digest}"), None),
        };
        self.looks += 1;
        match self.get(&format!("{repository}/{path}")).await {
            Ok(content) => content.map(|bytes| Algorithm::Sha256.digest(&bytes)).as_ref() == wanted,
            Err(why) => {
                self.wrong.push(why);
                false
            }
        }
    }

    /// Looks for everything that has to be there, and for what must not.
    pub(crate) async fn at(&mut self, expectation: &Expectation) {
        let repository = &expectation.repository;
        for (digest, presence) in &expectation.blobs {
            let found = self.get(&format!("{repository}/blobs/{digest}")).await;
            self.content("blob", digest, *presence, found);
        }
        for (digest, presence) in &expectation.manifests {
            let found = self.get(&format!("{repository}/manifests/{digest}")).await;
            if let Ok(Some(manifest)) = &found {
                self.whole(expectation, digest, manifest).await;
            }
            self.content("manifest", digest, *presence, found);
        }
        for (tag, admitted) in &expectation.tags {
            self.looks += 1;
            match self.get(&format!("{repository}/manifests/{tag}")).await {
                Ok(manifest) => {
                    let held = manifest.map(|manifest| Algorithm::Sha256.digest(&manifest));
                    if !admitted.contains(&held) {
                        let admitted: Vec<&str> = admitted.iter().map(|one| one.as_deref().unwrap_or("gone")).collect();
                        self.wrong.push(format!(
                            "{repository}: the tag {tag} is {}, where it may be {}",
                            held.as_deref().unwrap_or("gone"),
                            admitted.join(" or ")
                        ));
                    }
                }
                Err(why) => self.wrong.push(why),
            }
        }
    }

    fn content(&mut self, kind: &str, digest: &str, presence: Presence, found: Result<Option<Vec<u8>>, String>) {
        self.looks += 1;
        match (found, presence) {
            (Ok(Some(bytes)), Presence::Must | Presence::May) => {
                if Algorithm::Sha256.digest(&bytes) != digest {
                    self.wrong.push(format!("the {kind} {digest} has other bytes"));
                }
            }
            (Ok(None), Presence::Must) => self
                .wrong
                .push(format!("the {kind} {digest} was acknowledged and is lost")),
            (Ok(Some(_)), Presence::MustNot) => {
                self.wrong
                    .push(format!("the {kind} {digest} is there, and was deleted or never pushed"));
            }
            (Ok(None), Presence::May | Presence::MustNot) => {}
            (Err(why), _) => self.wrong.push(why),
        }
    }

    /// A manifest that is there has everything that it names.
    async fn whole(&mut self, expectation: &Expectation, digest: &str, manifest: &[u8]) {
        for blob in named_by(manifest) {
            self.looks += 1;
            let path = format!("{}/blobs/{blob}", expectation.repository);
            match self.get(&path).await {
                Ok(Some(_)) => {}
                Ok(None) => self
                    .wrong
                    .push(format!("the manifest {digest} is there without the blob {blob}")),
                Err(why) => self.wrong.push(why),
            }
        }
    }

    /// The registry takes a push as if nothing had happened.
    pub(crate) async fn goes_on(&mut self) {
        self.looks += 1;
        if let Err(why) = self.push().await {
            self.wrong.push(format!("nothing can be pushed any more: {why}"));
        }
    }

    async fn push(&self) -> Result<(), String> {
        let blob = b"after it all".to_vec();
        let digest = Algorithm::Sha256.digest(&blob);
        let descriptor = json!({ "mediaType": "application/octet-stream", "digest": digest, "size": blob.len() });
        let manifest = json!({ "schemaVersion": 2, "mediaType": MANIFEST, "config": descriptor, "layers": [] });
        let begun = self.ask(Method::POST, "shared/app/blobs/uploads/", Vec::new()).await?;
        let location = begun.headers().get("location").and_then(|value| value.to_str().ok());
        let at = begun
            .url()
            .join(location.unwrap_or_default())
            .map_err(|error| error.to_string())?;
        let separator = if at.query().is_some() { '&' } else { '?' };
        self.ask(Method::PUT, &format!("{at}{separator}digest={digest}"), blob)
            .await?;
        self.ask(
            Method::PUT,
            "shared/app/manifests/after",
            manifest.to_string().into_bytes(),
        )
        .await?;
        Ok(())
    }

    fn ask<'a>(
        &'a self,
        method: Method,
        path: &'a str,
        body: Vec<u8>,
    ) -> BoxFuture<'a, Result<reqwest::Response, String>> {
        Box::pin(async move {
            let url = if path.starts_with("http") {
                path.to_owned()
            } else {
                format!("{}/{path}", self.url)
            };
            let kind = if path.contains("/manifests/") {
                MANIFEST
            } else {
                "application/octet-stream"
            };
            let request = self.http.request(method, &url).header("Content-Type", kind).body(body);
            let answer = request.send().await.map_err(|error| format!("{path}: {error}"))?;
            let status = answer.status();
            if status.is_success() {
                return Ok(answer);
            }
            Err(format!("{path} is answered with {status}"))
        })
    }

    /// The content at `path`; `None` where there is none.
    async fn get(&self, path: &str) -> Result<Option<Vec<u8>>, String> {
        let broken = |error: reqwest::Error| format!("{path}: {error}");
        let answer = self
            .http
            .get(format!("{}/{path}", self.url))
            .header("Accept", MANIFEST)
            .send()
            .await
            .map_err(broken)?;
        match answer.status() {
            StatusCode::OK => Ok(Some(answer.bytes().await.map_err(broken)?.to_vec())),
            StatusCode::NOT_FOUND => Ok(None),
            status => Err(format!("{path} is answered with {status}")),
        }
    }
}
