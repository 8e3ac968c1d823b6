//! The proof as a page of the docs.

use std::fmt::Write as _;

use super::figures::{Figure, by_area, by_level};
use crate::mutation::proof::{Fate, Proof, Tried};

/// What the official suite makes of a mutant.
const CAUGHT: &str = "caught";
const MISSED: &str = "missed";
const NEVER_ASKS: &str = "never asks";

/// The proof as Markdown.
pub(super) fn render(proof: &Proof) -> String {
    let mut page = String::new();
    let official = proof.suite.is_some();
    summary(&mut page, proof);
    figures(&mut page, "area", &by_area(proof), official);
    figures(&mut page, "level", &by_level(proof), official);
    mutants(&mut page, proof, official);
    variations(&mut page, proof);
    page
}

fn summary(page: &mut String, proof: &Proof) {
    let mutants = Figure::of("mutants", proof.mutants());
    let variations = Figure::of("variations", proof.variations());
    let _ = write!(
        page,
        "{} of {} mutants killed, {} of {} variations accepted, by scenarios in {} runs (rows of `each` counted), with seed {}.",
        mutants.right, mutants.all, variations.right, variations.all, proof.runs, proof.seed
    );
    if let Some(suite) = &proof.suite {
        let count = |word| proof.mutants().filter(|one| official_word(one) == word).count();
        let _ = write!(
            page,
            " The official suite ({suite}) catches {} of the same mutants, misses {}, and never asks for what the other {} change.",
            count(CAUGHT),
            count(MISSED),
            count(NEVER_ASKS)
        );
    }
    page.push_str("\n\n");
}

fn figures(page: &mut String, name: &str, figures: &[Figure], official: bool) {
    let (head, rule) = if official {
        (" official suite |", "---:|")
    } else {
        ("", "")
    };
    let _ = write!(page, "| {name} | mutants | killed |{head}\n|---|---:|---:|{rule}\n");
    let mut total = Figure {
        name: "**all**".to_owned(),
        ..Figure::default()
    };
    for figure in figures {
        total.all += figure.all;
        total.right += figure.right;
        if let Some(caught) = figure.official {
            *total.official.get_or_insert(0) += caught;
        }
    }
    for figure in figures.iter().chain([&total]) {
        let _ = write!(page, "| {} | {} | {} |", figure.name, figure.all, figure.right);
        if let Some(caught) = figure.official {
            let _ = write!(page, " {caught} |");
        }
        page.push('\n');
    }
    page.push('\n');
}

fn mutants(page: &mut String, proof: &Proof, official: bool) {
    let (head, rule) = if official {
        (" official suite |", "---|")
    } else {
        ("", "")
    };
    let _ = write!(
        page,
        "## The mutants\n\n| mutant | a registry that … | statements | caught by |{head}\n|---|---|---|---|{rule}\n"
    );
    for one in proof.mutants() {
        let _ = write!(
            page,
            "| `{}` | {} | {} | {} |",
            one.id,
            cell(&one.does),
            one.statements.join(", "),
            caught_by(one)
        );
        if official {
            let _ = write!(page, " {} |", official_word(one));
        }
        page.push('\n');
    }
    page.push('\n');
}

fn variations(page: &mut String, proof: &Proof) {
    page.push_str("## The variations\n\n| variation | a registry that … | allowed by | verdict |\n|---|---|---|---|\n");
    for one in proof.variations() {
        let verdict = if one.fate == Fate::Accepted {
            "accepted"
        } else {
            "**false alarm**"
        };
        let _ = writeln!(
            page,
            "| `{}` | {} | {} | {verdict} |",
            one.id,
            cell(&one.does),
            one.statements.join(", ")
        );
    }
}

fn caught_by(one: &Tried) -> String {
    match &one.fate {
        Fate::Killed { by } => by
            .first()
            .map(|catch| format!("`{}`", catch.scenario))
            .unwrap_or_default(),
        Fate::KilledElsewhere { .. } => "**checks of other statements only**".to_owned(),
        Fate::Survived => "**nothing**".to_owned(),
        _ => "**not tried**".to_owned(),
    }
}

fn official_word(one: &Tried) -> &'static str {
    match &one.official {
        Some(view) if view.caught() => CAUGHT,
        Some(view) if view.exercised => MISSED,
        Some(_) => NEVER_ASKS,
        None => "not asked",
    }
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
