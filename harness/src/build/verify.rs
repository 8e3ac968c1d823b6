//! Asks a binary which extensions it has.

use std::{path::Path, process::Command};

use super::BuildError;
use crate::combination::Combination;

/// Holds what `binary` prints with `arguments` against `combination`: each extension on a line of its own.
pub(super) fn extensions(binary: &Path, arguments: &[String], combination: &Combination) -> Result<(), BuildError> {
    let output = Command::new(binary)
        .args(arguments)
        .output()
        .map_err(|source| BuildError::Run {
            program: binary.display().to_string(),
            source,
        })?;
    let printed = String::from_utf8_lossy(&output.stdout);
    let said: Vec<&str> = printed.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    if output.status.success() && said == combination.extensions() {
        return Ok(());
    }
    let stderr = String::from_utf8_lossy(&output.stderr);
    let stderr = if output.status.success() {
        String::new()
    } else {
        format!("; {}\n{}", output.status, stderr.trim())
    };
    Err(BuildError::Extensions {
        command: format!("{} {}", binary.display(), arguments.join(" ")),
        said: said.join(", "),
        asked: combination.extensions().join(", "),
        stderr,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(script: &str) -> Result<(), BuildError> {
        let known = ["scrub", "lint"].map(str::to_owned);
        let arguments = ["-c", script].map(str::to_owned);
        extensions(
            Path::new("/bin/sh"),
            &arguments,
            &Combination::new(&known, ["scrub", "lint"]),
        )
    }

    #[test]
    fn a_binary_that_says_its_combination_is_right() {
        assert!(asked("echo scrub; echo lint").is_ok());
    }

    #[test]
    fn a_binary_that_says_another_is_not() {
        let error = asked("echo scrub").unwrap_err().to_string();
        assert!(
            error.ends_with("says that the binary has [scrub], not [scrub, lint]"),
            "{error}"
        );
    }

    #[test]
    fn a_binary_that_fails_is_not() {
        let error = asked("echo scrub; echo lint; echo no such command >&2; exit 2").unwrap_err();
        assert!(error.to_string().contains("no such command"), "{error}");
    }
}
