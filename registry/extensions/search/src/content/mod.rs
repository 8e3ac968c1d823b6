//! What manifests and configs say, as far as it can be searched for or is shown.

mod config;
mod manifest;
mod metadata;

pub(crate) use config::{History, ImageConfig, LARGEST_CONFIG, is_image_config};
pub(crate) use manifest::{ManifestFacts, Part, Platform};
pub(crate) use metadata::Metadata;
