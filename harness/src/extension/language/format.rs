//! A file as its language's formatter has it.

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::Language;

/// The edition of the workspace's crates.
const EDITION: &str = "2024";

/// `text` as the formatter of its language would write it, with the settings of the folder `root`. None where there is no
/// formatter, or where it does not understand the text: then it stays as it is.
pub(crate) fn format(language: Language, root: &Path, path: &Path, text: &str) -> Option<String> {
    let extension = path.extension()?.to_str()?;
    if extension != language.extension() {
        return None;
    }
    let mut command = match language {
        Language::Rust => {
            let mut command = Command::new(rustfmt());
            command.args(["--edition", EDITION, "--emit", "stdout"]);
            command
        }
        Language::Go => Command::new("gofmt"),
    };
    // Formatters look for their settings in the folder that they run in, and above it.
    let mut child = command
        .current_dir(root)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    // A twin is far smaller than a pipe's buffer is deep on the way out, and formatters read all before they write.
    child.stdin.take()?.write_all(text.as_bytes()).ok()?;
    let output = child.wait_with_output().ok()?;
    output.status.success().then(|| String::from_utf8(output.stdout).ok())?
}

/// The formatter of the toolchain that runs us, if one does: rustup takes its time to find it.
fn rustfmt() -> PathBuf {
    let beside_cargo = std::env::var_os("CARGO").map(|cargo| Path::new(&cargo).with_file_name("rustfmt"));
    beside_cargo
        .filter(|path| path.is_file())
        .unwrap_or_else(|| "rustfmt".into())
}
