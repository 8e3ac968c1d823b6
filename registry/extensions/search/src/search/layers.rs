//! Which image another one was made from.

use crate::content::{ManifestFacts, Part};

/// Whether `derived` was made from `base`: the layers of `base` are the first of its own. An image without layers is made
/// from nothing and is nothing's base, and none is made from itself.
pub(crate) fn is_base_of(base: &ManifestFacts, derived: &ManifestFacts) -> bool {
    let (Some(below), Some(above)) = (base.image(), derived.image()) else {
        return false;
    };
    base.digest != derived.digest && begins_with(&above.layers, &below.layers)
}

fn begins_with(layers: &[Part], first: &[Part]) -> bool {
    let digests = |parts: &[Part]| parts.iter().map(|part| part.digest.clone()).collect::<Vec<_>>();
    !first.is_empty() && layers.len() >= first.len() && digests(&layers[..first.len()]) == digests(first)
}

#[cfg(test)]
mod tests {
    use plimsoll_registry_core::oci::Algorithm;
    use proptest::prelude::*;

    use super::*;

    fn parts(names: &[u8]) -> Vec<Part> {
        let part = |name: &u8| Part {
            digest: Algorithm::Sha256.digest(&[*name]),
            size: 1,
        };
        names.iter().map(part).collect()
    }

    proptest! {
        #[test]
        fn a_base_is_a_beginning_that_is_not_empty(base in prop::collection::vec(0_u8..3, 0..4), rest in prop::collection::vec(0_u8..3, 0..4)) {
            let derived = [base.as_slice(), rest.as_slice()].concat();
            prop_assert_eq!(begins_with(&parts(&derived), &parts(&base)), !base.is_empty());
            let other = rest.starts_with(&base) && !base.is_empty();
            prop_assert_eq!(begins_with(&parts(&rest), &parts(&base)), other);
        }
    }
}
