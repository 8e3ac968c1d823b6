//! Content from a description: layers, configuration, manifest, index.

use std::{io, path::Path};

use serde_json::{Map, Value, json};

use super::{
    description::{Description, Layer},
    tar::{LONGEST_NAME, archive},
};
use crate::{
    scenario::{read_yaml, unit::parse_size},
    template::{Algorithm, Content, Part, Random, Role},
};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const EMPTY: &str = "application/vnd.oci.empty.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";

/// Why there is no such image.
#[derive(Debug, thiserror::Error)]
#[error("the image `{name}` cannot be made from {path}: {why}")]
pub(in crate::runner) struct ImageError {
    name: String,
    path: String,
    why: String,
}

/// Builds the image that `fixtures/images/NAME.yaml` below `project_root` describes.
pub(in crate::runner) fn build(project_root: &Path, name: &str) -> Result<Content, ImageError> {
    let path = project_root.join("fixtures/images").join(format!("{name}.yaml"));
    let error = |why: String| ImageError {
        name: name.to_owned(),
        path: path.display().to_string(),
        why,
    };
    if name.contains('/') {
        return Err(error("a name has no `/`".to_owned()));
    }
    let source = std::fs::read_to_string(&path).map_err(|cause| {
        error(if cause.kind() == io::ErrorKind::NotFound {
            missing(&path)
        } else {
            cause.to_string()
        })
    })?;
    let value = read_yaml(&source).map_err(|problem| error(problem.message))?;
    let description: Description = serde_json::from_value(value).map_err(|cause| error(cause.to_string()))?;
    image(&description, &mut Random::new(0, &["image", name])).map_err(error)
}

/// An image with layers that hold so many random bytes each.
pub(in crate::runner) fn layered(sizes: &[u64], random: &mut Random) -> Result<Content, String> {
    let layers = sizes.iter().map(|size| Layer {
        random: Some((*size).into()),
        ..Layer::default()
    });
    let description = Description {
        layers: layers.collect(),
        ..Description::default()
    };
    image(&description, random)
}

/// Which images there are instead.
fn missing(path: &Path) -> String {
    let mut names: Vec<String> = std::fs::read_dir(path.parent().unwrap_or(Path::new("/")))
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some(entry.file_name().to_str()?.strip_suffix(".yaml")?.to_owned()))
        .collect();
    names.sort();
    format!("there is no such file; there are {}", names.join(", "))
}

/// What an image, an artifact or an index is. `random` makes up its bytes.
fn image(description: &Description, random: &mut Random) -> Result<Content, String> {
    let mut document = json!({ "schemaVersion": 2 });
    let mut parts = Vec::new();
    let media_type = if description.index.is_empty() { MANIFEST } else { INDEX };
    document["mediaType"] = media_type.into();
    if description.index.is_empty() {
        if let Some(artifact_type) = &description.artifact_type {
            document["artifactType"] = artifact_type.as_str().into();
        }
        let layers = layers(description, random)?;
        let config = match description.artifact_type {
            Some(_) => (EMPTY, Content::new("{}", Algorithm::Sha256)),
            None => (CONFIG, configuration(description, &layers)?),
        };
        document["config"] = descriptor(config.0, &config.1);
        parts.push(Part {
            field: "config".to_owned(),
            role: Role::Blob,
            content: config.1,
        });
        let mut descriptors = Vec::new();
        for (layer, content) in description.layers.iter().zip(layers) {
            let mut descriptor = descriptor(layer.media_type.as_deref().unwrap_or(LAYER), &content);
            if !layer.annotations.is_empty() {
                descriptor["annotations"] = json!(layer.annotations);
            }
            descriptors.push(descriptor);
            parts.push(Part {
                field: "layers".to_owned(),
                role: Role::Blob,
                content,
            });
        }
        document["layers"] = Value::Array(descriptors);
    } else {
        document["manifests"] = Value::Array(children(description, random, &mut parts)?);
    }
    if !description.annotations.is_empty() {
        document["annotations"] = json!(description.annotations);
    }
    Ok(Content::manifest(
        document.to_string(),
        Algorithm::Sha256,
        Some(media_type.to_owned()),
        parts,
    ))
}

/// The descriptors of an index's images, with their platforms.
fn children(description: &Description, random: &mut Random, parts: &mut Vec<Part>) -> Result<Vec<Value>, String> {
    if !description.layers.is_empty() || description.artifact_type.is_some() {
        return Err("an `index` has neither `layers` nor `artifactType`".to_owned());
    }
    let mut descriptors = Vec::new();
    for child in &description.index {
        let content = image(child, random)?;
        let mut descriptor = descriptor(content.media_type().unwrap_or(MANIFEST), &content);
        if child.index.is_empty() {
            descriptor["platform"] = Value::Object(platform(child)?);
        }
        descriptors.push(descriptor);
        parts.push(Part {
            field: "manifests".to_owned(),
            role: Role::Manifest,
            content,
        });
    }
    Ok(descriptors)
}

