//! From a request to its answer: finds the resource and the operation, and does what is the same for all of them.

use std::{mem, sync::Arc, time::Instant};

use axum::{Router, body::Body, middleware, response::Response};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header, request::Parts};
use http_body::Body as _;
use tokio_util::task::TaskTracker;

use super::{
    admission::{Guarded, Question, guard, share},
    api_keys,
    audit::{is_audited, redacted},
    blobs,
    body::SharedBody,
    catalog, discover,
    error::ApiError,
    manifests,
    peer::Peer,
    ping,
    query::Query,
    rate::RateLimits,
    referrers,
    reply::Reply,
    route::{Resource, Route, RouteError, listed},
    tags, token, uploads,
};
use crate::{
    auth::{ApiKeys, AuthError, Authenticator, Caller, Denied},
    config::{Config, Limits, Log},
    hooks::{Event, Hooks},
    logging::{AuditLog, Audited},
    oci::RepositoryName,
    service::{Registry, RegistryError},
};

/// A year: whoever has been here encrypted does not come back otherwise.
const HSTS: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Answers requests.
pub struct Api {
    pub(super) registry: Arc<Registry>,
    pub(super) authenticator: Authenticator,
    pub(super) rates: RateLimits,
    audit: Option<AuditLog>,
    pub(super) endpoints: Vec<String>,
    pub(super) external_url: String,
    allow_origin: String,
    pub(super) limits: Limits,
    extensions: Router,
    writes: TaskTracker,
}

/// What an operation is given beside the resource that it works on.
#[derive(Debug)]
pub(super) struct Input {
    pub(super) caller: Caller,
    pub(super) headers: HeaderMap,
    pub(super) query: Query,
    pub(super) body: SharedBody,
}

impl Input {
    /// `Content-Length`, where there is one.
    pub(super) fn content_length(&self) -> Option<u64> {
        self.headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
    }
}

impl Api {
    /// The registry's own routes, with those of the extensions and what discovery lists of them. It takes them out of
    /// `hooks`.
    pub fn new(config: &Config, registry: Arc<Registry>, hooks: &mut Hooks) -> Result<Self, AuthError> {
        let routes = mem::take(&mut hooks.routes);
        // A chain of fallbacks, not a merge: that two extensions want the same path must not bring the registry down.
        let extensions = routes.into_iter().rev().fold(Router::new(), |next, added| {
            let mut routes = (added.build)(Arc::clone(&registry));
            if routes.has_routes() {
                let guarded = Guarded {
                    registry: Arc::clone(&registry),
                    audience: added.audience,
                    declared: added.declared.into(),
                };
                routes = routes.route_layer(middleware::from_fn_with_state(guarded, guard));
            }
            routes.fallback_service(next)
        });
        let has_keys = config.http.auth.api_keys;
        let keys = has_keys.then(|| ApiKeys::open(&config.storage)).transpose()?;
        let external_url = config.http.external_url.as_deref().unwrap_or_default();
        Ok(Self {
            registry,
            authenticator: Authenticator::open(&config.http)?.with_api_keys(keys),
            rates: RateLimits::new(&config.http.rate_limit),
            audit: open_audit(&config.log)?,
            endpoints: mem::take(&mut hooks.endpoints),
            external_url: external_url.trim_end_matches('/').to_owned(),
            allow_origin: config.http.allow_origin.clone(),
            limits: config.http.limits,
            extensions,
            writes: TaskTracker::new(),
        })
    }

    /// Every route of the registry's own, as a path with placeholders, and its methods.
    pub fn routes() -> Vec<(&'static str, &'static [Method])> {
        Route::every()
            .iter()
            .map(|route| (route.template(), route.methods()))
            .collect()
    }

    /// A path as clients shall see it: below the external URL that is configured, else relative. What a request says
    /// about its host is never used.
    pub(super) fn location(&self, path: &str) -> String {
        format!("{}{path}", self.external_url)
    }

    /// Waits until what clients began to change has been done, also for clients that went away. Nothing may be asked of
    /// the registry any more.
    pub(crate) async fn settle(&self) {
        self.writes.close();
        self.writes.wait().await;
    }

    /// Answers a request of a client that nothing is known of.
    pub async fn respond(self: Arc<Self>, request: Request<Body>) -> Response {
        self.respond_to(request, &Peer::default()).await
    }

