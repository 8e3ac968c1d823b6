//! One call of cargo, and what it says of what it built.

use std::{
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
};

use serde::{Deserialize, de::DeserializeOwned};

use super::BuildError;

/// The program: the cargo that runs us, if one does.
pub(super) fn program() -> String {
    std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned())
}

/// A line of `--message-format json`, as far as it matters here.
#[derive(Deserialize)]
#[serde(tag = "reason")]
enum Message {
    #[serde(rename = "compiler-artifact")]
    Artifact(Artifact),
    #[serde(rename = "compiler-message")]
    Diagnostic { message: Diagnostic },
    #[serde(other)]
    Other,
}

/// Something that cargo built, or found built.
#[derive(Debug, Deserialize)]
pub(super) struct Artifact {
    pub(super) features: Vec<String>,
    pub(super) executable: Option<PathBuf>,
    pub(super) fresh: bool,
}

#[derive(Deserialize)]
struct Diagnostic {
    rendered: Option<String>,
    level: String,
}

/// Where cargo keeps what it builds on the way.
pub(super) fn build_directory(root: &Path) -> Result<PathBuf, BuildError> {
    #[derive(Deserialize)]
    struct Metadata {
        target_directory: PathBuf,
        build_directory: Option<PathBuf>,
    }
    let metadata: Metadata = metadata(root, WITHOUT_DEPENDENCIES)?;
    Ok(metadata.build_directory.unwrap_or(metadata.target_directory))
}

/// For what is about the workspace alone: nothing has to be resolved.
const WITHOUT_DEPENDENCIES: &[&str] = &["--no-deps"];

/// What cargo says of the workspace at `root`.
fn metadata<T: DeserializeOwned>(root: &Path, arguments: &[&str]) -> Result<T, BuildError> {
    let mut command = Command::new(program());
    command
        .args(["metadata", "--format-version", "1"])
        .args(arguments)
        .current_dir(root);
    let output = command.output().map_err(cannot_run)?;
    if !output.status.success() {
        return Err(BuildError::Metadata(
            String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        ));
    }
    serde_json::from_slice(&output.stdout).map_err(|error| BuildError::Metadata(error.to_string()))
}

/// The file that the binary of a package is compiled from.
pub(super) fn binary_source(root: &Path, package: &str) -> Result<PathBuf, BuildError> {
    let found = metadata::<Packages>(root, WITHOUT_DEPENDENCIES)?.find(package)?;
    let mut binaries = found
        .targets
        .into_iter()
        .filter(|target| target.kind.iter().any(|kind| kind == "bin"));
    let binary = binaries.next().map(|target| target.src_path);
    binary.ok_or_else(|| BuildError::NoBinary(package.to_owned()))
}

/// The folder of a package that the workspace at `root` depends on.
///
/// # Errors
/// Cargo cannot get it.
pub fn package_folder(root: &Path, package: &str) -> Result<PathBuf, BuildError> {
    let found = metadata::<Packages>(root, &[])?.find(package)?;
    let folder = found.manifest_path.parent().map(Path::to_owned);
    folder.ok_or_else(|| BuildError::NoPackage(package.to_owned()))
}

/// The packages that cargo knows.
#[derive(Deserialize)]
struct Packages {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    manifest_path: PathBuf,
    targets: Vec<Target>,
}

#[derive(Deserialize)]
struct Target {
    kind: Vec<String>,
    src_path: PathBuf,
}

impl Packages {
    fn find(self, name: &str) -> Result<Package, BuildError> {
        let found = self.packages.into_iter().find(|one| one.name == name);
        found.ok_or_else(|| BuildError::NoPackage(name.to_owned()))
    }
}

/// Runs a `cargo build` that prints JSON messages. `progress` gets what it prints for people, line by line.
pub(super) fn build(command: &mut Command, progress: &(dyn Fn(&str) + Sync)) -> Result<Vec<Artifact>, BuildError> {
    let mut child = command
        .args(["--message-format", "json-diagnostic-rendered-ansi"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(cannot_run)?;
    let stdout = child.stdout.take();
    let stderr = child.stderr.take();
    let (artifacts, errors, said) = thread::scope(|scope| {
        let said = scope.spawn(|| lines(stderr, progress));
        let (artifacts, errors) = messages(stdout);
        (artifacts, errors, said.join().unwrap_or_default())
    });
    let status = child.wait().map_err(cannot_run)?;
    if status.success() {
        return Ok(artifacts);
    }
    let mut printed = errors;
    // Cargo's own errors, and how it sums up, come after the compiler's.
    printed.extend(
        said.lines()
            .filter(|line| !is_progress(line))
            .map(|line| format!("{line}\n")),
    );
    Err(BuildError::Failed(printed.concat().trim_end().to_owned()))
}

fn cannot_run(source: std::io::Error) -> BuildError {
    BuildError::Run {
        program: program(),
        source,
    }
}

/// The binaries among the artifacts, and the compiler's errors as it would have shown them.
fn messages(stdout: Option<impl Read>) -> (Vec<Artifact>, Vec<String>) {
    let (mut artifacts, mut errors) = (Vec::new(), Vec::new());
    let Some(stdout) = stdout else {
        return (artifacts, errors);
    };
    for line in BufReader::new(stdout).lines().map_while(Result::ok) {
        match serde_json::from_str(&line) {
            Ok(Message::Artifact(artifact)) if artifact.executable.is_some() => artifacts.push(artifact),
            Ok(Message::Diagnostic { message }) if message.level.starts_with("error") => {
                errors.extend(message.rendered);
            }
            _ => {}
        }
    }
    (artifacts, errors)
}

fn lines(stderr: Option<impl Read>, progress: &(dyn Fn(&str) + Sync)) -> String {
    let mut said = String::new();
    let Some(stderr) = stderr else {
        return said;
    };
    for line in BufReader::new(stderr).lines().map_while(Result::ok) {
        progress(line.trim());
        said.push_str(&line);
        said.push('\n');
    }
    said
}

/// Whether cargo says here what it is about, and not what is wrong.
fn is_progress(line: &str) -> bool {
    // A status is right-aligned in twelve columns: "   Compiling tokio v1".
    line.starts_with(' ') && line.trim_start().starts_with(|first: char| first.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn binaries_and_errors_are_taken_from_cargos_messages() {
        let said = [
            r#"{"reason":"compiler-artifact","features":[],"executable":null,"fresh":true}"#,
            r#"{"reason":"compiler-message","message":{"rendered":"error[E0425]: no value\n","level":"error"}}"#,
            r#"{"reason":"compiler-message","message":{"rendered":"warning: unused\n","level":"warning"}}"#,
            r#"{"reason":"compiler-artifact","features":["scrub"],"executable":"/x/registry","fresh":false}"#,
            r#"{"reason":"build-finished","success":true}"#,
            "what a build script let through",
        ]
        .join("\n");
        let (artifacts, errors) = messages(Some(said.as_bytes()));
        assert_eq!(errors, ["error[E0425]: no value\n"]);
        assert_eq!(artifacts.len(), 1);
        assert_eq!(artifacts[0].features, ["scrub"]);
        assert!(!artifacts[0].fresh);
    }

    #[test]
    fn what_cargo_is_about_is_no_error() {
        assert!(is_progress("   Compiling tokio v1.54.1"));
        assert!(!is_progress(
            "error: could not compile `x` (bin \"x\") due to 1 previous error"
        ));
        assert!(!is_progress("  |  let x = 1;"));
    }
}
