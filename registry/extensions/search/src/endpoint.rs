//! The endpoint: queries by GET and POST.

use std::sync::Arc;

use async_graphql::{Request, Response as Answer, ServerError, Value, Variables};
use axum::{
    Extension, Router,
    body::{self, Body},
    extract::{RawQuery, State},
    response::{IntoResponse, Response},
    routing::get,
};
use http::{HeaderMap, StatusCode, header};
use plimsoll_registry_core::auth::Caller;
use tokio::{sync::Semaphore, time::timeout};

use crate::{
    graphiql,
    index::Catalogue,
    schema::{self, LONGEST_QUERY, QueryContext, Schema},
};

/// Where queries are answered.
pub(crate) const PATH: &str = "/v2/_zot/ext/search";

/// The largest body of a POST, in bytes: a query, its variables, and what JSON makes of them.
const LARGEST_BODY: usize = 64 * 1024;

/// The longest query string of a GET, in bytes.
const LONGEST_QUERY_STRING: usize = 3 * LONGEST_QUERY;

/// So many queries are worked on at a time, as each holds its whole answer in memory.
const PARALLEL: usize = 8;

/// How long a query waits for its turn.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(30);

/// What a query needs.
#[derive(Clone)]
pub(crate) struct Endpoint(Arc<Inner>);

struct Inner {
    schema: Schema,
    catalogue: Arc<Catalogue>,
    turns: Semaphore,
}

/// Why a request is not even a query.
#[derive(Debug, thiserror::Error)]
enum RequestError {
    #[error("the query has to come as application/json")]
    ContentType,
    #[error("the body is larger than {LARGEST_BODY} bytes, or broke off")]
    Body,
    #[error("the query string is longer than {LONGEST_QUERY_STRING} bytes")]
    QueryString,
    #[error("the body is not a JSON object with query, variables and operationName: {0}")]
    Json(serde_json::Error),
    #[error("the variables are not a JSON object: {0}")]
    Variables(serde_json::Error),
    #[error("there is no query")]
    Empty,
    #[error("too many queries are being answered: try again in a while")]
    Busy,
}

impl Endpoint {
    pub(crate) fn new(catalogue: Arc<Catalogue>) -> Self {
        Self(Arc::new(Inner {
            schema: schema::build(),
            catalogue,
            turns: Semaphore::new(PARALLEL),
        }))
    }

    /// The routes: the endpoint, and the page if it is wanted.
    pub(crate) fn router(self, graphiql: bool) -> Router {
        let queries = get(by_get).post(by_post);
        let router = Router::new().route(PATH, queries).with_state(self);
        if graphiql {
            router.merge(graphiql::router())
        } else {
            router
        }
    }

    async fn answer(&self, caller: Caller, mut request: Request) -> Result<Response, RequestError> {
        if request.query.is_empty() {
            return Err(RequestError::Empty);
        }
        let document = match schema::admit(&request.query) {
            Ok(document) => document,
            Err(error) => return Ok(invalid(vec![error])),
        };
        request.set_parsed_query(document);
        let turn = timeout(PATIENCE, self.0.turns.acquire()).await;
        let Ok(Ok(_turn)) = turn else {
            return Err(RequestError::Busy);
        };
        let context = QueryContext::new(Arc::clone(&self.0.catalogue), caller);
        let answer = self.0.schema.execute(request.data(context)).await;
        Ok(if is_invalid(&answer) {
            invalid(answer.errors)
        } else {
            json(StatusCode::OK, &without_gaps(answer))
        })
    }
}

/// Whether the query itself is at fault, such as by a variable that is missing. What our resolvers say has a source; what is
/// said before they are asked has none.
fn is_invalid(answer: &Answer) -> bool {
    answer.errors.iter().any(|error| error.source.is_none())
}

/// No field of the root may be null, and so nothing is left where one fails.
fn without_gaps(mut answer: Answer) -> Answer {
    if answer.errors.iter().any(|error| error.path.len() == 1) {
        answer.data = Value::Null;
    }
    answer
}

fn invalid(errors: Vec<ServerError>) -> Response {
    json(StatusCode::UNPROCESSABLE_ENTITY, &Answer::from_errors(errors))
}

fn json(status: StatusCode, answer: &Answer) -> Response {
    match serde_json::to_vec(answer) {
        Ok(bytes) => {
            let headers = [(header::CONTENT_TYPE, "application/json")];
            (status, headers, bytes).into_response()
        }
        Err(error) => {
            tracing::error!(%error, component = "search", "failed to write an answer");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

impl IntoResponse for RequestError {
    fn into_response(self) -> Response {
        let status = match &self {
            Self::ContentType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Body => StatusCode::PAYLOAD_TOO_LARGE,
            Self::QueryString => StatusCode::URI_TOO_LONG,
            Self::Json(_) | Self::Variables(_) => StatusCode::BAD_REQUEST,
            Self::Empty => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
        };
        json(
            status,
            &Answer::from_errors(vec![ServerError::new(self.to_string(), None)]),
        )
    }
}

async fn by_get(
    State(endpoint): State<Endpoint>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> Response {
    match read_query_string(query.as_deref().unwrap_or_default()) {
        Ok(request) => endpoint.answer(caller, request).await.into_response(),
        Err(error) => error.into_response(),
    }
}

async fn by_post(
    State(endpoint): State<Endpoint>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    match read_body(&headers, body).await {
        Ok(request) => endpoint.answer(caller, request).await.into_response(),
        Err(error) => error.into_response(),
    }
}

/// A browser sends no such type to another site without asking first.
fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = value.and_then(|value| value.split(';').next()).unwrap_or_default();
    media_type.trim().eq_ignore_ascii_case("application/json")
}

async fn read_body(headers: &HeaderMap, body: Body) -> Result<Request, RequestError> {
    if !is_json(headers) {
        return Err(RequestError::ContentType);
    }
    let bytes = body::to_bytes(body, LARGEST_BODY)
        .await
        .map_err(|_| RequestError::Body)?;
    // Not at once: a list of the fields' values would do as well.
    let fields: serde_json::Map<_, _> = serde_json::from_slice(&bytes).map_err(RequestError::Json)?;
    serde_json::from_value(fields.into()).map_err(RequestError::Json)
}

fn read_query_string(text: &str) -> Result<Request, RequestError> {
    if text.len() > LONGEST_QUERY_STRING {
        return Err(RequestError::QueryString);
    }
    let mut request = Request::new("");
    for (key, value) in form_urlencoded::parse(text.as_bytes()) {
        match &*key {
            "query" => request.query = value.into_owned(),
            "operationName" if !value.is_empty() => request.operation_name = Some(value.into_owned()),
            "variables" if !value.is_empty() => {
                let variables = serde_json::from_str(&value).map_err(RequestError::Variables)?;
                request.variables = Variables::from_json(serde_json::Value::Object(variables));
            }
            _ => {}
        }
    }
    Ok(request)
}
