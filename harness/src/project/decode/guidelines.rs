//! `guidelines`: where the parts of an extension are.

use clap::{ValueEnum, builder::PossibleValue};

use super::reader::Reader;
use crate::{
    extension::{Guidelines, Preset},
    project::keys,
    suggestion,
};

/// A preset, and what differs from it.
pub(super) fn read(reader: &mut Reader<'_, '_>) -> Option<Guidelines> {
    reader.known(&keys::GUIDELINES);
    let preset = reader.text("preset")?;
    let Ok(known) = Preset::from_str(preset.get_ref(), false) else {
        let names: Vec<_> = Preset::value_variants()
            .iter()
            .filter_map(ValueEnum::to_possible_value)
            .collect();
        let names: Vec<&str> = names.iter().map(PossibleValue::get_name).collect();
        let message = format!("there is no preset `{}`", preset.get_ref());
        reader.problem(preset.span(), message, suggestion::help(preset.get_ref(), &names));
        return None;
    };
    let mut guidelines = known.guidelines();
    for (key, place) in [
        ("enabled", &mut guidelines.enabled),
        ("disabled", &mut guidelines.disabled),
        ("gate", &mut guidelines.gate),
        ("anti-gate", &mut guidelines.anti_gate),
    ] {
        if let Some(pattern) = reader.optional_text(key) {
            if pattern.get_ref().matches("{name}").count() != 1 {
                let message = format!("`{key}` has no place for the extension's name, or more than one");
                reader.problem(pattern.span(), message, "write `{name}` once where it goes");
            }
            *place = pattern.into_inner();
        }
    }
    if let Some(warning) = reader.optional_text("warning") {
        guidelines.warning = warning.into_inner();
    }
    for (key, place) in [("twins", &mut guidelines.twins), ("blackbox", &mut guidelines.blackbox)] {
        if let Some(path) = reader.optional_text(key) {
            *place = path.into_inner().into();
        }
    }
    if reader.has("sources") {
        let sources = reader.texts("sources")?;
        guidelines.sources = sources.into_iter().map(|path| path.into_inner().into()).collect();
    }
    Some(guidelines)
}
