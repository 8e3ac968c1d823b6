//! How many of how many.

use crate::mutation::proof::{Proof, Tried};

/// How many of some mutants, or variations, are as they should be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Figure {
    /// Of what.
    pub name: String,
    /// How many there are.
    pub all: usize,
    /// How many are as they should be.
    pub right: usize,
    /// How many the official suite caught, if it was asked.
    pub official: Option<usize>,
}

impl Figure {
    /// Of what was tried.
    pub(super) fn of<'a>(name: &str, tried: impl Iterator<Item = &'a Tried>) -> Self {
        let mut figure = Self {
            name: name.to_owned(),
            ..Self::default()
        };
        for one in tried {
            figure.all += 1;
            figure.right += usize::from(one.fate.is_right());
            if let Some(official) = &one.official {
                *figure.official.get_or_insert(0) += usize::from(official.caught());
            }
        }
        figure
    }
}

/// The mutants of each part of the specification.
pub(super) fn by_area(proof: &Proof) -> Vec<Figure> {
    by(proof, Tried::area)
}

/// The mutants of each level, as the statement that binds most says.
pub(super) fn by_level(proof: &Proof) -> Vec<Figure> {
    by(proof, |one| &one.level)
}

fn by(proof: &Proof, name: impl Fn(&Tried) -> &str) -> Vec<Figure> {
    let mut names: Vec<&str> = Vec::new();
    for one in proof.mutants() {
        if !names.contains(&name(one)) {
            names.push(name(one));
        }
    }
    names
        .into_iter()
        .map(|wanted| Figure::of(wanted, proof.mutants().filter(|one| name(one) == wanted)))
        .collect()
}
