//! Annotations of GitHub Actions: `::error file=…,line=…::message`.

use std::io::{self, Write};

use crate::extension::Finding;

pub(super) fn write(findings: &[Finding], out: &mut dyn Write) -> io::Result<()> {
    for finding in findings {
        let place = finding
            .position()
            .map(|(line, column)| format!(",line={line},col={column}"));
        writeln!(
            out,
            "::error file={}{},title={}::{}",
            property(&finding.path.display().to_string()),
            place.unwrap_or_default(),
            property(&format!("{} {}", finding.rule, finding.rule.title())),
            data(&format!(
                "{}\n{}\n{}",
                finding.message,
                finding.help,
                finding.rule.why()
            )),
        )?;
    }
    Ok(())
}

/// A message: line ends and percent signs would end it.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property: so would colons and commas.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
