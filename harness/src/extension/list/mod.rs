//! Lists of extensions, wherever they stand: entries with their places, so that one can be added, taken out or moved
//! without touching what is around them.

mod config;
mod every;
mod manifests;
mod model;
mod seam;
mod tests_and_pages;

pub(crate) use config::{Key, documented, keys, keys_file, loaded, section_type, types};
pub(crate) use every::all;
pub(crate) use manifests::{dependencies, features, project};
pub(crate) use model::{List, Missing};
pub(crate) use seam::{modules, registered};
pub(crate) use tests_and_pages::{excluded, locked, locked_dependencies, pages, requiring, test_modules, trials};
