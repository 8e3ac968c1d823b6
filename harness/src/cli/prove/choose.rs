//! Which mutants and variations are asked for.

use super::arguments::ProveArguments;
use crate::{
    cli::error::CliError,
    mutation::{Declaration, Declarations, Kind, rank},
    suggestion,
};

/// The mutants and variations that are asked for.
pub(super) fn chosen(arguments: &ProveArguments, seed: u64) -> Result<Vec<Declaration>, CliError> {
    let mut all = Vec::new();
    if arguments.declarations.is_empty() {
        all.extend(Declarations::embedded()?.iter().cloned());
    }
    for path in &arguments.declarations {
        all.extend(Declarations::load(path)?.iter().cloned());
    }
    for (kind, ids) in [
        (Kind::Mutant, &arguments.mutants),
        (Kind::Variation, &arguments.variations),
    ] {
        for id in ids {
            known(&all, id, |one| one.kind == kind && one.id == *id, kind)?;
        }
    }
    for filter in &arguments.only {
        known(&all, filter, |one| one.is_selected_by(filter), Kind::Mutant)?;
    }
    let named = !arguments.mutants.is_empty() || !arguments.variations.is_empty();
    if named || !arguments.only.is_empty() {
        all.retain(|one| {
            let ids = match one.kind {
                Kind::Mutant => &arguments.mutants,
                Kind::Variation => &arguments.variations,
            };
            ids.contains(&one.id) || arguments.only.iter().any(|filter| one.is_selected_by(filter))
        });
    }
    if let Some(count) = arguments.sample {
        all = [Kind::Mutant, Kind::Variation]
            .into_iter()
            .flat_map(|kind| {
                sample(
                    all.iter().filter(|one| one.kind == kind).cloned().collect(),
                    count.get(),
                    seed,
                )
            })
            .collect();
    }
    Ok(all)
}

/// Whether something is what `filter` says; what was meant, if not.
fn known(all: &[Declaration], filter: &str, is: impl Fn(&Declaration) -> bool, kind: Kind) -> Result<(), CliError> {
    if all.iter().any(is) {
        return Ok(());
    }
    let help = "`plimsoll prove --list` prints what there is";
    let near = suggestion::nearest(filter, all.iter().map(|one| one.id.as_str()));
    Err(CliError::usage(
        format!("there is no {kind} `{filter}`"),
        suggestion::did_you_mean(near, help),
    ))
}

/// `count` of them, as the seed decides, in their order.
fn sample(mut all: Vec<Declaration>, count: usize, seed: u64) -> Vec<Declaration> {
    let rank = |id: &str| rank(seed, &[id]);
    let mut ranks: Vec<u64> = all.iter().map(|one| rank(&one.id)).collect();
    ranks.sort_unstable();
    if let Some(limit) = ranks.get(count) {
        all.retain(|one| rank(&one.id) < *limit);
    }
    all
}
