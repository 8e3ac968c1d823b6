//! `/zot/auth/apikey`: callers make keys, see which they have, and take them back.

use std::sync::Arc;

use axum::{body::Body, response::Response};
use http::{Method, StatusCode, header};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    api::{Api, Input},
    body::read,
    error::ApiError,
    reply::Reply,
    route::RouteError,
};
use crate::auth::{ApiKey, ApiKeyError, ApiKeys, KeyRequest, Owner};

/// The longest request for a key, in bytes.
const LONGEST: usize = 8 << 10;
/// What zot writes where there is no time.
const NEVER: &str = "0001-01-01T00:00:00Z";

/// The methods of the endpoint.
pub(super) const METHODS: &[Method] = &[Method::GET, Method::POST, Method::DELETE];

/// What a client writes. A key that it does not mean as it is read would be worse than none: what is not known is refused.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Asked {
    #[serde(default)]
    label: String,
    scopes: Option<Vec<String>>,
    expiration_date: Option<String>,
}

pub(super) async fn operate(api: &Api, method: &Method, input: Input) -> Result<Response, ApiError> {
    let keys = api.authenticator.api_keys().ok_or(RouteError::NotFound)?;
    let owner = input.caller.owner()?;
    let reply = match *method {
        Method::POST => post(Arc::clone(keys), owner, input).await?,
        Method::DELETE => delete(Arc::clone(keys), owner, &input).await?,
        _ => get(keys, &owner),
    };
    Ok(reply.header(header::CACHE_CONTROL, "no-store").done())
}

fn get(keys: &ApiKeys, owner: &Owner) -> Reply {
    let keys = keys.of(&owner.name);
    let keys: Vec<_> = keys.iter().map(|key| described(key)).collect();
    Reply::json("application/json", &json!({ "apiKeys": keys }))
}

async fn post(keys: Arc<ApiKeys>, owner: Owner, input: Input) -> Result<Reply, ApiError> {
    let agent = input.headers.get(header::USER_AGENT);
    let agent = agent.map(|agent| String::from_utf8_lossy(agent.as_bytes()).into_owned());
    let asked = read(input, LONGEST, ApiError::BodyTooLarge).await?;
    let request = requested(&asked, agent.unwrap_or_default())?;
    let made = tokio::task::spawn_blocking(move || keys.create(owner, request));
    let made = made.await.map_err(|_| ApiError::Crashed)??;
    let mut document = described(&made.key);
    document["apiKey"] = Value::String(made.secret);
    Ok(Reply::new(StatusCode::CREATED)
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(document.to_string())))
}

fn requested(body: &[u8], agent: String) -> Result<KeyRequest, ApiKeyError> {
    let malformed = |error: &dyn std::fmt::Display| ApiKeyError::Malformed(format!("the body means nothing: {error}"));
    let asked: Asked = serde_json::from_slice(body).map_err(|error| malformed(&error))?;
    let end = asked.expiration_date.filter(|date| !date.is_empty());
    let end = end.map(|date| date.parse::<Timestamp>()).transpose();
    Ok(KeyRequest {
        label: asked.label,
        scopes: asked.scopes.unwrap_or_default(),
        expires_at: end.map_err(|_| malformed(&"expirationDate is not a time such as 2030-01-31T12:00:00Z"))?,
        agent,
    })
}

async fn delete(keys: Arc<ApiKeys>, owner: Owner, input: &Input) -> Result<Reply, ApiError> {
    let id = input.query.one("id")?.ok_or(ApiError::KeyMissing)?;
    let id: Uuid = id.parse().map_err(|_| ApiKeyError::Unknown)?;
    let deleted = tokio::task::spawn_blocking(move || keys.delete(&owner.name, id));
    deleted.await.map_err(|_| ApiError::Crashed)??;
    Ok(Reply::new(StatusCode::OK))
}

/// A key as its owner sees it, with zot's names.
fn described(key: &ApiKey) -> Value {
    let time = |time: Option<Timestamp>| time.map_or_else(|| NEVER.to_owned(), |time| time.to_string());
    json!({
        "createdAt": key.created_at().to_string(),
        "expirationDate": time(key.expires_at()),
        "isExpired": key.is_expired(Timestamp::now()),
        "creatorUa": key.creator_agent(),
        "generatedBy": "manual",
        "lastUsed": time(key.last_used()),
        "label": key.label(),
        "scopes": key.scopes(),
        "uuid": key.id().to_string(),
    })
}
