//! One self-contained page: nothing is fetched, and without scripts it still shows everything.

mod builds;
mod durations;
mod failures;
mod map;
mod pairs;
mod statements;
mod view;

use std::io;

use minijinja::{AutoEscape, Environment, UndefinedBehavior, syntax::SyntaxConfig, value::Serde};

use super::Report;

const PAGE: &str = include_str!("page.html");
/// The parts of the page, by the names by which it includes them.
const PARTS: [(&str, &str); 6] = [
    ("strips.html", include_str!("strips.html")),
    ("map.html", include_str!("map.html")),
    ("pairs.html", include_str!("pairs.html")),
    ("failures.html", include_str!("failures.html")),
    ("statements.html", include_str!("statements.html")),
    ("durations.html", include_str!("durations.html")),
];
const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// The page.
pub(super) fn render(report: &Report) -> io::Result<String> {
    let mut templates = Environment::new();
    templates.set_auto_escape_callback(|_| AutoEscape::Html);
    templates.set_undefined_behavior(UndefinedBehavior::Strict);
    // There are thousands of cells, and lines of space around each would be most of the page.
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
    templates.set_syntax(syntax.map_err(io::Error::other)?);
    for (name, part) in PARTS {
        templates.add_template(name, part).map_err(io::Error::other)?;
    }
    let context = minijinja::context! {
        style => minijinja::Value::from_safe_string(STYLE.to_owned()),
        script => minijinja::Value::from_safe_string(SCRIPT.to_owned()),
        ..Serde(view::Page::of(report))
    };
    templates
        .render_named_str("page.html", PAGE, context)
        .map_err(io::Error::other)
}
