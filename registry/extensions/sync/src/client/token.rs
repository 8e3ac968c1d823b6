//! How the other registry lets this one in: by nothing, by user and password, or by tokens (distribution's token
//! authentication).
//!
//! Credentials go to the host that they are for, and to its token service only if that is on the same host, is listed as
//! trusted, or has an entry of its own in the credentials file. A registry that names someone else's host as its token
//! service is asked there for an anonymous token.

use std::{
    collections::HashMap,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use http::{HeaderValue, StatusCode, header};
use reqwest::Url;
use serde::Deserialize;
use tokio::{sync::Mutex, time::Instant};

use super::{address::Guard, challenge, transport::Patience};
use crate::{
    credentials::{Credentials, CredentialsFile},
    error::SyncError,
};

/// The longest answer of a token service, in bytes.
const LONGEST_ANSWER: usize = 64 << 10;
/// A token that does not say how long it is good for, is for this long.
const SHORTEST_LIFE: Duration = Duration::from_mins(1);
/// How long before its end a token is not used any more.
const MARGIN: Duration = Duration::from_secs(5);
/// Scopes whose tokens are kept. A registry of more repositories has the oldest asked for again.
const MOST_TOKENS: usize = 1024;
/// Docker Hub's registry and its token service, which are on different hosts.
const DOCKER_HUB: (&str, &str) = ("registry-1.docker.io", "auth.docker.io");

/// The leave that was got from one registry.
#[derive(Debug)]
pub(crate) struct Authorizer {
    base: Url,
    http: reqwest::Client,
    guard: Guard,
    credentials: CredentialsFile,
    patience: Patience,
    /// Whether the registry asked for user and password.
    wants_password: AtomicBool,
    tokens: Mutex<HashMap<String, Token>>,
}

#[derive(Clone, Debug)]
struct Token {
    header: HeaderValue,
    expires: Instant,
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    token: Option<String>,
    #[serde(default)]
    access_token: Option<String>,
    #[serde(default)]
    expires_in: Option<u64>,
}

impl Authorizer {
    pub(crate) fn new(
        base: Url,
        http: reqwest::Client,
        guard: Guard,
        credentials: CredentialsFile,
        patience: Patience,
    ) -> Self {
        Self {
            base,
            http,
            guard,
            credentials,
            patience,
            wants_password: AtomicBool::new(false),
            tokens: Mutex::default(),
        }
    }

    /// What to show for `scope`, if that is known.
    pub(crate) async fn known(&self, scope: &str) -> Option<HeaderValue> {
        if self.wants_password.load(Ordering::Relaxed) {
            return self.credentials.of(&self.base).map(Credentials::basic);
        }
        let tokens = self.tokens.lock().await;
        let token = tokens.get(scope).filter(|token| token.expires > Instant::now());
        token.map(|token| token.header.clone())
    }

    /// What to show instead of `refused`, by the challenges of the registry's answer. `None`: there is nothing.
    pub(crate) async fn answer(
        &self,
        challenges: &[HeaderValue],
        scope: &str,
        refused: Option<&HeaderValue>,
    ) -> Result<Option<HeaderValue>, SyncError> {
        let texts = challenges.iter().filter_map(|value| value.to_str().ok());
        let challenges: Vec<_> = texts.flat_map(challenge::parse).collect();
        let bearer = challenges.iter().find(|challenge| challenge.scheme == "bearer");
        if let Some(realm) = bearer.and_then(|bearer| bearer.parameters.get("realm")) {
            let service = bearer.and_then(|bearer| bearer.parameters.get("service"));
            return self.token(realm, service.map(String::as_str), scope, refused).await;
        }
        if challenges.iter().any(|challenge| challenge.scheme == "basic") {
            let basic = self.credentials.of(&self.base).map(Credentials::basic);
            self.wants_password.store(basic.is_some(), Ordering::Relaxed);
            return Ok(basic.filter(|basic| Some(basic) != refused));
        }
        Ok(None)
    }

    async fn token(
        &self,
        realm: &str,
        service: Option<&str>,
        scope: &str,
        refused: Option<&HeaderValue>,
    ) -> Result<Option<HeaderValue>, SyncError> {
        // Held while it is asked for, so that those who need the same one wait for it.
        let mut tokens = self.tokens.lock().await;
        if let Some(token) = tokens.get(scope)
            && Some(&token.header) != refused
            && token.expires > Instant::now()
        {
            return Ok(Some(token.header.clone()));
        }
        tokens.remove(scope);
        let mut realm: Url = realm
            .parse()
            .map_err(|_| SyncError::Invalid("the registry's token service is not a URL".into()))?;
        self.guard.check(&realm, self.base.scheme() == "https")?;
        let credentials = self.credentials_for(&realm);
        realm
            .query_pairs_mut()
            .extend_pairs(service.map(|service| ("service", service)))
            .append_pair("scope", scope);
        let fetched = tokio::time::timeout(self.patience.document, self.fetch(realm, credentials)).await;
        let token = fetched.map_err(|_| SyncError::TimedOut(self.patience.document))??;
        let header = token.header.clone();
        if tokens.len() >= MOST_TOKENS {
            let oldest = tokens.iter().min_by_key(|(_, token)| token.expires);
            if let Some(oldest) = oldest.map(|(scope, _)| scope.clone()) {
                tokens.remove(&oldest);
            }
        }
        tokens.insert(scope.to_owned(), token);
        Ok(Some(header))
    }

    /// The credentials that the token service at `realm` may see.
    fn credentials_for(&self, realm: &Url) -> Option<&Credentials> {
        let same_host = realm.host_str() == self.base.host_str();
        let hub = (self.base.host_str(), realm.host_str()) == (Some(DOCKER_HUB.0), Some(DOCKER_HUB.1));
        let own = self.credentials.of(&self.base);
        let trusted = same_host || hub || self.guard.trusts(realm);
        self.credentials.of(realm).or(own.filter(|_| trusted))
    }

    async fn fetch(&self, realm: Url, credentials: Option<&Credentials>) -> Result<Token, SyncError> {
        let began = Instant::now();
        let host = realm.host_str().unwrap_or_default().to_owned();
        let mut request = self.http.get(realm);
        if let Some(credentials) = credentials {
            request = request.header(header::AUTHORIZATION, credentials.basic());
        }
        let unreachable = |error: reqwest::Error| {
            SyncError::Transport(format!(
                "the token service at {host}: {}",
                super::transport::explain(&error)
            ))
        };
        let mut response = request.send().await.map_err(unreachable)?;
        match response.status() {
            StatusCode::OK => {}
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => return Err(SyncError::Unauthorized),
            status => return Err(SyncError::Status(status.as_u16())),
        }
        let mut body = Vec::new();
        while let Some(piece) = response.chunk().await.map_err(unreachable)? {
            body.extend_from_slice(&piece);
            if body.len() > LONGEST_ANSWER {
                return Err(SyncError::Invalid("the token service's answer is too long".into()));
            }
        }
        let invalid = || SyncError::Invalid("the token service's answer is not a token".into());
        let answer: Answer = serde_json::from_slice(&body).map_err(|_| invalid())?;
        let token = answer.token.or(answer.access_token).filter(|token| !token.is_empty());
        let mut header =
            HeaderValue::try_from(format!("Bearer {}", token.ok_or_else(invalid)?)).map_err(|_| invalid())?;
        header.set_sensitive(true);
        let life = answer.expires_in.map_or(SHORTEST_LIFE, Duration::from_secs);
        Ok(Token {
            header,
            expires: began + life.min(Duration::from_hours(24)).saturating_sub(MARGIN),
        })
    }
}
