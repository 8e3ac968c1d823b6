//! Tokens: what each is for, how it is asked for, and how long it is good.

use std::time::{Duration, Instant};

use crate::client::{Request, TransportError, Url, append_query};

/// How long a token is good that does not say it, as the token specification has it.
const USUAL: Duration = Duration::from_mins(1);
/// How long before its end a token is not used any more.
const MARGIN: Duration = Duration::from_secs(5);

/// What a token is good for: requests of one method, on one repository and the one that content is mounted from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Purpose {
    method: String,
    repository: String,
    from: Option<String>,
}

impl Purpose {
    pub(super) fn of(request: &Request) -> Self {
        let (path, query) = request
            .url
            .target
            .split_once('?')
            .unwrap_or((request.url.target.as_str(), ""));
        let ends = ["/manifests/", "/blobs/", "/tags/", "/referrers/"];
        let end = ends.iter().filter_map(|part| path.rfind(part)).max();
        let from = query.split('&').find_map(|pair| pair.strip_prefix("from="));
        Self {
            method: request.method.clone(),
            repository: path[..end.unwrap_or(path.len())].to_owned(),
            from: from.map(str::to_owned),
        }
    }
}

/// A token that a server gave.
pub(super) struct Token {
    value: String,
    until: Instant,
}

impl Token {
    pub(super) fn is_fresh(&self, now: Instant) -> bool {
        now < self.until
    }

    pub(super) fn authorization(&self) -> String {
        format!("Bearer {}", self.value)
    }

    pub(super) fn secret(&self) -> &str {
        &self.value
    }
}

/// The token in an answer of a token server.
pub(crate) fn token_in(body: &[u8]) -> Option<String> {
    let document: serde_json::Value = serde_json::from_slice(body).ok()?;
    let text = |key: &str| document[key].as_str().filter(|value| !value.is_empty());
    text("token").or_else(|| text("access_token")).map(str::to_owned)
}

/// A request for a token, and what that is for.
pub(in crate::client) struct Question {
    purpose: Purpose,
    request: Request,
}

impl Question {
    pub(super) fn new(cause: &Request, realm: Url, service: Option<&str>, scope: Option<&str>, account: &str) -> Self {
        let purpose = Purpose::of(cause);
        let mut url = realm;
        let mut pairs = vec![("account".to_owned(), account.to_owned())];
        pairs.extend(service.map(|service| ("service".to_owned(), service.to_owned())));
        let scopes = scope.unwrap_or_default().split_ascii_whitespace();
        pairs.extend(scopes.map(|scope| ("scope".to_owned(), scope.to_owned())));
        // A registry asks for what it cannot do without; the source of a mount it would rather not mount from.
        let from = purpose.from.as_ref();
        pairs.extend(from.map(|from| ("scope".to_owned(), format!("repository:{from}:pull"))));
        append_query(&mut url.target, &pairs);
        Self {
            purpose,
            request: Request::new("GET", url),
        }
    }

    pub(super) fn authorized(mut self, authorization: String) -> Self {
        self.request = self.request.header("Authorization", authorization);
        self
    }

    /// What is to be sent.
    pub(in crate::client) fn request(&self) -> &Request {
        &self.request
    }

    /// The token in an answer.
    pub(super) fn answered(self, status: u16, body: &[u8]) -> Result<(Purpose, Token), TransportError> {
        let server = self.request.url.origin();
        if status != 200 {
            let hint = if status == 401 {
                "; are user and password right?"
            } else {
                ""
            };
            let message = format!("the token server {server} answers {status}{hint}");
            return Err(TransportError::NotAdmitted(message));
        }
        let Some(value) = token_in(body) else {
            let message = format!("the answer of the token server {server} has no token in it");
            return Err(TransportError::NotAdmitted(message));
        };
        let document: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
        let lasts = document["expires_in"].as_u64().map_or(USUAL, Duration::from_secs);
        let now = Instant::now();
        let until = now.checked_add(lasts.saturating_sub(MARGIN)).unwrap_or(now);
        Ok((self.purpose, Token { value, until }))
    }
}