    /// Answers a request of `peer`.
    pub async fn respond_to(self: Arc<Self>, request: Request<Body>, peer: &Peer) -> Response {
        let began = Instant::now();
        let (parts, body) = request.into_parts();
        let body = SharedBody::new(body);
        let (question, uri) = (Question::new(&parts), parts.uri.clone());
        let method = &question.method;
        let expects_continue = parts.headers.contains_key(header::EXPECT);
        let route = Route::owns(uri.path()).then(|| Route::parse(uri.path()));
        let repository = match &route {
            Some(Ok(Route::Repository(name, _))) => Some(name.clone()),
            _ => None,
        };
        let mut user = None;
        let mut response = match self.admit(route.as_ref(), &parts, peer).await {
            Err(error) => error.into_response(uri.path()),
            Ok(caller) => {
                user = caller.name().map(str::to_owned);
                match route {
                    None => self.extension(parts, body.clone(), caller).await,
                    Some(Ok(route)) => Arc::clone(&self).operate(route, parts, body.clone(), caller).await,
                    Some(Err(error)) => ApiError::Route(error).into_response(uri.path()),
                }
            }
        };
        if response.status() == StatusCode::UNAUTHORIZED {
            self.challenge(&mut response, &question, uri.path(), peer);
        }
        let latency = began.elapsed();
        let status = response.status();
        if (status.is_client_error() || status.is_server_error()) && !expects_continue {
            body.discard().await;
        }
        let body_size = response.body().size_hint().exact().unwrap_or_default();
        let headers = response.headers_mut();
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if peer.secure {
            headers.insert(header::STRICT_TRANSPORT_SECURITY, HSTS);
        }
        if *method == Method::HEAD {
            // The other two have no length of their own, and would claim that GET has none either.
            if !matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED) {
                headers
                    .entry(header::CONTENT_LENGTH)
                    .or_insert_with(|| body_size.into());
            }
            *response.body_mut() = Body::empty();
        }
        let path = redacted(uri.path_and_query().map_or(uri.path(), |path| path.as_str()));
        let path = &*path;
        tracing::info!(
            username = user.as_deref(),
            method = method.as_str(),
            path,
            statusCode = status.as_u16(),
            latency = ?latency,
            bodySize = body_size,
            "HTTP API"
        );
        if let Some(audit) = &self.audit
            && is_audited(method, status, question.has_credentials)
        {
            let audited = Audited {
                client: peer.remote,
                subject: user.as_deref(),
                action: method.as_str(),
                object: path,
                status: status.as_u16(),
            };
            audit.record(audited).await;
        }
        if !self.registry.events().is_empty() {
            let repository = self.existing(repository.as_ref()).await;
            self.registry.events().emit(&Event::Request {
                method,
                path,
                status,
                repository,
                latency,
            });
        }
        response
    }

    async fn existing<'a>(&self, repository: Option<&'a RepositoryName>) -> Option<&'a RepositoryName> {
        let name = repository?;
        let exists = self.registry.store().repository_exists(name).await;
        exists.unwrap_or_default().then_some(name)
    }

    /// What the registry does not serve itself.
    async fn extension(&self, parts: Parts, body: SharedBody, caller: Caller) -> Response {
        let path = parts.uri.path().to_owned();
        let asks_for_methods = parts.method == Method::OPTIONS;
        let mut request = Request::from_parts(parts, Body::new(body));
        request.extensions_mut().insert(caller);
        let mut router = self.extensions.clone();
        let Ok(mut response) = tower_service::Service::call(&mut router, request).await;
        if let Some(denied) = response.extensions().get::<Denied>() {
            response = ApiError::Registry(RegistryError::Denied(*denied)).into_response(&path);
        }
        // The last router of the chain has no routes, and answers with an empty 404 where nobody else did.
        if response.status() == StatusCode::NOT_FOUND && response.body().is_end_stream() {
            return ApiError::Route(RouteError::NotFound).into_response(&path);
        }
        let allow = response.headers().get(header::ALLOW);
        let allow = allow
            .and_then(|allow| allow.to_str().ok())
            .unwrap_or("GET,HEAD")
            .to_owned();
        if asks_for_methods && response.status() == StatusCode::METHOD_NOT_ALLOWED {
            response = Reply::new(StatusCode::NO_CONTENT).header(header::ALLOW, &allow).done();
        }
        self.share(&mut response, &allow);
        response
    }

    /// Tells browsers from where a route with these methods may be used (CORS).
    fn share(&self, response: &mut Response, methods: &str) {
        let with_credentials = self.authenticator.asks_for_passwords();
        let methods = format!("{methods},OPTIONS");
        share(response.headers_mut(), &methods, &self.allow_origin, with_credentials);
    }

    async fn operate(self: Arc<Self>, route: Route, parts: Parts, body: SharedBody, caller: Caller) -> Response {
        let path = parts.uri.path().to_owned();
        let reads = matches!(parts.method, Method::GET | Method::HEAD);
        // People make their keys in a browser, on a page that may have come from somewhere else.
        let shared = matches!(route, Route::ApiKeys).then(|| listed(route.methods(), ","));
        let outcome = if reads {
            self.operation(route, parts, body, caller).await
        } else {
            // A task of its own: what a client began to change is brought to its end, though the client may be gone.
            let writes = self.writes.clone();
            let api = Arc::clone(&self);
            let work = async move { api.operation(route, parts, body, caller).await };
            writes.spawn(work).await.unwrap_or(Err(ApiError::Crashed))
        };
        let mut response = outcome.unwrap_or_else(|error| error.into_response(&path));
        if let Some(methods) = shared {
            self.share(&mut response, &methods);
        }
        let headers = response.headers_mut();
        headers.insert(ping::API_VERSION, HeaderValue::from_static("registry/2.0"));
        response
    }

    async fn operation(
        &self,
        route: Route,
        parts: Parts,
        body: SharedBody,
        caller: Caller,
    ) -> Result<Response, ApiError> {
        let is_off = match route {
            Route::Token => !self.authenticator.issues_tokens(),
            Route::ApiKeys => self.authenticator.api_keys().is_none(),
            _ => false,
        };
        if is_off {
            return Err(ApiError::Route(RouteError::NotFound));
        }
        let methods = route.methods();
        if parts.method == Method::OPTIONS {
            let allowed = listed(methods, ", ");
            return Ok(Reply::new(StatusCode::NO_CONTENT).header(header::ALLOW, allowed).done());
        }
        if !methods.contains(&parts.method) {
            return Err(ApiError::Method(methods));
        }
        let input = Input {
            caller,
            query: Query::parse(parts.uri.query())?,
            headers: parts.headers,
            body,
        };
        let (name, resource) = match route {
            Route::Ping => return Ok(ping::get()),
            Route::Catalog => return catalog::get(self, &input).await,
            Route::Discover => return Ok(discover::get(self)),
            Route::Token if parts.method == Method::POST => return token::post(self, input).await,
            Route::Token => return token::get(self, &input),
            Route::ApiKeys => return api_keys::operate(self, &parts.method, input).await,
            Route::Repository(name, resource) => (name, resource),
        };
        match (resource, parts.method.as_str()) {
            (Resource::Discover, _) => discover::get_in(self, &name, &input),
            (Resource::Tags, _) => tags::get(self, &name, &input).await,
            (Resource::Referrers(digest), _) => referrers::get(self, &name, &digest, &input).await,
            (Resource::Manifest(reference), "GET") => manifests::get(self, &name, &reference, &input).await,
            (Resource::Manifest(reference), "HEAD") => manifests::head(self, &name, &reference, &input).await,
            (Resource::Manifest(reference), "PUT") => manifests::put(self, &name, &reference, input).await,
            (Resource::Manifest(reference), _) => manifests::delete(self, &name, &reference, &input).await,
            (Resource::Blob(digest), "GET") => blobs::get(self, &name, &digest, &input).await,
            (Resource::Blob(digest), "HEAD") => blobs::head(self, &name, &digest, &input).await,
            (Resource::Blob(digest), _) => blobs::delete(self, &name, &digest, &input).await,
            (Resource::Uploads, _) => uploads::post(self, &name, input).await,
            (Resource::Upload(session), "PATCH") => uploads::patch(self, &name, &session, input).await,
            (Resource::Upload(session), "PUT") => uploads::put(self, &name, &session, input).await,
            (Resource::Upload(session), "DELETE") => uploads::delete(self, &name, &session, &input).await,
            (Resource::Upload(session), _) => uploads::status(self, &name, &session, &input).await,
        }
    }
}

fn open_audit(log: &Log) -> Result<Option<AuditLog>, AuthError> {
    let opened = log.audit.as_deref().map(|path| {
        AuditLog::open(path).map_err(|source| AuthError::Read {
            path: path.to_owned(),
            source,
        })
    });
    opened.transpose()
}

impl std::fmt::Debug for Api {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Api")
            .field("endpoints", &self.endpoints)
            .field("external_url", &self.external_url)
            .finish_non_exhaustive()
    }
}
