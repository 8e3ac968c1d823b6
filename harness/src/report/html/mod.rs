//! One self-contained page: nothing is fetched, and without scripts it still shows everything.

mod statements;
mod view;

use std::io;

use minijinja::{AutoEscape, Environment, UndefinedBehavior, value::Serde};

use super::Report;

const PAGE: &str = include_str!("page.html");
const STATEMENTS: &str = include_str!("statements.html");
const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// The page.
pub(super) fn render(report: &Report) -> io::Result<String> {
    let mut templates = Environment::new();
    templates.set_auto_escape_callback(|_| AutoEscape::Html);
    templates.set_undefined_behavior(UndefinedBehavior::Strict);
    templates
        .add_template("statements.html", STATEMENTS)
        .map_err(io::Error::other)?;
    let context = minijinja::context! {
        style => minijinja::Value::from_safe_string(STYLE.to_owned()),
        script => minijinja::Value::from_safe_string(SCRIPT.to_owned()),
        ..Serde(view::Page::of(report))
    };
    templates
        .render_named_str("page.html", PAGE, context)
        .map_err(io::Error::other)
}
