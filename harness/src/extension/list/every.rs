//! The lists that have to agree.

use super::{List, Missing, config, manifests, seam};
use crate::extension::{Guidelines, Tree};

/// The lists of a project, the project file's own first: what that says is the recommended order.
pub(crate) fn all(tree: &Tree, guidelines: &Guidelines) -> Vec<Result<List, Missing>> {
    let mut lists = vec![manifests::project(tree), manifests::makefile(tree)];
    if guidelines.layout.is_some() {
        let seam_file = guidelines.twins.join("mod.rs");
        lists.extend([
            manifests::default_features(tree),
            manifests::features(tree),
            manifests::members(tree),
            seam::modules(tree, &seam_file),
            seam::registered(tree, &seam_file),
            config::fields(tree),
            config::sections(tree),
        ]);
    }
    lists
}
