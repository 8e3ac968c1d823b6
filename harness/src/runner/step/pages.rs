//! `pages`: a list that comes in pages, followed to its end.

use std::collections::HashSet;

use minijinja::{Value, value::Serde};

use super::{capture, request};
use crate::{
    assertion::{Actual, Answer, Mismatch},
    runner::{context::Context, stop::Stop},
    scenario::Pages,
};

/// The most pages that are followed.
const MOST_PAGES: usize = 100_000;

pub(super) async fn run(run: &mut Context, step: &Pages) -> Result<(), Stop> {
    let mut next = request::build(run, &step.request)?;
    let mut seen = HashSet::new();
    let mut pages: Vec<Vec<serde_json::Value>> = Vec::new();
    loop {
        if !seen.insert(next.url.to_string()) || pages.len() >= MOST_PAGES {
            return Err(Mismatch::new("the pages do not end", "a last page", format!("{} once more", next.url)).into());
        }
        let sent = next.clone();
        let response = run.send(sent, true).await?;
        run.hold(&step.request.expect, Answer::Response(&response))?;
        capture::capture(run, &step.request.captures, &response)?;
        pages.push(match capture::json(&response, &step.items)? {
            // A page without items may leave the list out, or say null.
            Actual::Absent | Actual::Json(serde_json::Value::Null) => Vec::new(),
            Actual::Json(serde_json::Value::Array(items)) | Actual::Nodes(items) => items,
            other => vec![serde_json::Value::String(other.shown())],
        });
        let Some(link) = response.link("next") else {
            break;
        };
        next.url = next.url.join(&link).map_err(|_| {
            Mismatch::new(
                "the Link to the next page is neither a path nor a URL",
                "a path or URL",
                link,
            )
        })?;
    }
    let items: Vec<serde_json::Value> = pages.iter().flatten().cloned().collect();
    let all = Value::from_pairs([
        ("count", Value::from(pages.len())),
        ("items", Value::from(Serde(items))),
        ("pages", Value::from(Serde(pages))),
    ]);
    run.scope.set(step.name.clone(), all);
    Ok(())
}
