//! Who is it? From what a request shows to a [`Caller`].

use std::{sync::Arc, time::Duration};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use http::{HeaderMap, HeaderValue, header};

use super::{
    Action, ApiKey, ApiKeys, AuthError, Caller, Gate, Owner, Proof, Rejected,
    bearer::{Issuer, Verifier},
    htpasswd::Users,
    scope::{Access, Scope},
};
use crate::config;

/// The longest credentials that are looked at, in bytes.
const LONGEST: usize = 48 << 10;

/// Tells callers apart.
#[derive(Debug)]
pub struct Authenticator {
    users: Option<Users>,
    verifier: Option<Verifier>,
    issuer: Option<Issuer>,
    api_keys: Option<Arc<ApiKeys>>,
    /// Where the tokens of others come from.
    external: Option<(String, String)>,
    realm: String,
    fail_delay: Duration,
    certificates: bool,
}

/// A token, and what its bearer is told about it.
#[derive(Clone, Debug)]
pub struct IssuedToken {
    /// The token.
    pub token: String,
    /// How many seconds it is good for.
    pub expires_in: u64,
    /// When it was issued.
    pub issued_at: jiff::Timestamp,
}

impl Authenticator {
    /// As it is configured. It reads the files.
    pub fn open(http: &config::Http) -> Result<Self, AuthError> {
        let auth = &http.auth;
        let users = auth.htpasswd.as_deref().map(Users::open).transpose()?;
        let (issuer, verifier) = match (&auth.token, &auth.bearer) {
            (Some(service), _) => {
                let (issuer, verifier) = Issuer::new(service);
                (Some(issuer), Some(verifier))
            }
            (None, Some(bearer)) => (None, Some(Verifier::new(bearer)?)),
            (None, None) => (None, None),
        };
        let external = auth.bearer.as_ref();
        Ok(Self {
            users,
            verifier,
            issuer,
            api_keys: None,
            external: external.map(|bearer| (bearer.realm.clone(), bearer.service.clone())),
            realm: http.realm.clone(),
            fail_delay: auth.fail_delay,
            certificates: http.tls.as_ref().is_some_and(|tls| tls.cacert.is_some()),
        })
    }

    /// The same for callers who may also show one of these.
    #[must_use]
    pub fn with_api_keys(self, keys: Option<ApiKeys>) -> Self {
        Self {
            api_keys: keys.map(Arc::new),
            ..self
        }
    }

    /// The API keys, where callers can make some.
    pub const fn api_keys(&self) -> Option<&Arc<ApiKeys>> {
        self.api_keys.as_ref()
    }

    /// Whether everyone is anonymous, whatever they show.
    pub const fn is_open(&self) -> bool {
        self.users.is_none() && self.verifier.is_none() && !self.certificates
    }

    /// Whether callers can show a password, or a key in its place.
    pub const fn asks_for_passwords(&self) -> bool {
        self.users.is_some() || self.api_keys.is_some()
    }

    /// How long an answer to wrong credentials is held back.
    pub const fn fail_delay(&self) -> Duration {
        self.fail_delay
    }

    /// Who it is, by the headers of a request, or else by the certificate of its connection, which names `peer`.
    pub async fn identify(&self, headers: &HeaderMap, peer: Option<&str>) -> Result<Caller, Rejected> {
        if self.is_open() {
            return Ok(Caller::default());
        }
        let mut values = headers.get_all(header::AUTHORIZATION).iter();
        let Some(credentials) = values.next().filter(|value| !is_empty(value)) else {
            return Ok(peer
                .filter(|_| self.certificates)
                .map(|name| Caller::named(name, Proof::Certificate))
                .unwrap_or_default());
        };
        if values.next().is_some() || credentials.len() > LONGEST {
            return Err(Rejected::Refused);
        }
        let credentials = credentials.to_str().map_err(|_| Rejected::Refused)?;
        let (scheme, value) = credentials.split_once(' ').ok_or(Rejected::Refused)?;
        let value = value.trim_matches(' ');
        if scheme.eq_ignore_ascii_case("basic") {
            let decoded = BASE64_STANDARD.decode(value).map_err(|_| Rejected::Refused)?;
            let colon = decoded.iter().position(|byte| *byte == b':').ok_or(Rejected::Refused)?;
            let user = std::str::from_utf8(&decoded[..colon]).map_err(|_| Rejected::Refused)?;
            self.by_password(user, &decoded[colon + 1..]).await
        } else if scheme.eq_ignore_ascii_case("bearer") {
            self.by_token(value)
        } else {
            Err(Rejected::Refused)
        }
    }

    /// Who it is, by name and password, or by an API key in its place.
    pub async fn by_password(&self, user: &str, password: &[u8]) -> Result<Caller, Rejected> {
        if let Some(key) = self.good_key(|keys| keys.find(user, password)) {
            return Ok(Caller::with_key(key));
        }
        // What is no key, or no more, takes as long as what is no password.
        let users = self.users.as_ref().ok_or(Rejected::Refused)?;
        if users.verify(user, password).await? {
            Ok(Caller::named(user, Proof::Password))
        } else {
            Err(Rejected::Refused)
        }
    }

