//! From a request to its answer: finds the resource and the operation, and does what is the same for all of them.

use std::{sync::Arc, time::Instant};

use axum::{Router, body::Body, response::Response};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header, request::Parts};
use http_body::Body as _;
use tokio_util::task::TaskTracker;

use super::{
    blobs,
    body::SharedBody,
    catalog, discover,
    error::ApiError,
    manifests, ping,
    query::Query,
    referrers,
    reply::Reply,
    route::{Resource, Route},
    tags, uploads,
};
use crate::{
    auth::Caller,
    config::Config,
    hooks::{Event, RoutesHook},
    oci::RepositoryName,
    service::Registry,
};

/// Answers requests.
pub struct Api {
    pub(super) registry: Arc<Registry>,
    pub(super) endpoints: Vec<String>,
    external_url: String,
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
    /// The registry's own routes, with those of the extensions. `endpoints` are what discovery lists.
    pub fn new(config: &Config, registry: Arc<Registry>, routes: Vec<RoutesHook>, endpoints: Vec<String>) -> Self {
        // A chain of fallbacks, not a merge: that two extensions want the same path must not bring the registry down.
        let extensions = routes.into_iter().rev().fold(Router::new(), |next, build| {
            build(Arc::clone(&registry)).fallback_service(next)
        });
        let external_url = config.http.external_url.as_deref().unwrap_or_default();
        Self {
            registry,
            endpoints,
            external_url: external_url.trim_end_matches('/').to_owned(),
            extensions,
            writes: TaskTracker::new(),
        }
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

    /// Answers a request.
    pub async fn respond(self: Arc<Self>, request: Request<Body>) -> Response {
        let began = Instant::now();
        let (parts, body) = request.into_parts();
        let body = SharedBody::new(body);
        let (method, uri) = (parts.method.clone(), parts.uri.clone());
        let expects_continue = parts.headers.contains_key(header::EXPECT);
        let route = Route::owns(uri.path()).then(|| Route::parse(uri.path()));
        let repository = match &route {
            Some(Ok(Route::Repository(name, _))) => Some(name.clone()),
            _ => None,
        };
        let mut response = match route {
            None => {
                self.extension(Request::from_parts(parts, Body::new(body.clone())))
                    .await
            }
            Some(Ok(route)) => Arc::clone(&self).operate(route, parts, body.clone()).await,
            Some(Err(error)) => ApiError::Route(error).into_response(uri.path()),
        };
        let latency = began.elapsed();
        let status = response.status();
        if (status.is_client_error() || status.is_server_error()) && !expects_continue {
            body.discard().await;
        }
        let body_size = response.body().size_hint().exact().unwrap_or_default();
        let headers = response.headers_mut();
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if method == Method::HEAD {
            // The other two have no length of their own, and would claim that GET has none either.
            if !matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED) {
                headers
                    .entry(header::CONTENT_LENGTH)
                    .or_insert_with(|| body_size.into());
            }
            *response.body_mut() = Body::empty();
        }
        let path = uri.path_and_query().map_or(uri.path(), |path| path.as_str());
        tracing::info!(
            method = method.as_str(),
            path,
            statusCode = status.as_u16(),
            latency = ?latency,
            bodySize = body_size,
            "HTTP API"
        );
        if !self.registry.events().is_empty() {
            let repository = self.existing(repository.as_ref()).await;
            self.registry.events().emit(&Event::Request {
                method: &method,
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
    async fn extension(&self, mut request: Request<Body>) -> Response {
        request.extensions_mut().insert(Caller::default());
        let path = request.uri().path().to_owned();
        let mut router = self.extensions.clone();
        let Ok(response) = tower_service::Service::call(&mut router, request).await;
        // The last router of the chain has no routes, and answers with an empty 404 where nobody else did.
        if response.status() == StatusCode::NOT_FOUND && response.body().is_end_stream() {
            return ApiError::Route(super::route::RouteError::NotFound).into_response(&path);
        }
        response
    }

    async fn operate(self: Arc<Self>, route: Route, parts: Parts, body: SharedBody) -> Response {
        let path = parts.uri.path().to_owned();
        let reads = matches!(parts.method, Method::GET | Method::HEAD);
        let outcome = if reads {
            self.operation(route, parts, body).await
        } else {
            // A task of its own: what a client began to change is brought to its end, though the client may be gone.
            let writes = self.writes.clone();
            let work = async move { self.operation(route, parts, body).await };
            writes.spawn(work).await.unwrap_or(Err(ApiError::Crashed))
        };
        let mut response = outcome.unwrap_or_else(|error| error.into_response(&path));
        let headers = response.headers_mut();
        headers.insert(ping::API_VERSION, HeaderValue::from_static("registry/2.0"));
        response
    }

    async fn operation(&self, route: Route, parts: Parts, body: SharedBody) -> Result<Response, ApiError> {
        let methods = route.methods();
        if parts.method == Method::OPTIONS {
            let allowed = methods.iter().map(Method::as_str).collect::<Vec<_>>().join(", ");
            return Ok(Reply::new(StatusCode::NO_CONTENT).header(header::ALLOW, allowed).done());
        }
        if !methods.contains(&parts.method) {
            return Err(ApiError::Method(methods));
        }
        let input = Input {
            caller: Caller::default(),
            query: Query::parse(parts.uri.query())?,
            headers: parts.headers,
            body,
        };
        let (name, resource) = match route {
            Route::Ping => return Ok(ping::get()),
            Route::Catalog => return catalog::get(self, &input).await,
            Route::Discover => return Ok(discover::get(self)),
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

impl std::fmt::Debug for Api {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Api")
            .field("endpoints", &self.endpoints)
            .field("external_url", &self.external_url)
            .finish_non_exhaustive()
    }
}
