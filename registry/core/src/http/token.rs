//! `/zot/auth/token`: issues tokens, to GET as the distribution token specification has it, and to POST as OAuth 2 does.

use axum::response::Response;
use http::{Method, header};
use serde_json::json;

use super::{
    api::{Api, Input},
    body::read,
    error::ApiError,
    query::Query,
    reply::Reply,
};
use crate::auth::{Caller, Denied};

/// The longest form, in bytes.
const LONGEST: usize = 64 << 10;

pub(super) fn get(api: &Api, input: &Input) -> Result<Response, ApiError> {
    issue(api, &input.caller, &input.query)
}

pub(super) async fn post(api: &Api, input: Input) -> Result<Response, ApiError> {
    let caller = input.caller.clone();
    let form = read(input, LONGEST, ApiError::BodyTooLarge).await?;
    let form = std::str::from_utf8(&form).map_err(|_| ApiError::Form)?;
    // In a form a space is a plus.
    let form = Query::parse(Some(&form.replace('+', "%20")))?;
    let caller = match (form.one("grant_type")?, form.one("username")?, form.one("password")?) {
        (Some("password"), Some(user), Some(password)) => {
            let authenticated = api.authenticator.by_password(user, password.as_bytes()).await;
            authenticated.map_err(ApiError::Rejected)?
        }
        (None, None, None) => caller,
        _ => return Err(ApiError::Form),
    };
    issue(api, &caller, &form)
}

fn issue(api: &Api, caller: &Caller, query: &Query) -> Result<Response, ApiError> {
    let gate = api.registry.gate();
    // A token is no way to get another one.
    if caller.is_unknown() && !gate.knows_anonymous() || caller.is_bearer() {
        return Err(ApiError::Registry(Denied::Unauthenticated.into()));
    }
    let scopes = query.all("scope");
    let issued = api.authenticator.issue(caller, gate, query.one("service")?, scopes);
    let issued = issued.ok_or(ApiError::Service)?;
    let document = json!({
        "token": issued.token,
        "access_token": issued.token,
        "expires_in": issued.expires_in,
        "issued_at": issued.issued_at.to_string(),
    });
    let reply = Reply::json("application/json", &document);
    Ok(reply.header(header::CACHE_CONTROL, "no-store").done())
}

/// The methods of the endpoint.
pub(super) const METHODS: &[Method] = &[Method::GET, Method::POST];
