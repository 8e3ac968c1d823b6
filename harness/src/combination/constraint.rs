//! Which combinations there can be: extensions that need others, that exclude others, and that are always in.
//!
//! Each constraint is a choice of two (`a` is out or `b` is in), so that following what is forced is enough to know whether
//! what is fixed can be completed (2-SAT): no search, for any number of extensions.

#[cfg(test)]
pub(super) use tests::any as any_constraints;

use super::Combination;

/// An extension, by its place, with a value.
type Literal = (usize, bool);

/// What is decided of a combination so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Partial {
    /// The extensions that are decided.
    pub(super) mask: u64,
    /// Those of them that are in.
    pub(super) value: u64,
}

impl Partial {
    /// Everything is decided.
    pub(super) const fn whole(bits: u64) -> Self {
        Self {
            mask: u64::MAX,
            value: bits,
        }
    }

    pub(super) const fn get(self, place: usize) -> Option<bool> {
        if self.mask >> place & 1 == 1 {
            Some(self.value >> place & 1 == 1)
        } else {
            None
        }
    }

    /// With one more decision. It overrides.
    #[must_use]
    pub(super) const fn with(self, place: usize, on: bool) -> Self {
        let bit = 1 << place;
        Self {
            mask: self.mask | bit,
            value: if on { self.value | bit } else { self.value & !bit },
        }
    }

    /// Whether everything that `other` decides is decided so here.
    pub(super) const fn covers(self, other: Self) -> bool {
        self.mask & other.mask == other.mask && self.value & other.mask == other.value
    }

    /// Whether a combination has everything that is decided here so.
    pub(super) const fn holds(self, bits: u64) -> bool {
        bits & self.mask == self.value
    }

    /// Both decisions, unless they contradict.
    pub(super) const fn and(self, other: Self) -> Option<Self> {
        if (self.value ^ other.value) & self.mask & other.mask != 0 {
            return None;
        }
        Some(Self {
            mask: self.mask | other.mask,
            value: self.value | other.value,
        })
    }
}

/// What holds in every combination.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Constraints {
    /// Of each pair, one at least holds.
    choices: Vec<(Literal, Literal)>,
}

impl Constraints {
    /// Requires `extension`, by its place, in every combination.
    pub fn always(&mut self, extension: usize) {
        self.choices.push(((extension, true), (extension, true)));
    }

    /// Leaves `extension` out of every combination.
    pub fn never(&mut self, extension: usize) {
        self.choices.push(((extension, false), (extension, false)));
    }

    /// Requires `other` wherever `extension` is in.
    pub fn requires(&mut self, extension: usize, other: usize) {
        self.choices.push(((extension, false), (other, true)));
    }

    /// Allows one at most of the two.
    pub fn conflicts(&mut self, one: usize, other: usize) {
        self.choices.push(((one, false), (other, false)));
    }

    /// `partial` with everything that follows from it; none if no combination is like it.
    pub(super) fn complete(&self, mut partial: Partial) -> Option<Partial> {
        loop {
            let before = partial;
            for ((one, one_value), (other, other_value)) in &self.choices {
                let fails = |place: usize, value: bool| partial.get(place).is_some_and(|found| found != value);
                match (fails(*one, *one_value), fails(*other, *other_value)) {
                    (true, true) => return None,
                    (true, false) => partial = partial.with(*other, *other_value),
                    (false, true) => partial = partial.with(*one, *one_value),
                    // A choice of one with itself is none.
                    (false, false) if one == other && one_value == other_value => {
                        partial = partial.with(*one, *one_value);
                    }
                    (false, false) => {}
                }
            }
            if partial == before {
                return Some(partial);
            }
        }
    }

    /// Whether there is such a combination.
    #[cfg(test)]
    pub(super) fn admits(&self, bits: u64) -> bool {
        self.complete(Partial::whole(bits)).is_some()
    }

    /// `partial` completed: what is open gets the value that `wish` has for it, where that is possible.
    pub(super) fn fill(&self, count: usize, partial: Partial, wish: impl Fn(usize) -> bool) -> Option<u64> {
        let mut partial = self.complete(partial)?;
        for place in 0..count {
            if partial.get(place).is_none() {
                let wished = wish(place);
                let chosen = self.complete(partial.with(place, wished));
                partial = chosen.or_else(|| self.complete(partial.with(place, !wished)))?;
            }
        }
        Some(partial.value)
    }

