//! What changed since an earlier run.

use std::io::{self, Write};

use super::{
    super::{Change, Pace, Report, text},
    style::{BOLD, DIM, GREEN, RED, YELLOW},
};

/// How many of each kind are named.
const SHOWN: usize = 8;

pub(super) fn write(report: &Report, to: &mut dyn Write) -> io::Result<()> {
    let Some(trend) = &report.trend else {
        return Ok(());
    };
    writeln!(to, "  {BOLD}since {}{BOLD:#}  {}", trend.since, trend.summary())?;
    let change = |one: &Change| format!("{}  {DIM}{}{DIM:#}", one.title, text::some(&one.combinations));
    let pace = |one: &Pace| {
        let (before, now) = (text::duration(one.before_ms), text::duration(one.now_ms));
        format!("{}  {DIM}{before} → {now}{DIM:#}", one.title)
    };
    list(&format!("{RED}new{RED:#}   "), &trend.new_failures, change, to)?;
    list(&format!("{GREEN}fixed{GREEN:#} "), &trend.fixed, change, to)?;
    list(&format!("{YELLOW}slower{YELLOW:#}"), &trend.slower, pace, to)?;
    list(&format!("{GREEN}faster{GREEN:#}"), &trend.faster, pace, to)?;
    writeln!(to)
}

fn list<T>(word: &str, all: &[T], shown: impl Fn(&T) -> String, to: &mut dyn Write) -> io::Result<()> {
    for one in all.iter().take(SHOWN) {
        writeln!(to, "    {word}  {}", shown(one))?;
    }
    if all.len() > SHOWN {
        writeln!(to, "    {word}  {DIM}and {} more{DIM:#}", all.len() - SHOWN)?;
    }
    Ok(())
}
