//! The disabled twin does nothing but warn, once.

use super::{context::Context, twins::Twin};
use crate::extension::{Rule, guidelines::Half};

pub(super) fn check(context: &mut Context<'_>, twins: &[Twin]) {
    let warning = context.guidelines.warning.clone();
    for twin in twins.iter().filter(|twin| twin.half == Half::Disabled) {
        let Some(outline) = &twin.outline else { continue };
        for work in &outline.works {
            let message = "the disabled twin does something here";
            let help = "return success or something empty; what is done belongs to the other twin";
            context.at(Rule::DisabledWorks, &twin.path, work.clone(), message, help);
        }
        match outline.warnings.as_slice() {
            [] if !outline.functions.is_empty() => {
                let message = "the disabled twin never warns";
                let help = format!("call `{warning}` where the configuration asks for the extension");
                context.at(
                    Rule::DisabledSilent,
                    &twin.path,
                    outline.functions[0].span.clone(),
                    message,
                    help,
                );
            }
            [_, second, ..] => {
                let message = "the disabled twin warns a second time here";
                context.at(
                    Rule::DisabledLoud,
                    &twin.path,
                    second.clone(),
                    message,
                    "warn in one place",
                );
            }
            _ => {}
        }
    }
}
