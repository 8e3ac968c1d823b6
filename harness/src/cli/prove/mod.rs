//! `plimsoll prove`: whether the conformance scenarios catch what is wrong, and nothing that is right.

mod arguments;
mod choose;
mod run;

pub(super) use arguments::ProveArguments;
pub(super) use run::run;
