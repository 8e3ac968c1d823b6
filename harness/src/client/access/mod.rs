//! Who we are to a registry that asks, and by what we believe that it is the one that we mean.
//!
//! Nothing secret is sent before the registry asks for it, and then only to the registry itself and to the token server
//! that it names, if that is the same host or one that was named beforehand.

mod challenge;
mod secret;
mod tls;
mod token;

use std::{
    collections::{HashMap, HashSet},
    net::IpAddr,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use http::HeaderMap;
use tokio_rustls::rustls::ClientConfig;

use super::{Request, TransportError, Url, append_query};
use challenge::Challenge;
pub use secret::{Password, SecretError};
pub use tls::TlsError;
pub(crate) use token::token_in;
use token::{Purpose, Question, Token};

/// How a registry at a URL is reached, as somebody wrote it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccessSettings {
    /// Who we are.
    pub user: Option<String>,
    /// Where the password of the user is.
    pub password: Option<Password>,
    /// The token server that may have the password too, if it is on another host: `https://auth.example.org`.
    pub token_server: Option<String>,
    /// The certificates in PEM of who may vouch for the registry, instead of the system's.
    pub ca: Option<PathBuf>,
    /// Our own certificate in PEM, its chain with it.
    pub certificate: Option<PathBuf>,
    /// Its key in PEM.
    pub key: Option<PathBuf>,
    /// Whether any certificate will do, and a password may go over plain HTTP.
    pub insecure: bool,
}

/// Why a registry cannot be reached as it was written.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// A user and no password.
    #[error("there is no password for the user `{0}`")]
    NoPassword(String),
    /// A password and no user.
    #[error("there is a password, and no user whose it is")]
    NoUser,
    /// The password cannot be read.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// It would be sent so that others can read it.
    #[error("the password would go to {0} as anybody on the way can read it")]
    Unprotected(String),
    /// A text that is no address of a token server.
    #[error("`{0}` is not the address of a token server, such as https://auth.example.org")]
    TokenServer(String),
    /// Something about TLS and a registry that does not speak it.
    #[error("{0} speaks no TLS: it has no certificate to check and asks for none")]
    NotTls(String),
    /// A certificate or a key that cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// How a registry at a URL is reached: who we are, and what it has told us to show. Shared by all connections of a run.
pub struct Access {
    registry: Url,
    credentials: Option<Credentials>,
    token_server: Option<Url>,
    insecure: bool,
    tls: Option<Arc<ClientConfig>>,
    known: Mutex<Known>,
}

impl std::fmt::Debug for Access {
    /// Without the secrets.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let user = self.credentials.as_ref().map(|credentials| &credentials.user);
        formatter
            .debug_struct("Access")
            .field("registry", &self.registry)
            .field("user", &user)
            .finish_non_exhaustive()
    }
}

struct Credentials {
    user: String,
    password: String,
}

impl Credentials {
    /// As the value of `Authorization` (RFC 7617).
    fn basic(&self) -> String {
        use base64::{Engine as _, prelude::BASE64_STANDARD};
        let pair = format!("{}:{}", self.user, self.password);
        format!("Basic {}", BASE64_STANDARD.encode(pair))
    }
}

/// What the registry asked for so far.
#[derive(Default)]
struct Known {
    /// It takes the password itself.
    basic: bool,
    tokens: HashMap<Purpose, Token>,
    /// Every token that there was, so that none is shown.
    secrets: HashSet<String>,
}

/// What is to be done about a 401.
pub(super) enum Reply {
    /// Nothing: it is the answer.
    Leave,
    /// The request again, with this `Authorization`.
    Show(String),
    /// A token has to be asked for first.
    Ask(Box<Question>),
}

impl Access {
    /// The access to a registry that asks nobody who they are.
    pub fn open(registry: Url) -> Self {
        Self {
            registry,
            credentials: None,
            token_server: None,
            insecure: false,
            tls: None,
            known: Mutex::default(),
        }
    }

    /// The access to `registry` that `settings` describe; reads the files that they name.
    ///
    /// # Errors
    /// Something is missing or cannot be read, or a password would be open to others.
    pub fn new(registry: Url, settings: &AccessSettings) -> Result<Self, AccessError> {
        let credentials = match (&settings.user, &settings.password) {
            (None, None) => None,
            (Some(user), None) => return Err(AccessError::NoPassword(user.clone())),
            (None, Some(_)) => return Err(AccessError::NoUser),
            (Some(user), Some(password)) => Some(Credentials {
                user: user.clone(),
                password: password.read()?,
            }),
        };
        let token_server = settings.token_server.as_ref();
        let token_server = token_server
            .map(|text| Url::parse(text).map_err(|_| AccessError::TokenServer(text.clone())))
            .transpose()?;
        if credentials.is_some() && !settings.insecure {
            let unprotected = [Some(&registry), token_server.as_ref()];
            if let Some(url) = unprotected.into_iter().flatten().find(|url| !is_private(url)) {
                return Err(AccessError::Unprotected(url.origin()));
            }
        }
        if registry.scheme != "https" && (settings.ca.is_some() || settings.certificate.is_some()) {
            return Err(AccessError::NotTls(registry.origin()));
        }
        let tls = tls::client(settings)?;
        Ok(Self {
            registry,
            credentials,
            token_server,
            insecure: settings.insecure,
            tls,
            known: Mutex::default(),
        })
    }

    /// The user, if there is one.
    pub fn user(&self) -> Option<&str> {
        self.credentials.as_ref().map(|credentials| credentials.user.as_str())
    }

