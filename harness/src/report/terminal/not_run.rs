//! What was not run, of each kind, with the reason.

use std::io::{self, Write};

use super::{
    super::{Report, failure, text},
    style::{DIM, YELLOW},
};

/// How many scenarios are named for a reason.
const NAMED: usize = 6;

pub(super) fn write(report: &Report, to: &mut dyn Write) -> io::Result<()> {
    let not_run = report.not_run();
    for one in &not_run {
        let runs = text::plural(one.runs as u64, "run");
        writeln!(to, "  {YELLOW}{}{YELLOW:#}  {runs}: {}", one.kind(), one.reason)?;
        let mut names = one.scenarios.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
        if one.scenarios.len() > NAMED {
            names = format!("{names} and {} more", one.scenarios.len() - NAMED);
        }
        writeln!(to, "    {DIM}{names}{DIM:#}")?;
    }
    let suspicions = report.suspicions();
    if !suspicions.is_empty() {
        let scripts = text::plural(suspicions.len() as u64, "script");
        let names: Vec<String> = suspicions.iter().map(|one| failure::name(&one.usual)).collect();
        writeln!(
            to,
            "  {YELLOW}not compared{YELLOW:#}  {scripts}, answered differently by builds that were not run together: that may be \
             chance\n    {DIM}{}{DIM:#}",
            text::some(&names)
        )?;
    }
    for missing in &report.tools_missing {
        let (tool, left_out, remedy) = (&missing.tool, &missing.left_out, &missing.remedy);
        writeln!(
            to,
            "  {YELLOW}not run{YELLOW:#}  {left_out}: there is no {tool} here\n    {DIM}{remedy}{DIM:#}"
        )?;
    }
    let skipped: Vec<_> = report.combinations.iter().flat_map(|one| &one.official).collect();
    for official in skipped.iter().filter(|official| !official.skipped.is_empty()) {
        let (name, spec) = (&official.combination, &official.spec);
        writeln!(
            to,
            "  {YELLOW}skipped{YELLOW:#}  {name}: the official suite, OCI {spec}: {}",
            official.skipped.join(", ")
        )?;
    }
    let nothing = not_run.is_empty()
        && suspicions.is_empty()
        && report.tools_missing.is_empty()
        && skipped.iter().all(|official| official.skipped.is_empty());
    if nothing { Ok(()) } else { writeln!(to) }
}
