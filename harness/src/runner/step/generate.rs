//! `generate`: random bytes, texts, manifests and indexes.

use serde_json::{Map, Value, json};

use super::body;
use crate::{
    runner::{context::Context, image, stop::Stop},
    scenario::{self, Generate, Generated, Template},
    template::{Algorithm, Content, Part, Role, TemplateError},
};

/// The most bytes that are generated at once.
const LARGEST: u64 = 1 << 30;
/// The most images that are generated at once.
const MOST_IMAGES: u64 = 10_000;
/// How many random bytes the layer of a generated image has.
const IMAGE: u64 = 1 << 10;
pub(super) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub(super) const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";
const UNKNOWN: &str = "application/octet-stream";

pub(super) fn run(run: &mut Context, step: &Generate) -> Result<(), Stop> {
    let algorithm = match &step.algorithm {
        None => Algorithm::default(),
        Some(template) => {
            let name = run.scope.text(template)?;
            Algorithm::from_name(&name).ok_or_else(|| {
                Stop::error(format!("`{name}` is not an algorithm; there are sha256 and sha512")).at(&template.span)
            })?
        }
    };
    let content = match &step.what {
        Generated::Bytes(size) => Content::new(random(run, size)?, algorithm),
        Generated::Images(count) => return images(run, &step.name, count),
        Generated::Body(body) => Content::new(body::bytes(run, body)?, algorithm),
        Generated::Manifest(fields) => document(run, fields, MANIFEST, algorithm)?,
        Generated::Index(fields) => document(run, fields, INDEX, algorithm)?,
    };
    run.scope.set(step.name.clone(), content.into_value());
    Ok(())
}

/// A list of images that differ in all of their bytes.
fn images(run: &mut Context, name: &str, count: &scenario::Value) -> Result<(), Stop> {
    let count = run.scope.json(count)?;
    let count = count.as_u64().or_else(|| count.as_str()?.trim().parse().ok());
    let count = count
        .filter(|count| (1..=MOST_IMAGES).contains(count))
        .ok_or_else(|| Stop::error(format!("from 1 to {MOST_IMAGES} images can be generated")))?;
    let mut random = run.scope.fork();
    let images = (0..count).map(|_| image::layered(&[IMAGE], &mut random).map(Content::into_value));
    let images = images.collect::<Result<Vec<_>, _>>().map_err(Stop::error)?;
    run.scope.set(name, images.into());
    Ok(())
}

fn random(run: &Context, size: &Template) -> Result<Vec<u8>, Stop> {
    let bytes = run.scope.size(size)?;
    match usize::try_from(bytes) {
        Ok(length) if bytes <= LARGEST => Ok(run.scope.random_bytes(length)),
        _ => Err(Stop::error(format!(
            "{bytes} bytes are more than the {LARGEST} that can be generated"
        ))
        .at(&size.span)),
    }
}

/// A manifest or an index: compact JSON, with descriptors where content is named.
fn document(
    run: &Context,
    fields: &[(String, scenario::Value)],
    media_type: &str,
    algorithm: Algorithm,
) -> Result<Content, Stop> {
    let mut document = Map::new();
    let mut parts = Vec::new();
    document.insert("schemaVersion".to_owned(), 2.into());
    document.insert("mediaType".to_owned(), media_type.into());
    for (field, value) in fields {
        if matches!(value, scenario::Value::Null) {
            document.remove(field);
            continue;
        }
        let value = match (field.as_str(), value) {
            ("config" | "subject", value) => descriptor(run, field, value, &mut parts)?,
            ("layers" | "blobs" | "manifests", scenario::Value::List(items)) => items
                .iter()
                .map(|item| descriptor(run, field, item, &mut parts))
                .collect::<Result<Value, Stop>>()?,
            ("layers" | "blobs" | "manifests", value) => descriptors_of(run, field, value, &mut parts)?,
            ("annotations", scenario::Value::Map(entries)) => annotations(run, entries)?,
            (_, value) => run.scope.json(value)?,
        };
        document.insert(field.clone(), value);
    }
    let media_type = document
        .get("mediaType")
        .and_then(Value::as_str)
        .unwrap_or(media_type)
        .to_owned();
    let bytes = Value::Object(document).to_string();
    Ok(Content::manifest(bytes, algorithm, Some(media_type), parts))
}

/// Annotations: what a template gives is text here, whatever its type.
fn annotations(run: &Context, entries: &[(String, scenario::Value)]) -> Result<Value, Stop> {
    let mut annotations = Map::new();
    for (name, value) in entries {
        let value = match value {
            scenario::Value::Text(template) => run.scope.text(template)?.into(),
            other => run.scope.json(other)?,
        };
        annotations.insert(name.clone(), value);
    }
    Ok(Value::Object(annotations))
}

/// A descriptor: of content that is named, of content with fields added or overridden, or as it is written.
fn descriptor(run: &Context, field: &str, value: &scenario::Value, parts: &mut Vec<Part>) -> Result<Value, Stop> {
    match value {
        scenario::Value::Text(name) => Ok(describe(field, run.scope.content(name)?, parts)),
        scenario::Value::Map(entries) => {
            let content = entries.iter().find_map(|(key, value)| match value {
                scenario::Value::Text(name) if key == "content" => Some(name),
                _ => None,
            });
            let mut descriptor = match content {
                Some(name) => describe(field, run.scope.content(name)?, parts),
                None => json!({}),
            };
            if let Value::Object(descriptor) = &mut descriptor {
                for (key, value) in entries.iter().filter(|(key, _)| key != "content") {
                    match run.scope.json(value)? {
                        Value::Null => descriptor.remove(key),
                        value => descriptor.insert(key.clone(), value),
                    };
                }
            }
            Ok(descriptor)
        }
        other => Ok(run.scope.json(other)?),
    }
}

/// The descriptors of a list that a template gives, such as `{{ children }}`; what is not a list stays as it is.
fn descriptors_of(run: &Context, field: &str, value: &scenario::Value, parts: &mut Vec<Part>) -> Result<Value, Stop> {
    let evaluated = run.scope.evaluate(value)?;
    if evaluated.as_str().is_some() {
        return Ok(run.scope.json(value)?);
    }
    let Ok(items) = evaluated.try_iter() else {
        return Ok(run.scope.json(value)?);
    };
    items
        .map(|item| match item.downcast_object_ref::<Content>() {
            Some(content) => Ok(describe(field, content.clone(), parts)),
            None => Err(Stop::from(TemplateError {
                span: None,
                message: format!("an item of `{field}` is `{item}`, which is not content"),
            })),
        })
        .collect()
}

/// The descriptor of `content` in `field`, noted as something that is pushed first. A subject may well not be there.
fn describe(field: &str, content: Content, parts: &mut Vec<Part>) -> Value {
    let default = match field {
        "config" => CONFIG,
        "layers" => LAYER,
        _ => UNKNOWN,
    };
    let descriptor = json!({
        "mediaType": content.media_type().unwrap_or(default),
        "digest": content.digest(),
        "size": content.bytes().len(),
    });
    if field != "subject" {
        let role = if field == "manifests" {
            Role::Manifest
        } else {
            Role::Blob
        };
        parts.push(Part {
            field: field.to_owned(),
            role,
            content,
        });
    }
    descriptor
}
