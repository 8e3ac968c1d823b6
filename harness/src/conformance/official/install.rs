//! Installs the suite at a pinned version.

use std::{
    io,
    path::{Path, PathBuf},
    process::Stdio,
};

use tokio::process::Command;

/// The pinned version: the development branch, which checks 1.0, 1.1 and what is to come.
pub const VERSION: &str = "v0.0.0-20260831232431-97274622c111";

const MODULE: &str = "github.com/opencontainers/distribution-spec/conformance";

/// Why the suite cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum OfficialError {
    /// Go is not there.
    #[error("the official suite was not run: it is a Go program, and there is no `go` (https://go.dev/dl)")]
    NoGo,
    /// Go is there, and could not install it.
    #[error("the official suite was not run: `go install {MODULE}@{VERSION}` failed:\n{0}")]
    Install(String),
    /// Something on this machine.
    #[error("the official suite was not run: cannot {what}: {source}")]
    Surroundings {
        /// What could not be done.
        what: String,
        /// Why.
        source: io::Error,
    },
}

/// The suite, ready to run.
#[derive(Clone, Debug)]
pub struct Suite {
    pub(super) binary: PathBuf,
}

impl Suite {
    /// The suite below `tools`, installed there if it is not yet.
    pub async fn install(tools: &Path) -> Result<Self, OfficialError> {
        // The version is in the path, so that another one is not taken for it.
        let folder = tools.join(format!("distribution-spec-{VERSION}"));
        let binary = folder.join("conformance");
        if binary.is_file() {
            return Ok(Self { binary });
        }
        let output = Command::new("go")
            .args(["install", &format!("{MODULE}@{VERSION}")])
            .env("GOBIN", &folder)
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await;
        match output {
            Ok(output) if output.status.success() => Ok(Self { binary }),
            Ok(output) => Err(OfficialError::Install(
                String::from_utf8_lossy(&output.stderr).trim().to_owned(),
            )),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(OfficialError::NoGo),
            Err(source) => Err(OfficialError::Surroundings {
                what: "start go".to_owned(),
                source,
            }),
        }
    }
}
