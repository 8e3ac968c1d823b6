//! What is written of a benchmark, as the formats want it.

use std::io;

use super::{html, json, markdown};
use crate::{
    bench::{Bench, plot},
    figures::Figures,
    page,
};

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

    fn images(&self) -> Vec<(String, String)> {
        let images = self
            .stages
            .iter()
            .filter_map(|stage| Some((plot::file_name(stage), plot::of(stage)?)));
        images.collect()
    }
}
