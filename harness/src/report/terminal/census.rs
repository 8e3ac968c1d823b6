//! Where the run checks less than was committed.

use std::io::{self, Write};

use super::{
    super::{Report, text},
    style::{BOLD, DIM, RED},
};

pub(super) fn write(report: &Report, to: &mut dyn Write) -> io::Result<()> {
    for one in &report.shortfalls {
        let (now, committed) = (text::count(one.now), text::count(one.committed));
        writeln!(
            to,
            "  {RED}CENSUS{RED:#}  {BOLD}{}{BOLD:#}: {now} {}, and {committed} are committed",
            one.group, one.what
        )?;
    }
    if !report.shortfalls.is_empty() {
        writeln!(to, "    {DIM}if that is meant: plimsoll run --update-census{DIM:#}\n")?;
    }
    Ok(())
}
