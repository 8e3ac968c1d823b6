//! The proof as one self-contained page: nothing is fetched.

use std::io;

use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value, context, value::Serde};
use serde::Serialize;

use super::figures::{Figure, by_area, by_level};
use crate::mutation::proof::{Proof, Tried};

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("../../report/html/style.css");

/// A row of a table of figures.
#[derive(Serialize)]
struct Row {
    name: String,
    all: usize,
    right: usize,
    official: Option<usize>,
}

impl From<Figure> for Row {
    fn from(figure: Figure) -> Self {
        Self {
            name: figure.name,
            all: figure.all,
            right: figure.right,
            official: figure.official,
        }
    }
}

/// The page.
///
/// # Errors
/// The template does not fit the proof, which a test holds against us.
pub(super) fn render(proof: &Proof) -> io::Result<String> {
    let mut templates = Environment::new();
    templates.set_auto_escape_callback(|_| AutoEscape::Html);
    templates.set_undefined_behavior(UndefinedBehavior::Strict);
    let rows = |figures: Vec<Figure>| figures.into_iter().map(Row::from).collect::<Vec<_>>();
    let groups = [("area", rows(by_area(proof))), ("level", rows(by_level(proof)))];
    let all = |name: &str, tried: Vec<&Tried>| Row::from(Figure::of(name, tried.into_iter()));
    let context = context! {
        style => Value::from_safe_string(STYLE.to_owned()),
        proof => Serde(proof),
        groups => Serde(groups),
        totals => Serde([all("mutants killed", proof.mutants().collect()), all("variations accepted", proof.variations().collect())]),
        holds => proof.holds(),
        seconds => format!("{:.1}", std::time::Duration::from_millis(proof.duration_ms).as_secs_f64()),
    };
    templates
        .render_named_str("proof.html", PAGE, context)
        .map_err(io::Error::other)
}
