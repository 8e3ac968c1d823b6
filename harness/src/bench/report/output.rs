//! What is written of a benchmark, as the formats want it.

use std::io;

use super::{html, json, markdown};
use crate::{bench::Bench, figures::Figures, page};

impl Figures for Bench {
    const MARKERS: page::Markers = page::Markers {
        begin: "<!-- benchmark -->",
        end: "<!-- end of the benchmark -->",
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
