//! A run of the server under strace.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Arc,
};

use super::{
    Options, PowerCutError,
    operation::{self, CALLS, Operation},
};
use crate::{
    durability::workload::{self, History},
    target::{ProcessTarget, Server},
};

/// How to get strace.
pub const REMEDY: &str = "on Debian: apt-get install strace";

/// The longest text that is written out, in bytes: more than any write of a server that handles small blobs.
const LONGEST: &str = "4194304";

/// The largest blob, in bytes. What is traced is written out byte for byte.
const LARGEST_BLOB: u64 = 8_000;

/// What a server did while clients worked.
pub(super) struct Record {
    /// What strace wrote.
    pub(super) trace: String,
    pub(super) root: PathBuf,
    pub(super) operations: Vec<Operation>,
    pub(super) histories: Vec<History>,
}

/// Looks for strace: who builds a server to record should not learn after that that it cannot be.
///
/// # Errors
/// It is not there, or cannot be run.
pub fn find_strace() -> Result<(), PowerCutError> {
    let version = Command::new("strace")
        .arg("-V")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    match version {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(PowerCutError::NoStrace),
        Err(source) => Err(surroundings("run strace", source)),
    }
}

/// Starts the server under strace on an empty root, lets clients work, and stops it.
pub(super) async fn record(target: &ProcessTarget, options: Options) -> Result<Record, PowerCutError> {
    let folder = tempfile::tempdir().map_err(|source| surroundings("make a temporary folder", source))?;
    let file = folder.path().join("trace");
    let mut server = Server::new(&under_strace(target, &file))?;
    server.start().await?;
    let authority = server.authority().unwrap_or_default().to_owned();
    let histories = workload::run(&authority, options.seed, options.steps, LARGEST_BLOB).await?;
    server.stop().await?;
    let trace = fs::read_to_string(&file).map_err(|source| surroundings("read strace's output", source))?;
    let root = server.root().to_owned();
    let operations = operation::read(&trace, &root)?;
    Ok(Record {
        trace,
        root,
        operations,
        histories,
    })
}

/// The same server, started by strace.
fn under_strace(target: &ProcessTarget, trace: &Path) -> ProcessTarget {
    let mut traced = target.clone();
    traced.binary = PathBuf::from("strace");
    // The tracer is a grandchild (`-D`): signals for the server reach the server.
    let fixed = [
        "-D",
        "-f",
        "-qq",
        "-yy",
        "-xx",
        "-s",
        LONGEST,
        "-e",
        "signal=none",
        "-e",
    ];
    let mut arguments: Vec<String> = fixed.map(str::to_owned).into();
    arguments.push(format!("trace={CALLS}"));
    arguments.push("-o".to_owned());
    arguments.push(text(trace));
    arguments.push("--".to_owned());
    arguments.push(text(&target.binary));
    let serve = Arc::make_mut(&mut traced.serve);
    arguments.append(&mut serve.arguments);
    serve.arguments = arguments;
    traced
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

fn surroundings(what: &str, source: io::Error) -> PowerCutError {
    PowerCutError::Surroundings {
        what: what.to_owned(),
        source,
    }
}
