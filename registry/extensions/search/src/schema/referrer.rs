//! Manifests that refer to others.

use async_graphql::SimpleObject;

use crate::content::ManifestFacts;

/// An annotation.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(rename_fields = "PascalCase")]
pub(crate) struct Annotation {
    /// Its key.
    key: Option<String>,
    /// Its value.
    value: Option<String>,
}

/// A manifest that refers to another, such as a signature.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(rename_fields = "PascalCase")]
pub(crate) struct Referrer {
    /// Its media type.
    media_type: Option<String>,
    /// The type of the artifact that it is.
    artifact_type: Option<String>,
    /// Its size in bytes.
    size: Option<i32>,
    /// Its digest.
    digest: Option<String>,
    /// Its annotations.
    annotations: Vec<Option<Annotation>>,
}

impl From<&ManifestFacts> for Referrer {
    fn from(facts: &ManifestFacts) -> Self {
        let annotation = |(key, value): (&String, &String)| {
            Some(Annotation {
                key: Some(key.clone()),
                value: Some(value.clone()),
            })
        };
        Self {
            media_type: Some(facts.media_type.to_string()),
            artifact_type: Some(facts.artifact_type.as_deref().unwrap_or_default().to_owned()),
            size: Some(i32::try_from(facts.size).unwrap_or(i32::MAX)),
            digest: Some(facts.digest.to_string()),
            annotations: facts.annotations.iter().map(annotation).collect(),
        }
    }
}
