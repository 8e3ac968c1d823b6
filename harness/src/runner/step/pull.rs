//! `pull`: a blob or a whole image, every digest checked.

use bytes::Bytes;
use futures_util::future::BoxFuture;
use serde_json::Value;

use super::push;
use crate::{
    assertion::{Mismatch, first_difference},
    client::Response,
    runner::{
        context::{Context, Repository, new_request},
        stop::Stop,
    },
    scenario::Pull,
    template::{Algorithm, Content},
};

/// How deep indexes may stand in each other.
const DEEPEST: usize = 8;

pub(super) async fn run(run: &mut Context, step: &Pull) -> Result<(), Stop> {
    let equals = step.equals.as_ref().map(|name| run.scope.content(name)).transpose()?;
    if let Some(digest) = &step.blob {
        let digest = run.scope.text(digest)?;
        let repository = match &step.from {
            Some(from) => run.repository(&run.scope.text(from)?)?,
            None => run.own_repository()?,
        };
        let bytes = blob(run, &repository, &digest).await?;
        return match equals {
            Some(equals) => compare(run, &equals, &bytes, "the blob"),
            None => Ok(()),
        };
    }
    let Some(from) = &step.from else {
        return Err(Stop::error(
            "an image is pulled `from` repository:tag or repository@digest",
        ));
    };
    let (repository, reference) = push::reference(run, from)?;
    manifest(run, &repository, &reference, equals.as_ref(), 0).await
}

/// Pulls a manifest, then all that it names.
fn manifest<'run>(
    run: &'run mut Context,
    repository: &'run Repository,
    reference: &'run str,
    equals: Option<&'run Content>,
    depth: usize,
) -> BoxFuture<'run, Result<(), Stop>> {
    Box::pin(async move {
        if depth > DEEPEST {
            return Err(Stop::failed(format!(
                "indexes stand in each other more than {DEEPEST} deep"
            )));
        }
        let bytes = get(run, repository, &format!("manifests/{reference}"), reference).await?;
        if let Some(equals) = equals {
            compare(run, equals, &bytes, "the manifest")?;
        }
        let document: Value = serde_json::from_slice(&bytes)
            .map_err(|error| Mismatch::new(format!("the manifest is not JSON ({error})"), "JSON", "something else"))?;
        for descriptor in descriptors(&document, &["config", "layers", "blobs"]) {
            blob_of(run, repository, descriptor).await?;
        }
        for descriptor in descriptors(&document, &["manifests"]) {
            let Some(digest) = descriptor.get("digest").and_then(Value::as_str) else {
                return Err(Stop::failed("a descriptor in the index has no digest"));
            };
            // What the scenario knows it did not push, such as the rest of a sparse index, is not asked for.
            let pushed = equals.is_none_or(|equals| equals.parts().iter().any(|part| part.content.digest() == digest));
            if pushed {
                manifest(run, repository, digest, None, depth + 1).await?;
            }
        }
        Ok(())
    })
}

/// The descriptors in these fields of a manifest.
fn descriptors<'doc>(document: &'doc Value, fields: &'doc [&str]) -> impl Iterator<Item = &'doc Value> {
    fields
        .iter()
        .filter_map(|field| document.get(field))
        .flat_map(|value| match value {
            Value::Array(items) => items.as_slice(),
            one => std::slice::from_ref(one),
        })
}

/// Pulls the blob of a descriptor; one that lives elsewhere (`urls`) may not be here.
async fn blob_of(run: &mut Context, repository: &Repository, descriptor: &Value) -> Result<(), Stop> {
    if descriptor
        .get("urls")
        .and_then(Value::as_array)
        .is_some_and(|urls| !urls.is_empty())
    {
        return Ok(());
    }
    let Some(digest) = descriptor.get("digest").and_then(Value::as_str) else {
        return Err(Stop::failed("a descriptor in the manifest has no digest"));
    };
    let bytes = blob(run, repository, digest).await?;
    run.checks += 1;
    match descriptor.get("size").and_then(Value::as_u64) {
        Some(size) if size != bytes.len() as u64 => Err(Mismatch::new(
            format!("{digest} has another size"),
            size.to_string(),
            bytes.len().to_string(),
        )
        .into()),
        _ => Ok(()),
    }
}

async fn blob(run: &mut Context, repository: &Repository, digest: &str) -> Result<Bytes, Stop> {
    get(run, repository, &format!("blobs/{digest}"), digest).await
}

/// Gets content, and checks the digests that are known of it: the one asked for, and the one that the registry says.
async fn get(run: &mut Context, repository: &Repository, path: &str, reference: &str) -> Result<Bytes, Stop> {
    let request = new_request("GET", run.url_in(repository, path)?);
    let path = request.url.target.clone();
    let response = run.send(request, true).await?;
    run.checks += 1;
    if response.status != 200 {
        return Err(Mismatch::new(format!("{path} cannot be pulled"), "200", response.status.to_string()).into());
    }
    digest(run, &response, reference, "the digest that was asked for")?;
    if let Some(said) = response.header("docker-content-digest") {
        digest(run, &response, &said, "the header Docker-Content-Digest")?;
    }
    Ok(response.body)
}

fn digest(run: &mut Context, response: &Response, expected: &str, what: &str) -> Result<(), Stop> {
    let Some(algorithm) = expected
        .split_once(':')
        .and_then(|(name, _)| Algorithm::from_name(name))
    else {
        return Ok(());
    };
    run.checks += 1;
    let actual = algorithm.digest(&response.body);
    if actual == expected {
        return Ok(());
    }
    Err(Mismatch::new(format!("the bytes do not have {what}"), expected, actual).into())
}

fn compare(run: &mut Context, expected: &Content, actual: &Bytes, what: &str) -> Result<(), Stop> {
    run.checks += 1;
    match first_difference(expected.bytes(), actual) {
        None => Ok(()),
        Some((expected, actual)) => Err(Mismatch::new(format!("{what} has other bytes"), expected, actual).into()),
    }
}
