//! Places of a script: the same one in each of its transcripts, however often the others were passed.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::super::{Asked, TranscriptKept};

/// An exchange of a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Place {
    /// The line of the step, from 1.
    pub line: usize,
    /// How many exchanges of this step came before it.
    pub nth: usize,
}

impl TranscriptKept {
    /// The exchanges, each with its place.
    pub fn places(&self) -> impl Iterator<Item = (Place, &Asked)> {
        let mut passed: HashMap<usize, usize> = HashMap::new();
        self.exchanges.iter().map(move |asked| {
            let passed = passed.entry(asked.line).or_default();
            let place = Place {
                line: asked.line,
                nth: *passed,
            };
            *passed += 1;
            (place, asked)
        })
    }

    /// What was asked at `place`, if the script came there.
    pub fn at(&self, place: Place) -> Option<&Asked> {
        self.places()
            .find_map(|(there, asked)| (there == place).then_some(asked))
    }
}
