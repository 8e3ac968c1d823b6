//! Images that are described in `fixtures/images/NAME.yaml`. The same description gives the same bytes everywhere.

mod build;
mod description;
mod tar;

pub(super) use build::{build, layered};
