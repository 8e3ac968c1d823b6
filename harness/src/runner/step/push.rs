//! `push`: an image or a manifest, after what it names.

use futures_util::future::BoxFuture;
use serde_json::{Map, Value};

use super::{capture::capture, request, upload};
use crate::{
    assertion::{Answer, Mismatch},
    client::append_query,
    runner::{
        context::{Context, Repository, new_request},
        image,
        stop::Stop,
    },
    scenario::{ImageWords, Push, Pushed, Span, Template, words::parse_image},
    template::{Algorithm, Content, Role},
};

pub(super) async fn run(run: &mut Context, step: &Push) -> Result<(), Stop> {
    let content = match &step.what {
        Pushed::Manifest(name) => run.scope.content(name)?,
        Pushed::Image(name) => image(run, name)?,
    };
    let content = annotated(run, content, &step.annotations)?;
    let (repository, reference) = reference(run, &step.to)?;
    if step.blobs {
        parts(run, &repository, &content).await?;
    }
    let response = {
        let mut url = run.url_in(&repository, &format!("manifests/{reference}"))?;
        append_query(&mut url.target, &request::query(run, &step.query)?);
        let mut message = new_request("PUT", url);
        if let Some(media_type) = content.media_type() {
            message = message.header("Content-Type", media_type);
        }
        request::headers(run, &mut message, &step.headers)?;
        run.send(message.body(content.bytes().clone()), true).await?
    };
    // What was pushed has its name even if it was refused: a later step may ask for its digest.
    if let Some(name) = &step.name {
        run.scope.set(name.clone(), content.into_value());
    }
    run.hold(&step.expect, Answer::Response(&response))?;
    capture(run, &step.captures, &response)
}

/// An image that was pushed under this name before, or the fixture of this name.
fn image(run: &Context, name: &Template) -> Result<Content, Stop> {
    let text = run.scope.text(name)?;
    let words = parse_image(&text).map_err(|message| Stop::error(message).at(&name.span))?;
    if let Some(words) = words {
        return made_up(run, &words).map_err(|stop| stop.at(&name.span));
    }
    match run.scope.content(name) {
        Ok(content) => Ok(content),
        Err(_) => image::build(&run.options.project_root, &text)
            .map_err(|error| Stop::error(error.to_string()).at(&name.span)),
    }
}

/// An image that is described in words.
fn made_up(run: &Context, words: &ImageWords) -> Result<Content, Stop> {
    match words {
        ImageWords::AnyOf(name) => {
            let images = run.scope.get(name).and_then(|value| value.try_iter().ok());
            let images: Vec<_> = images.into_iter().flatten().collect();
            let chosen = usize::try_from(run.scope.random_below(images.len() as u64)).unwrap_or_default();
            let content = images
                .get(chosen)
                .and_then(|value| value.downcast_object_ref::<Content>());
            content
                .cloned()
                .ok_or_else(|| Stop::error(format!("`{name}` is no list of images")))
        }
        ImageWords::Layers {
            least,
            most,
            size,
            up_to,
        } => {
            let count = least + run.scope.random_below(most - least + 1);
            let size = || {
                if *up_to {
                    run.scope.random_below(size + 1)
                } else {
                    *size
                }
            };
            let sizes: Vec<u64> = (0..count).map(|_| size()).collect();
            image::layered(&sizes, &mut run.scope.fork()).map_err(Stop::error)
        }
    }
}

/// The manifest with more annotations.
fn annotated(run: &Context, content: Content, annotations: &[(String, Template)]) -> Result<Content, Stop> {
    if annotations.is_empty() {
        return Ok(content);
    }
    let mut document: Map<String, Value> = serde_json::from_slice(content.bytes())
        .map_err(|error| Stop::error(format!("annotations need a manifest that is a JSON object: {error}")))?;
    let present = document
        .entry("annotations")
        .or_insert_with(|| Value::Object(Map::new()));
    for (name, value) in annotations {
        if let Value::Object(present) = present {
            present.insert(name.clone(), run.scope.text(value)?.into());
        }
    }
    let algorithm = content
        .digest()
        .split_once(':')
        .and_then(|(name, _)| Algorithm::from_name(name));
    Ok(Content::manifest(
        Value::Object(document).to_string(),
        algorithm.unwrap_or_default(),
        content.media_type().map(str::to_owned),
        content.parts().to_vec(),
    ))
}

/// Repository and reference of `repository:tag` or `repository@digest`. Without a repository it is that of the run.
pub(super) fn reference(run: &Context, template: &Template) -> Result<(Repository, String), Stop> {
    let text = run.scope.text(template)?;
    let (repository, reference) = split(&text).ok_or_else(|| malformed(&text, &template.span))?;
    let repository = if repository.is_empty() {
        run.own_repository()?
    } else {
        run.repository(repository)?
    };
    Ok((repository, reference.to_owned()))
}

fn split(text: &str) -> Option<(&str, &str)> {
    if let Some(parts) = text.split_once('@') {
        return Some(parts);
    }
    text.rsplit_once(':').filter(|(_, tag)| !tag.contains('/'))
}

fn malformed(text: &str, span: &Span) -> Stop {
    Stop::error(format!("`{text}` is neither repository:tag nor repository@digest")).at(span)
}

/// Pushes what a manifest names, depth first.
fn parts<'run>(
    run: &'run mut Context,
    repository: &'run Repository,
    content: &'run Content,
) -> BoxFuture<'run, Result<(), Stop>> {
    Box::pin(async move {
        for part in content.parts() {
            match part.role {
                Role::Blob => upload::ensure(run, repository, &part.content).await?,
                Role::Manifest => {
                    parts(run, repository, &part.content).await?;
                    child(run, repository, &part.content).await?;
                }
            }
        }
        Ok(())
    })
}

async fn child(run: &mut Context, repository: &Repository, content: &Content) -> Result<(), Stop> {
    let url = run.url_in(repository, &format!("manifests/{}", content.digest()))?;
    let mut request = new_request("PUT", url);
    if let Some(media_type) = content.media_type() {
        request = request.header("Content-Type", media_type);
    }
    let response = run.send(request.body(content.bytes().clone()), true).await?;
    if response.status == 201 {
        return Ok(());
    }
    let message = format!(
        "the manifest {} that the index names was not accepted",
        content.digest()
    );
    Err(Mismatch::new(message, "201", response.status.to_string()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_a_tag_or_a_digest() {
        assert_eq!(split("a/b:1"), Some(("a/b", "1")));
        assert_eq!(split("a@sha256:ab"), Some(("a", "sha256:ab")));
        assert_eq!(split(":1"), Some(("", "1")));
        assert_eq!(split("host:5000/a"), None);
        assert_eq!(split("a"), None);
    }
}
