//! Tokens that their bearer shows: JSON web tokens of the distribution token specification, signed elsewhere
//! (`http.auth.bearer`) or here (`http.auth.token`).
//!
//! What verifies a token comes from the configuration alone. Whatever a token's own header offers as a key (`jwk`, `jku`,
//! `x5c`, `x5u`, `kid`) is not looked at, and its `alg` has to be one of the configured key's.

use std::time::Duration;

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, get_current_timestamp};
use serde::{Deserialize, Serialize};

use uuid::Uuid;

use super::{AuthError, Caller, caller::Token, key::PublicKey, scope::Scope};
use crate::config;

/// Longer than any token is, in bytes.
const LONGEST: usize = 32 << 10;

/// What a token claims.
#[derive(Debug, Deserialize)]
struct Claims {
    #[serde(default)]
    sub: String,
    #[serde(default)]
    access: Scope,
    /// Of tokens that were issued here: the API key that was shown for it.
    #[serde(default)]
    key: String,
}

/// Verifies tokens.
pub(super) struct Verifier {
    key: DecodingKey,
    validation: Validation,
    /// Whether the tokens were issued here.
    own: bool,
}

impl Verifier {
    /// For tokens that are signed elsewhere.
    pub(super) fn new(bearer: &config::Bearer) -> Result<Self, AuthError> {
        let PublicKey { key, algorithms } = PublicKey::read(&bearer.cert)?;
        let mut validation = validation(algorithms, &bearer.service, bearer.leeway);
        if let Some(issuer) = &bearer.issuer {
            validation.set_issuer(&[issuer]);
            validation.required_spec_claims.insert("iss".to_owned());
        }
        Ok(Self {
            key,
            validation,
            own: false,
        })
    }

    /// The bearer of a token, if the token is good.
    pub(super) fn caller(&self, token: &str) -> Option<Caller> {
        if token.len() > LONGEST {
            return None;
        }
        match jsonwebtoken::decode::<Claims>(token, &self.key, &self.validation) {
            Ok(data) => {
                let claims = data.claims;
                let key = Some(claims.key).filter(|key| self.own && !key.is_empty());
                let token = Token {
                    scope: claims.access,
                    ruled: self.own,
                    // Its own tokens name keys as they are named.
                    key: key.map(|key| key.parse()).transpose().ok()?,
                };
                Some(Caller::bearer(Some(claims.sub).filter(|name| !name.is_empty()), token))
            }
            Err(error) => {
                // The kind says what is wrong, and nothing of the token.
                tracing::debug!(reason = ?error.kind(), "a token is refused");
                None
            }
        }
    }
}

fn validation(algorithms: Vec<Algorithm>, audience: &str, leeway: Duration) -> Validation {
    let mut validation = Validation::new(algorithms.first().copied().unwrap_or_default());
    validation.algorithms = algorithms;
    validation.leeway = leeway.as_secs();
    validation.validate_nbf = true;
    validation.set_audience(&[audience]);
    validation.set_required_spec_claims(&["exp", "aud"]);
    validation
}

/// Issues tokens.
pub(super) struct Issuer {
    key: EncodingKey,
    service: String,
    expiry: Duration,
}

/// A token that is issued.
#[derive(Serialize)]
struct Issued<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    exp: u64,
    nbf: u64,
    iat: u64,
    jti: String,
    access: &'a Scope,
    #[serde(skip_serializing_if = "String::is_empty")]
    key: String,
}

impl Issuer {
    /// An issuer, and what verifies its tokens. Its secret is that of this process: a token does not outlive a restart, after
    /// which clients get another one by themselves.
    pub(super) fn new(service: &config::TokenService) -> (Self, Verifier) {
        let halves = [Uuid::new_v4().into_bytes(), Uuid::new_v4().into_bytes()];
        let secret = halves.concat();
        let mut validation = validation(vec![Algorithm::HS256], &service.service, Duration::ZERO);
        validation.set_issuer(&[&service.service]);
        validation.required_spec_claims.insert("iss".to_owned());
        let verifier = Verifier {
            key: DecodingKey::from_secret(&secret),
            validation,
            own: true,
        };
        let issuer = Self {
            key: EncodingKey::from_secret(&secret),
            service: service.service.clone(),
            expiry: service.expiry,
        };
        (issuer, verifier)
    }

    pub(super) fn service(&self) -> &str {
        &self.service
    }

    pub(super) const fn expiry(&self) -> Duration {
        self.expiry
    }

    /// A token for `name`, or for nobody in particular, and when it was issued (seconds since 1970). It ends with `key`, if it
    /// is for one.
    pub(super) fn issue(&self, name: Option<&str>, key: Option<Uuid>, scope: &Scope) -> Option<(String, u64)> {
        let now = get_current_timestamp();
        let claims = Issued {
            iss: &self.service,
            sub: name.unwrap_or_default(),
            aud: &self.service,
            exp: now + self.expiry.as_secs().max(1),
            nbf: now,
            iat: now,
            jti: Uuid::new_v4().to_string(),
            access: scope,
            key: key.map(|key| key.to_string()).unwrap_or_default(),
        };
        let token = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.key).ok()?;
        Some((token, now))
    }
}

impl std::fmt::Debug for Verifier {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Verifier")
            .field("own", &self.own)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Issuer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Issuer")
            .field("service", &self.service)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
#[path = "bearer/tests.rs"]
mod tests;
