//! Who asks, and what callers are told who may not.

use axum::body::Body;
use axum::{
    extract::State,
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header, request::Parts};
use std::sync::Arc;

use super::{
    api::Api,
    error::ApiError,
    host,
    peer::Peer,
    route::{Resource, Route, RouteError},
};
use crate::{
    auth::{Caller, Denied, Rejected},
    hooks::{Audience, DeclaredRoute},
    service::{Registry, RegistryError},
};

impl Api {
    /// Finds out who asks, and turns away whoever has no business here at all.
    pub(super) async fn admit(
        &self,
        route: Option<&Result<Route, RouteError>>,
        parts: &Parts,
        peer: &Peer,
    ) -> Result<Caller, ApiError> {
        if let Some(wait) = self.rates.wait(peer.remote, &parts.method) {
            return Err(ApiError::TooManyRequests(wait));
        }
        host::check(parts)?;
        // What may be sent where is no secret, and browsers ask for it without credentials.
        if parts.method == Method::OPTIONS {
            return Ok(Caller::default());
        }
        let identified = self.authenticator.identify(&parts.headers, peer.name.as_deref()).await;
        let caller = match identified {
            Ok(caller) => caller,
            Err(rejected) => {
                if rejected == Rejected::Refused {
                    tokio::time::sleep(self.authenticator.fail_delay()).await;
                }
                return Err(rejected.into());
            }
        };
        let gate = self.registry.gate();
        match route {
            // Whoever asks for a token may be anyone, and keys and extensions say whom their routes are for.
            None | Some(Ok(Route::Token | Route::ApiKeys)) => {}
            // Without this a client would never learn that it can say who it is.
            Some(Ok(Route::Ping)) if self.authenticator.issues_tokens() && caller.is_unknown() => {
                return Err(RegistryError::Denied(Denied::Unauthenticated).into());
            }
            // A path that names nothing is told of only to who would be told of others.
            Some(_) => gate.admit_at_all(&caller).map_err(RegistryError::Denied)?,
        }
        Ok(caller)
    }

    /// Adds to an answer of 401 how the caller can say who it is.
    pub(super) fn challenge(&self, response: &mut Response, question: &Question, path: &str, peer: &Peer) {
        let denied = response.extensions_mut().remove::<Denied>();
        let headers = response.headers_mut();
        // To zot's own pages a challenge would be a dialogue of the browser's.
        let from_page = question.client.as_ref().is_some_and(|client| client == "zot-ui");
        if headers.contains_key(header::WWW_AUTHENTICATE) || from_page {
            return;
        }
        let route = Route::owns(path).then(|| Route::parse(path).ok()).flatten();
        let challenge = if matches!(route, Some(Route::Token | Route::ApiKeys)) {
            self.authenticator.password_challenge()
        } else {
            let here = match self.external_url.as_str() {
                "" => &peer.here(),
                url => url,
            };
            let scope = route.and_then(|route| scope(&route, &question.method));
            let insufficient = denied == Some(Denied::Insufficient);
            self.authenticator.challenge(here, scope.as_deref(), insufficient)
        };
        if let Some(challenge) = challenge {
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
    }
}

/// What of a request is still asked about once it has been answered.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) method: Method,
    pub(super) has_credentials: bool,
    client: Option<HeaderValue>,
}

impl Question {
    pub(super) fn new(parts: &Parts) -> Self {
        Self {
            method: parts.method.clone(),
            has_credentials: parts.headers.contains_key(header::AUTHORIZATION),
            client: parts.headers.get("x-zot-api-client").cloned(),
        }
    }
}

/// The scope that a token needs for what a request wants to do.
fn scope(route: &Route, method: &Method) -> Option<String> {
    let (name, resource) = match route {
        Route::Catalog => return Some("registry:catalog:*".to_owned()),
        Route::Repository(name, resource) => (name, resource),
        Route::Ping | Route::Discover | Route::Token | Route::ApiKeys => return None,
    };
    let is_upload = matches!(resource, Resource::Uploads | Resource::Upload(_));
    let actions = match *method {
        Method::DELETE if !is_upload => "delete",
        Method::GET | Method::HEAD if !is_upload => "pull",
        _ => "pull,push",
    };
    Some(format!("repository:{name}:{actions}"))
}

/// Routes of an extension, and who may reach them.
#[derive(Clone)]
pub(super) struct Guarded {
    pub(super) registry: Arc<Registry>,
    pub(super) audience: Audience,
    pub(super) declared: Arc<[DeclaredRoute]>,
}

/// Lets an extension's route be reached by those whom it is for, if it was declared.
pub(super) async fn guard(State(guarded): State<Guarded>, request: Request<Body>, next: Next) -> Response {
    let path = request.uri().path();
    if !guarded.declared.iter().any(|route| route.path == path) {
        tracing::warn!(
            path,
            "an extension has a route that it did not declare: it is not served"
        );
        return StatusCode::NOT_FOUND.into_response();
    }
    if request.method() == Method::OPTIONS {
        return next.run(request).await;
    }
    let caller = request.extensions().get::<Caller>().cloned().unwrap_or_default();
    let gate = guarded.registry.gate();
    let admitted = match guarded.audience {
        Audience::Callers => gate.admit_at_all(&caller),
        Audience::Scrapers => gate.admit_metrics(&caller),
    };
    match admitted {
        Ok(()) => next.run(request).await,
        Err(denied) => denied.into_response(),
    }
}

impl IntoResponse for Denied {
    /// An answer that says nothing yet but that it is a denial; [`Api`] gives it its body and challenge.
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = match self {
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::Unauthenticated | Self::Insufficient => StatusCode::UNAUTHORIZED,
        };
        response.extensions_mut().insert(self);
        response
    }
}

/// What browsers are told of an extension's routes (CORS).
pub(super) fn share(headers: &mut HeaderMap, allow: &str, origin: &str, with_credentials: bool) {
    let mut set = |name, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    };
    set(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    set(header::ACCESS_CONTROL_ALLOW_METHODS, allow);
    set(
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        "Authorization,content-type,X-ZOT-API-CLIENT",
    );
    // Browsers would refuse credentials for every origin, and so do we.
    if with_credentials && origin != "*" {
        set(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, "true");
    }
}