fn descriptor(media_type: &str, content: &Content) -> Value {
    json!({ "mediaType": media_type, "digest": content.digest(), "size": content.bytes().len() })
}

fn platform(description: &Description) -> Result<Map<String, Value>, String> {
    let text = description.platform.as_deref().unwrap_or("linux/amd64");
    let names: Vec<&str> = text.split('/').collect();
    if !(2..=3).contains(&names.len()) || names.contains(&"") {
        return Err(format!("`{text}` is not a platform such as linux/amd64"));
    }
    let keys = ["os", "architecture", "variant"];
    Ok(keys
        .iter()
        .zip(names)
        .map(|(key, name)| ((*key).to_owned(), name.into()))
        .collect())
}

fn configuration(description: &Description, layers: &[Content]) -> Result<Content, String> {
    let mut document = platform(description)?;
    document.insert("config".to_owned(), Value::Object(description.config.clone()));
    let diff_ids: Vec<&str> = layers.iter().map(Content::digest).collect();
    document.insert("rootfs".to_owned(), json!({ "type": "layers", "diff_ids": diff_ids }));
    Ok(Content::new(Value::Object(document).to_string(), Algorithm::Sha256))
}

fn layers(description: &Description, random: &mut Random) -> Result<Vec<Content>, String> {
    description
        .layers
        .iter()
        .map(|layer| {
            Ok(Content::new(
                bytes(layer, description.artifact_type.is_some(), random)?,
                Algorithm::Sha256,
            ))
        })
        .collect()
}

fn bytes(layer: &Layer, artifact: bool, random: &mut Random) -> Result<Vec<u8>, String> {
    let made_up = match &layer.random {
        None => None,
        Some(size) => {
            let text = size.as_str().map_or_else(|| size.to_string(), str::to_owned);
            let size = parse_size(&text).map_err(|error| error.to_string())?;
            Some(random.bytes(usize::try_from(size).map_err(|_| format!("{text} is too much"))?))
        }
    };
    if artifact || layer.media_type.is_some() {
        return match (made_up, &layer.text) {
            (Some(bytes), None) if layer.files.is_empty() => Ok(bytes),
            (None, Some(text)) if layer.files.is_empty() => Ok(text.clone().into_bytes()),
            _ => Err("a blob that is not archived has either `text` or `random`".to_owned()),
        };
    }
    if layer.text.is_some() {
        return Err("a layer that is archived has `files`, not `text`".to_owned());
    }
    if let Some(name) = layer.files.keys().find(|name| name.len() > LONGEST_NAME) {
        return Err(format!("the name `{name}` has more than {LONGEST_NAME} bytes"));
    }
    let files = layer.files.iter().map(|(name, text)| (name.as_str(), text.as_bytes()));
    Ok(archive(
        files.chain(made_up.iter().map(|bytes| ("random", bytes.as_slice()))),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root() -> &'static Path {
        Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
    }

    #[test]
    fn every_fixture_can_be_built_and_is_the_same_each_time() {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(root().join("fixtures/images")).unwrap() {
            let file = entry.unwrap().file_name().into_string().unwrap();
            let name = file.strip_suffix(".yaml").unwrap().to_owned();
            let (first, second) = (build(root(), &name).unwrap(), build(root(), &name).unwrap());
            assert_eq!(first.digest(), second.digest(), "{name}");
            assert!(!first.parts().is_empty(), "{name}");
            names.push(name);
        }
        for name in ["plain", "multi", "artifact", "large"] {
            assert!(names.iter().any(|found| found == name), "{name}");
        }
    }

    #[test]
    fn a_manifest_names_its_parts_by_digest_and_size() {
        let image = build(root(), "plain").unwrap();
        let document: Value = serde_json::from_slice(image.bytes()).unwrap();
        let layers = document["layers"].as_array().unwrap();
        assert_eq!(layers.len(), 2);
        assert_eq!(document["config"]["digest"], image.parts()[0].content.digest());
        assert_eq!(layers[1]["size"], image.parts()[2].content.bytes().len());
        let config: Value = serde_json::from_slice(image.parts()[0].content.bytes()).unwrap();
        assert_eq!(config["rootfs"]["diff_ids"][0], layers[0]["digest"]);
    }

    #[test]
    fn an_unknown_image_is_refused_with_those_that_there_are() {
        let error = build(root(), "plane").unwrap_err().to_string();
        assert!(error.contains("there are artifact, "), "{error}");
    }
}
