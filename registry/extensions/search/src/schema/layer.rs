//! Layers, and how they were made.

use async_graphql::SimpleObject;

use super::time::Time;
use crate::content::{History, Part};

/// A layer of an image.
#[derive(Clone, Debug, Default, SimpleObject)]
#[graphql(rename_fields = "PascalCase")]
pub(crate) struct LayerSummary {
    /// Its size in bytes, which is more than an Int can hold.
    size: Option<String>,
    /// Its digest.
    digest: Option<String>,
}

/// One step of how an image was made.
#[derive(Clone, Debug, Default, SimpleObject)]
#[graphql(rename_fields = "PascalCase")]
pub(crate) struct HistoryDescription {
    /// When.
    created: Option<Time>,
    /// By which command.
    created_by: Option<String>,
    /// By whom.
    author: Option<String>,
    /// What was said about it.
    comment: Option<String>,
    /// Whether it made no layer.
    empty_layer: Option<bool>,
}

/// A step, and the layer that it made.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(rename_fields = "PascalCase")]
pub(crate) struct LayerHistory {
    /// The layer, without fields where the step made none.
    layer: Option<LayerSummary>,
    /// The step.
    history_description: Option<HistoryDescription>,
}

impl From<&Part> for LayerSummary {
    fn from(part: &Part) -> Self {
        Self {
            size: Some(part.size.to_string()),
            digest: Some(part.digest.to_string()),
        }
    }
}

impl From<History> for HistoryDescription {
    fn from(step: History) -> Self {
        Self {
            created: step.created.and_then(|text| text.parse().ok()).map(Time),
            created_by: Some(step.created_by.unwrap_or_default()),
            author: Some(step.author.unwrap_or_default()),
            comment: Some(step.comment.unwrap_or_default()),
            empty_layer: Some(step.empty_layer.unwrap_or_default()),
        }
    }
}

impl LayerHistory {
    /// Pairs the steps with the layers that they made. Where nothing is said of the steps, each layer stands for one.
    pub(super) fn pair(layers: &[Part], steps: Vec<History>) -> Vec<Self> {
        let mut layers = layers.iter().map(LayerSummary::from);
        if steps.is_empty() {
            let pair = |layer| Self {
                layer: Some(layer),
                history_description: Some(HistoryDescription::default()),
            };
            return layers.map(pair).collect();
        }
        let pairs = steps.into_iter().map(|step| {
            let made = !step.empty_layer.unwrap_or_default();
            Self {
                layer: Some(made.then(|| layers.next()).flatten().unwrap_or_default()),
                history_description: Some(step.into()),
            }
        });
        pairs.collect()
    }
}

#[cfg(test)]
mod tests {
    use plimsoll_registry_core::oci::Algorithm;

    use super::*;

    #[test]
    fn a_step_that_made_no_layer_takes_none() {
        let part = |text: &str| Part {
            digest: Algorithm::Sha256.digest(text.as_bytes()),
            size: 1,
        };
        let layers = [part("1"), part("2")];
        let step = |empty| History {
            empty_layer: empty,
            ..History::default()
        };
        let digests = |steps| -> Vec<_> {
            let pairs = LayerHistory::pair(&layers, steps);
            pairs.into_iter().map(|pair| pair.layer.unwrap().digest).collect()
        };
        let (first, second) = (Some(layers[0].digest.to_string()), Some(layers[1].digest.to_string()));
        assert_eq!(
            digests(vec![step(None), step(Some(true)), step(Some(false)), step(None)]),
            [first.clone(), None, second.clone(), None]
        );
        assert_eq!(digests(vec![]), [first, second]);
    }
}