    /// A key that is good, and is used now.
    fn good_key(&self, find: impl FnOnce(&ApiKeys) -> Option<Arc<ApiKey>>) -> Option<Arc<ApiKey>> {
        let keys = self.api_keys.as_ref()?;
        let key = find(keys)?;
        if key.is_expired(jiff::Timestamp::now()) || !self.knows(key.owner()) {
            return None;
        }
        keys.used(&key);
        Some(key)
    }

    /// Whether an owner of keys could still prove who it is.
    fn knows(&self, owner: &Owner) -> bool {
        match owner.proof {
            Proof::Password => self.users.as_ref().is_some_and(|users| users.know(&owner.name)),
            Proof::Certificate => self.certificates,
        }
    }

    fn by_token(&self, token: &str) -> Result<Caller, Rejected> {
        let caller = self.verifier.as_ref().and_then(|verifier| verifier.caller(token));
        let caller = caller.ok_or(Rejected::Refused)?;
        if let Some(id) = caller.token().and_then(|token| token.key) {
            let owner = caller.name().unwrap_or_default();
            let key = self.good_key(|keys| keys.with_id(owner, id));
            return Ok(caller.limited_to(key.ok_or(Rejected::Refused)?));
        }
        // One who was taken out of the file since is nobody any more.
        let gone = |name| self.users.as_ref().is_none_or(|users| !users.know(name));
        if self.issuer.is_some() && caller.name().is_some_and(gone) {
            return Err(Rejected::Refused);
        }
        Ok(caller)
    }

    /// What a caller is told who has to say who it is. `here` is where this registry is reached, and `scope` what the caller
    /// wants to do.
    pub fn challenge(&self, here: &str, scope: Option<&str>, insufficient: bool) -> Option<HeaderValue> {
        let (realm, service) = match (&self.issuer, &self.external) {
            (Some(issuer), _) => (format!("{here}{TOKEN_PATH}"), issuer.service()),
            (None, Some((realm, service))) => (realm.clone(), service.as_str()),
            (None, None) => return self.password_challenge(),
        };
        let scope = scope
            .map(|scope| format!(",scope={}", quoted(scope)))
            .unwrap_or_default();
        let error = if insufficient {
            ",error=\"insufficient_scope\""
        } else {
            ""
        };
        let (realm, service) = (quoted(&realm), quoted(service));
        let challenge = format!("Bearer realm={realm},service={service}{scope}{error}");
        HeaderValue::try_from(challenge).ok()
    }

    /// What a caller is told who has to show a password.
    pub fn password_challenge(&self) -> Option<HeaderValue> {
        HeaderValue::try_from(format!("Basic realm={}", quoted(&self.realm))).ok()
    }

    /// Whether tokens are issued here.
    pub const fn issues_tokens(&self) -> bool {
        self.issuer.is_some()
    }

    /// A token for `caller`, with as much of the scopes that it asks for as `gate` lets it have. `None`: tokens are not issued
    /// here, or not for this `service`.
    pub fn issue<'a>(
        &self,
        caller: &Caller,
        gate: &Gate,
        service: Option<&str>,
        scopes: impl Iterator<Item = &'a str>,
    ) -> Option<IssuedToken> {
        let issuer = self.issuer.as_ref()?;
        if service.is_some_and(|service| service != issuer.service()) {
            return None;
        }
        let asked = Scope::parse(scopes).0.into_iter();
        let granted = Scope(asked.filter_map(|access| granted(caller, gate, access)).collect());
        let (token, at) = issuer.issue(caller.name(), caller.key().map(ApiKey::id), &granted)?;
        Some(IssuedToken {
            token,
            expires_in: issuer.expiry().as_secs().max(1),
            issued_at: jiff::Timestamp::from_second(i64::try_from(at).ok()?).ok()?,
        })
    }
}

/// Where API keys are made, listed and taken back.
pub const API_KEYS_PATH: &str = "/zot/auth/apikey";

/// Where tokens are issued.
pub const TOKEN_PATH: &str = "/zot/auth/token";

/// What `caller` gets of what it asks for.
fn granted(caller: &Caller, gate: &Gate, mut access: Access) -> Option<Access> {
    match access.kind.as_str() {
        "repository" => {
            let repository = access.name.parse().ok()?;
            let words = [
                ("pull", Action::Read),
                ("push", Action::Create),
                ("delete", Action::Delete),
            ];
            let every = access.actions.iter().any(|word| word == "*");
            let asked = words
                .into_iter()
                .filter(|(word, _)| every || access.actions.iter().any(|asked| asked == word));
            let actions = asked.filter(|(_, action)| gate.admit(caller, *action, &repository).is_ok());
            access.actions = actions.map(|(word, _)| word.to_owned()).collect();
        }
        "registry" if access.name == "catalog" => access.actions.retain(|word| word == "*"),
        _ => return None,
    }
    (!access.actions.is_empty()).then_some(access)
}

/// To say nothing, and to say an empty name with an empty password, is to be anonymous.
fn is_empty(credentials: &HeaderValue) -> bool {
    matches!(credentials.as_bytes().trim_ascii(), b"" | b"Basic Og==")
}

/// A quoted string (RFC 9110, section 5.6.4), without what no header can have.
fn quoted(text: &str) -> String {
    let escaped = text.chars().filter(|character| !character.is_control());
    let escaped: String = escaped
        .flat_map(|character| {
            let backslash = matches!(character, '"' | '\\').then_some('\\');
            backslash.into_iter().chain([character])
        })
        .collect();
    format!("\"{escaped}\"")
}
