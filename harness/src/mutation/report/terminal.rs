//! The proof on the terminal.

use std::io::{self, Write};

use super::figures::{Figure, by_area, by_level};
use crate::mutation::proof::{Catch, Fate, OfficialView, Proof, Tried};

/// Writes figures, and what is not as it should be.
///
/// # Errors
/// The terminal cannot be written to.
pub fn write(proof: &Proof, out: &mut dyn Write) -> io::Result<()> {
    if !proof.control.is_empty() {
        writeln!(out, "nothing is proven: on the registry as it is, these do not pass")?;
        for catch in &proof.control {
            writeln!(out, "  {}", shown(catch))?;
        }
        return Ok(());
    }
    for one in proof.wrong() {
        wrong(one, out)?;
    }
    let official = proof.suite.is_some();
    table("area", &by_area(proof), official, out)?;
    table("level", &by_level(proof), official, out)?;
    if let Some(idle) = &proof.idle {
        writeln!(out, "{} scenarios that were asked caught no mutant", idle.len())?;
        for name in idle {
            writeln!(out, "  {name}")?;
        }
        writeln!(out)?;
    }
    summary(proof, out)
}

fn wrong(one: &Tried, out: &mut dyn Write) -> io::Result<()> {
    let fate = match &one.fate {
        Fate::Survived => "survived",
        Fate::KilledElsewhere { .. } => "caught by checks of other statements only",
        Fate::FalseAlarm { .. } => "false alarm",
        Fate::NotExercised => "not exercised",
        Fate::Broken { .. } => "broken",
        Fate::Killed { .. } | Fate::Accepted => return Ok(()),
    };
    writeln!(out, "{fate}: {} ({}, {})", one.id, one.level, one.statements.join(", "))?;
    writeln!(out, "    a registry that {}", one.does)?;
    if let Fate::Broken { reason } = &one.fate {
        writeln!(out, "    {reason}")?;
    }
    for catch in one.fate.catches() {
        writeln!(out, "    {}", shown(catch))?;
    }
    if !matches!(one.fate, Fate::FalseAlarm { .. }) {
        let asked = if one.asked.is_empty() {
            "no scenario that checks its statements asks for what it changes".to_owned()
        } else {
            format!("asked, in {} runs: {}", one.runs, one.asked.join(", "))
        };
        writeln!(out, "    {asked}")?;
    }
    writeln!(out)
}

fn shown(catch: &Catch) -> String {
    let row = catch.row.as_ref().map(|row| format!(" [{row}]")).unwrap_or_default();
    let first = catch.message.lines().next().unwrap_or_default();
    format!("{}:{}{row}: {first}", catch.scenario, catch.line)
}

fn table(name: &str, figures: &[Figure], official: bool, out: &mut dyn Write) -> io::Result<()> {
    if figures.is_empty() {
        return Ok(());
    }
    let width = figures
        .iter()
        .map(|figure| figure.name.len())
        .max()
        .unwrap_or(0)
        .max(name.len());
    let suite = if official { "   official suite" } else { "" };
    writeln!(out, "{name:width$}   killed{suite}")?;
    for figure in figures {
        let killed = format!("{}/{}", figure.right, figure.all);
        let suite = figure
            .official
            .map(|caught| format!("   {caught}/{}", figure.all))
            .unwrap_or_default();
        writeln!(out, "{:width$}   {killed:>7}{suite}", figure.name)?;
    }
    writeln!(out)
}

fn summary(proof: &Proof, out: &mut dyn Write) -> io::Result<()> {
    let mutants = Figure::of("mutants", proof.mutants());
    let variations = Figure::of("variations", proof.variations());
    let mut parts = Vec::new();
    if mutants.all > 0 {
        parts.push(format!("{} of {} mutants killed", mutants.right, mutants.all));
    }
    if variations.all > 0 {
        parts.push(format!(
            "{} of {} variations accepted",
            variations.right, variations.all
        ));
    }
    if let Some(caught) = mutants.official {
        parts.push(format!(
            "the official suite catches {caught} of {} mutants",
            mutants.all
        ));
    }
    let seconds = std::time::Duration::from_millis(proof.duration_ms).as_secs_f64();
    writeln!(out, "{}   {seconds:.1} s   seed {}", parts.join(", "), proof.seed)?;
    let errors = proof.tried.iter().filter_map(|one| {
        one.official
            .as_ref()
            .and_then(|view: &OfficialView| view.error.as_ref())
    });
    for error in errors.take(3) {
        writeln!(out, "the official suite gave no result: {error}")?;
    }
    Ok(())
}
