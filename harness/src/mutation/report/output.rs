//! What is written of a proof, as the formats want it.

use std::io;

use super::{html, json, markdown};
use crate::{figures::Figures, mutation::proof::Proof, page};

impl Figures for Proof {
    const MARKERS: page::Markers = page::Markers {
        begin: "<!-- proof -->",
        end: "<!-- end of the proof -->",
    };

    fn json(&self) -> io::Result<String> {
        json::render(self)
    }

    fn html(&self) -> io::Result<String> {
        html::render(self)
    }

    fn markdown(&self) -> String {
        markdown::render(self)
    }
}
