//! The results as one self-contained page with plots.

use std::io;

use minijinja::{AutoEscape, Environment, UndefinedBehavior, context, value::Serde};
use serde::Serialize;

use super::{
    super::{Bench, plot, result::AimResult},
    view::{COLUMNS, Row, about, clients, met, rows},
};

const PAGE: &str = include_str!("page.html");

#[derive(Serialize)]
struct Stage<'a> {
    name: &'a str,
    about: &'a str,
    plot: Option<String>,
    workloads: Vec<Workload<'a>>,
}

#[derive(Serialize)]
struct Workload<'a> {
    name: &'a str,
    clients: String,
    rows: Vec<Row>,
    aims: &'a [AimResult],
}

/// The page.
pub(super) fn render(bench: &Bench) -> io::Result<String> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.add_filter("width", |part: f64| format!("{:.1}", part * 100.0));
    let stages: Vec<Stage<'_>> = bench
        .stages
        .iter()
        .map(|stage| Stage {
            name: &stage.name,
            about: &stage.about,
            plot: plot::of(stage),
            workloads: stage
                .workloads
                .iter()
                .map(|workload| Workload {
                    name: &workload.name,
                    clients: clients(workload),
                    rows: rows(workload),
                    aims: &workload.aims,
                })
                .collect(),
        })
        .collect();
    let (met, aims) = met(bench);
    let context = context! {
        about => about(bench),
        subjects => minijinja::Value::from(Serde(&bench.subjects)),
        columns => COLUMNS,
        stages => minijinja::Value::from(Serde(&stages)),
        met, aims,
    };
    environment
        .render_named_str("page.html", PAGE, context)
        .map_err(io::Error::other)
}
