//! Holds a tree against its guidelines: one file a topic, all of them over the same reading of the tree.

mod config;
mod context;
mod disabled;
mod documents;
mod gate;
mod lists;
mod scenarios;
mod seam;
mod twins;

use context::Context;

use super::{Finding, Guidelines, Tree};

/// Everything in `tree` that does not keep to `guidelines`, by file and place.
pub fn check(tree: &Tree, guidelines: &Guidelines) -> Vec<Finding> {
    let mut context = Context::new(tree, guidelines);
    let twins = twins::find(&mut context);
    gate::check(&mut context, &twins);
    twins::check(&mut context, &twins);
    disabled::check(&mut context, &twins);
    lists::check(&mut context, &twins);
    seam::features(&mut context);
    scenarios::check(&mut context);
    if guidelines.layout.is_some() {
        seam::crates(&mut context);
        config::check(&mut context);
        documents::check(&mut context);
    }
    context.findings()
}