    /// The password of the user, if there is one.
    pub(crate) fn password(&self) -> Option<&str> {
        self.credentials
            .as_ref()
            .map(|credentials| credentials.password.as_str())
    }

    /// `text` without the password and the tokens, should they be in it.
    pub fn redact(&self, text: &str) -> String {
        let Some(credentials) = &self.credentials else {
            return text.to_owned();
        };
        let mut text = text.replace(credentials.basic().trim_start_matches("Basic "), "***");
        for token in &self.known().secrets {
            text = text.replace(token, "***");
        }
        text.replace(&credentials.password, "***")
    }

    /// How TLS is spoken, if that is special.
    pub(super) fn tls(&self) -> Option<ClientConfig> {
        self.tls.as_deref().cloned()
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether `request` goes to the registry and says nothing itself of whom it comes from.
    pub(super) fn concerns(&self, request: &Request) -> bool {
        let is_named = |(name, _): &(String, String)| name.eq_ignore_ascii_case("authorization");
        self.credentials.is_some()
            && !request.anonymous
            && request.url.origin() == self.registry.origin()
            && !request.headers.iter().any(is_named)
    }

    /// The `Authorization` that a request like this needed before.
    pub(super) fn remembered(&self, request: &Request) -> Option<String> {
        let known = self.known();
        if let Some(token) = known.tokens.get(&Purpose::of(request)) {
            return token.is_fresh(Instant::now()).then(|| token.authorization());
        }
        let credentials = self.credentials.as_ref().filter(|_| known.basic)?;
        Some(credentials.basic())
    }

    /// What to do about a 401 with these headers.
    pub(super) fn reply(&self, request: &Request, headers: &HeaderMap) -> Result<Reply, TransportError> {
        let Some(credentials) = &self.credentials else {
            return Ok(Reply::Leave);
        };
        let challenges = challenge::read(headers);
        // A token says less to whoever gets hold of it than the password does.
        for challenge in &challenges {
            let Challenge::Bearer { realm, service, scope } = challenge else {
                continue;
            };
            let realm = self.trusted(realm)?;
            let question = Question::new(request, realm, service.as_deref(), scope.as_deref(), &credentials.user);
            return Ok(Reply::Ask(Box::new(question.authorized(credentials.basic()))));
        }
        if challenges.contains(&Challenge::Basic) {
            self.known().basic = true;
            return Ok(Reply::Show(credentials.basic()));
        }
        Ok(Reply::Leave)
    }

    /// The URL that is asked for a token for `scopes`, if these headers of an answer name a token service.
    ///
    /// # Errors
    /// It is none, or one that must not be told the password.
    pub(crate) fn token_service(&self, headers: &HeaderMap, scopes: &[String]) -> Result<Option<Url>, TransportError> {
        for challenge in challenge::read(headers) {
            if let Challenge::Bearer { realm, service, .. } = challenge {
                let mut url = self.trusted(&realm)?;
                let scopes = scopes.iter().map(|scope| ("scope", scope.clone()));
                let pairs = service.map(|service| ("service", service)).into_iter().chain(scopes);
                let pairs: Vec<(String, String)> = pairs.map(|(name, value)| (name.to_owned(), value)).collect();
                append_query(&mut url.target, &pairs);
                return Ok(Some(url));
            }
        }
        Ok(None)
    }

    /// Keeps the token of an answer to `question`, and returns the `Authorization` that it makes.
    pub(super) fn learn(&self, question: Question, status: u16, body: &[u8]) -> Result<String, TransportError> {
        let (purpose, token) = question.answered(status, body)?;
        let authorization = token.authorization();
        let mut known = self.known();
        known.secrets.insert(token.secret().to_owned());
        known.tokens.insert(purpose, token);
        Ok(authorization)
    }

    /// A token server that the registry names, if the password may go there.
    fn trusted(&self, realm: &str) -> Result<Url, TransportError> {
        let Ok(realm) = self.registry.join(realm) else {
            return Err(TransportError::NotAdmitted(format!(
                "the registry names `{realm}` as its token server, which is no URL"
            )));
        };
        self.trusts(&realm)?;
        Ok(realm)
    }

    /// Whether the password may go to a token server.
    fn trusts(&self, realm: &Url) -> Result<(), TransportError> {
        let is_registry = host(&realm.authority) == host(&self.registry.authority);
        let is_named = self.token_server.as_ref().map(Url::origin) == Some(realm.origin());
        if !is_registry && !is_named {
            return Err(TransportError::NotAdmitted(format!(
                "the registry wants the password to go to {0}, which is another host; `--token-server {0}`, or \
                 `token-server` in the project file, says that it may",
                realm.origin()
            )));
        }
        if !self.insecure && !is_private(realm) {
            return Err(TransportError::NotAdmitted(format!(
                "the registry wants the password to go to {}, as anybody on the way can read it",
                realm.origin()
            )));
        }
        Ok(())
    }
}

/// Whether nobody on the way can read what is sent there: it is encrypted, or does not leave this machine.
fn is_private(url: &Url) -> bool {
    let host = host(&url.authority);
    let loopback = host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    url.scheme == "https" || loopback || host == "localhost"
}

/// The host of `host:port`, an IPv6 address without its brackets.
fn host(authority: &str) -> &str {
    if let Some((host, _)) = authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return host;
    }
    authority.rsplit_once(':').map_or(authority, |(host, _)| host)
}

#[cfg(test)]
mod tests;
