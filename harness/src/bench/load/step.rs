//! One operation, ready to be done: everything that costs time beforehand has been done.

use http::{HeaderName, HeaderValue, Method, StatusCode, header};

use super::super::{
    content::{Blob, IMAGE},
    plan::Way,
};
use super::{
    body::Payload,
    connection::{Connection, Failure},
};
use crate::client::append_query;

/// How large the parts of a chunked push are, in bytes.
const CHUNK: u64 = 5 << 20;

/// One operation.
#[derive(Clone, Debug)]
pub(in super::super) enum Step {
    /// Something is there.
    Head(String),
    /// Something is read to its end; it has to have so many bytes, where that is known.
    Get(String, Option<u64>),
    /// The same of a manifest.
    GetManifest(String, Option<u64>),
    /// A blob is pushed to a repository.
    PushBlob(String, Blob, Way),
    /// A manifest is put at a target.
    PutManifest(String, Blob),
    /// Something is deleted.
    Delete(String),
    /// Several, one after the other, that count as one.
    All(Vec<Step>),
}

impl Step {
    /// Does it. How many bytes of content were moved.
    pub(in super::super) async fn perform(&self, connection: &mut Connection) -> Result<u64, Failure> {
        match self {
            Self::Head(target) => {
                let answer = connection.exchange(Method::HEAD, target, &[], Payload::empty(), StatusCode::OK);
                answer.await?;
                Ok(0)
            }
            Self::Get(target, expected) => get(connection, target, &[], *expected).await,
            Self::GetManifest(target, expected) => {
                let accept = (header::ACCEPT, HeaderValue::from_static(IMAGE));
                get(connection, target, &[accept], *expected).await
            }
            Self::PushBlob(repository, blob, way) => {
                push(connection, repository, blob, *way).await?;
                Ok(blob.size())
            }
            Self::PutManifest(target, manifest) => {
                let headers = [(header::CONTENT_TYPE, HeaderValue::from_static(IMAGE))];
                let body = Payload::whole(manifest.clone());
                connection
                    .exchange(Method::PUT, target, &headers, body, StatusCode::CREATED)
                    .await?;
                Ok(manifest.size())
            }
            Self::Delete(target) => {
                let answer = connection.exchange(Method::DELETE, target, &[], Payload::empty(), StatusCode::ACCEPTED);
                answer.await?;
                Ok(0)
            }
            Self::All(steps) => {
                let mut moved = 0;
                for step in steps {
                    moved += Box::pin(step.perform(connection)).await?;
                }
                Ok(moved)
            }
        }
    }
}

async fn get(
    connection: &mut Connection,
    target: &str,
    headers: &[(HeaderName, HeaderValue)],
    expected: Option<u64>,
) -> Result<u64, Failure> {
    let answer = connection
        .exchange(Method::GET, target, headers, Payload::empty(), StatusCode::OK)
        .await?;
    match expected {
        Some(expected) if expected != answer.length => Err(Failure::Length {
            target: target.to_owned(),
            expected,
            actual: answer.length,
        }),
        _ => Ok(answer.length),
    }
}

/// Pushes a blob (spec.md#pushing-blobs).
async fn push(connection: &mut Connection, repository: &str, blob: &Blob, way: Way) -> Result<(), Failure> {
    let begin = format!("/v2/{repository}/blobs/uploads/");
    let answer = connection
        .exchange(Method::POST, &begin, &[], Payload::empty(), StatusCode::ACCEPTED)
        .await?;
    let mut location = located(answer.location)?;
    let octets = (
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/octet-stream"),
    );
    let mut last = Payload::whole(blob.clone());
    match way {
        Way::Monolithic => {}
        Way::Streamed => {
            let body = Payload::whole(blob.clone()).streamed();
            let headers = [octets.clone()];
            let answer = connection.exchange(Method::PATCH, &location, &headers, body, StatusCode::ACCEPTED);
            location = located(answer.await?.location)?;
            last = Payload::empty();
        }
        Way::Chunked => {
            let mut offset = 0;
            while offset < blob.size() {
                let end = (offset + CHUNK).min(blob.size());
                let range = HeaderValue::try_from(format!("{offset}-{}", end - 1)).map_err(Failure::broken)?;
                let headers = [octets.clone(), (header::CONTENT_RANGE, range)];
                let body = Payload::part(blob.clone(), offset..end);
                let answer = connection.exchange(Method::PATCH, &location, &headers, body, StatusCode::ACCEPTED);
                location = located(answer.await?.location)?;
                offset = end;
            }
            last = Payload::empty();
        }
    }
    append_query(&mut location, &[("digest".to_owned(), blob.digest().to_owned())]);
    connection
        .exchange(Method::PUT, &location, &[octets], last, StatusCode::CREATED)
        .await?;
    Ok(())
}

fn located(location: Option<String>) -> Result<String, Failure> {
    location.ok_or_else(|| Failure::broken("an upload's answer has no Location"))
}