    /// The extensions, among the first `count`, that no combination can have.
    pub fn impossible(&self, count: usize) -> Vec<usize> {
        (0..count)
            .filter(|place| self.complete(Partial::default().with(*place, true)).is_none())
            .collect()
    }

    /// Whether there is a combination at all.
    pub fn can_hold(&self) -> bool {
        self.complete(Partial::default()).is_some()
    }
}

/// The extensions of a project, and which combinations of them there can be.
#[derive(Clone, Debug)]
pub struct Space<'project> {
    /// Every extension, in the recommended order; at most [`Space::MOST`].
    pub extensions: &'project [String],
    /// What holds in every combination.
    pub constraints: &'project Constraints,
}

impl Space<'_> {
    /// The most extensions that a project may have.
    pub const MOST: usize = 64;

    /// `combination` with what it requires and what is always in; an error names two extensions that exclude each other.
    ///
    /// # Errors
    /// No combination has all of these.
    pub fn close(&self, combination: &Combination) -> Result<Combination, Excluded> {
        let mut wanted = Partial::default();
        for (place, name) in self.extensions.iter().enumerate() {
            if combination.has(name) {
                wanted = wanted.with(place, true);
            }
        }
        let closed = self.constraints.fill(self.extensions.len(), wanted, |_| false);
        closed
            .map(|bits| Combination::from_bits(self.extensions, bits))
            .ok_or_else(|| Excluded(combination.to_string()))
    }
}

/// A combination that there cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the project's constraints admit no combination with {0}")]
pub struct Excluded(String);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn names(count: usize) -> Vec<String> {
        ('a'..).take(count).map(|letter| letter.to_string()).collect()
    }

    #[test]
    fn what_is_required_comes_with_it_and_what_conflicts_is_refused() {
        let extensions = names(4);
        let mut constraints = Constraints::default();
        constraints.requires(0, 1);
        constraints.requires(1, 2);
        constraints.conflicts(2, 3);
        let space = Space {
            extensions: &extensions,
            constraints: &constraints,
        };
        let close = |names: &[&str]| {
            let combination = Combination::new(&extensions, names.iter().copied());
            space.close(&combination).map(|closed| closed.to_string())
        };
        assert_eq!(close(&["a"]), Ok("a+b+c".to_owned()));
        assert_eq!(close(&["d"]), Ok("d".to_owned()));
        assert_eq!(close(&[]), Ok("minimal".to_owned()));
        let refused = close(&["a", "d"]).unwrap_err().to_string();
        assert_eq!(refused, "the project's constraints admit no combination with a+d");
    }

    #[test]
    fn an_extension_that_no_build_can_have_is_known() {
        let mut constraints = Constraints::default();
        constraints.requires(0, 1);
        constraints.conflicts(0, 1);
        assert_eq!(constraints.impossible(2), [0]);
        assert!(constraints.can_hold());
        constraints.always(0);
        assert!(!constraints.can_hold());
    }

    /// Constraints over `count` extensions: kind and two places.
    pub(in super::super) fn any(count: usize) -> impl Strategy<Value = Constraints> {
        let one = (0..7_u8, 0..count, 0..count);
        proptest::collection::vec(one, 0..count).prop_map(|list| {
            let mut constraints = Constraints::default();
            for (kind, one, other) in list.into_iter().filter(|(_, one, other)| one != other) {
                match kind {
                    0 => constraints.always(one),
                    1..4 => constraints.requires(one, other),
                    _ => constraints.conflicts(one, other),
                }
            }
            constraints
        })
    }

    proptest! {
        #[test]
        fn what_can_be_completed_is_what_some_combination_completes(
            constraints in any(7), mask in 0_u64..128, value in 0_u64..128
        ) {
            let partial = Partial { mask, value: value & mask };
            let by_search = (0..128).any(|bits: u64| bits & mask == value & mask && constraints.admits(bits));
            prop_assert_eq!(constraints.complete(partial).is_some(), by_search);
            let filled = constraints.fill(7, partial, |place| place % 2 == 0);
            prop_assert_eq!(filled.is_some(), by_search);
            prop_assert!(filled.is_none_or(|bits| bits & mask == value & mask && constraints.admits(bits)));
        }
    }
}
