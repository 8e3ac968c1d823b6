//! The official conformance suite of the distribution specification: a Go program, installed at a pinned version and run
//! against a server of its own.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
    process::Stdio,
    sync::LazyLock,
    time::{Duration, Instant},
};

use regex::Regex;
use tokio::{process::Command, runtime::Builder, time::timeout};
use tokio_util::sync::CancellationToken;

use crate::{
    runner::{OfficialFinished, asked_to_end},
    target::{ProcessTarget, Server, ServerError},
};

/// The pinned version of the suite.
pub const SUITE_VERSION: &str = "v0.0.0-20260831232431-97274622c111";
/// The versions of the specification that the suite is asked to check.
pub const SPEC_VERSIONS: [&str; 2] = ["1.1", "dev"];
/// How to get what the suite needs.
pub const REMEDY: &str = "install Go from https://go.dev/dl/ or your system's packages, and run this again";

const PACKAGE: &str = "github.com/opencontainers/distribution-spec/conformance";
const RUN_LIMIT: Duration = Duration::from_mins(10);

/// Everything that can be left out: nothing is, whatever a version leaves out by itself.
const SWITCHES: [&str; 27] = [
    "OCI_API_TAGS_LIST",
    "OCI_API_BLOBS_ATOMIC",
    "OCI_API_BLOBS_DELETE",
    "OCI_API_BLOBS_DIGEST_HEADER",
    "OCI_API_BLOBS_MOUNT_ANONYMOUS",
    "OCI_API_BLOBS_UPLOAD_CANCEL",
    "OCI_API_MANIFESTS_ATOMIC",
    "OCI_API_MANIFESTS_DELETE",
    "OCI_API_MANIFESTS_DIGEST_HEADER",
    "OCI_API_MANIFESTS_TAG_PARAM",
    "OCI_API_TAGS_ATOMIC",
    "OCI_API_TAGS_DELETE",
    "OCI_API_REFERRER",
    "OCI_DATA_INDEX",
    "OCI_DATA_INDEX_LIST",
    "OCI_DATA_SPARSE",
    "OCI_DATA_ARTIFACT",
    "OCI_DATA_SUBJECT",
    "OCI_DATA_SUBJECT_MISSING",
    "OCI_DATA_ARTIFACT_LIST",
    "OCI_DATA_SUBJECT_LIST",
    "OCI_DATA_DATA_FIELD",
    "OCI_DATA_NONDISTRIBUTABLE",
    "OCI_DATA_NO_LAYERS",
    "OCI_DATA_CUSTOM_FIELDS",
    "OCI_DATA_EMPTY_BLOB",
    "OCI_DATA_SHA512",
];

/// Why the suite is not there, or gave no result.
#[derive(Debug, thiserror::Error)]
pub enum OfficialError {
    /// There is no Go.
    #[error("there is no `go` program; {REMEDY}")]
    NoGo,
    /// Go could not install it.
    #[error("go could not install {PACKAGE}@{SUITE_VERSION}:\n{0}")]
    Install(String),
    /// A file or a process could not be made.
    #[error("cannot {what}: {source}")]
    Surroundings {
        /// What could not be done.
        what: String,
        /// Why.
        source: io::Error,
    },
    /// The server could not be started, or did not end.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// It ended without results.
    #[error("the suite ended without results:\n{0}")]
    NoResults(String),
    /// Somebody ended the run.
    #[error("the run was interrupted")]
    Interrupted,
    /// It took too long.
    #[error("the suite did not end within {} s", RUN_LIMIT.as_secs())]
    TooLong,
}

fn surroundings(what: impl Into<String>) -> impl FnOnce(io::Error) -> OfficialError {
    let what = what.into();
    move |source| OfficialError::Surroundings { what, source }
}

/// The installed suite.
#[derive(Debug)]
pub struct OfficialSuite {
    program: PathBuf,
}

/// How the tests of a run ended, by name.
#[derive(Debug, Default, PartialEq, Eq)]
struct Results {
    passed: u64,
    failed: Vec<String>,
    skipped: Vec<String>,
}

impl OfficialSuite {
    /// The suite below `tools`; installed there unless this version is there already.
    ///
    /// # Errors
    /// There is no Go, or it cannot install the suite.
    pub fn install(tools: &Path) -> Result<Self, OfficialError> {
        let folder = tools.join(format!("conformance-{SUITE_VERSION}"));
        let program = folder.join("conformance");
        if program.is_file() {
            return Ok(Self { program });
        }
        fs::create_dir_all(&folder).map_err(surroundings(format!("make {}", folder.display())))?;
        let folder = folder.canonicalize().map_err(surroundings("find the tools"))?;
        let output = std::process::Command::new("go")
            .args(["install", &format!("{PACKAGE}@{SUITE_VERSION}")])
            .env("GOBIN", &folder)
            .stdin(Stdio::null())
            .output()
            .map_err(|error| match error.kind() {
                io::ErrorKind::NotFound => OfficialError::NoGo,
                _ => surroundings("run go")(error),
            })?;
        if !output.status.success() {
            return Err(OfficialError::Install(
                String::from_utf8_lossy(&output.stderr).trim().to_owned(),
            ));
        }
        Ok(Self { program })
    }

    /// Runs the suite against a new server of `target`, which is what `combination` is called.
    ///
    /// Whatever goes wrong stands in the result. Ctrl-C ends it early, as `cancel` does, and cancels it for others: no
    /// server is left behind. Must not be called from an async runtime.
    pub fn run(
        &self,
        target: &ProcessTarget,
        combination: &str,
        spec: &str,
        cancel: &CancellationToken,
    ) -> OfficialFinished {
        let began = Instant::now();
        let results = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(surroundings("make a runtime"))
            .and_then(|runtime| runtime.block_on(self.results(target, spec, cancel)));
        let (results, error) = match results {
            Ok(results) => (results, None),
            Err(error) => (Results::default(), Some(error.to_string())),
        };
        OfficialFinished {
            combination: combination.to_owned(),
            spec: spec.to_owned(),
            suite: SUITE_VERSION.to_owned(),
            passed: results.passed,
            failed: results.failed,
            skipped: results.skipped,
            error,
            duration_ms: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
        }
    }

    async fn results(
        &self,
        target: &ProcessTarget,
        spec: &str,
        cancel: &CancellationToken,
    ) -> Result<Results, OfficialError> {
        let folder = tempfile::Builder::new()
            .prefix("plimsoll-official-")
            .tempdir()
            .map_err(surroundings("make a temporary folder"))?;
        let mut server = Server::new(target)?;
        let ran = tokio::select! {
            ran = async {
                server.start().await?;
                self.ask(server.authority().unwrap_or_default(), spec, folder.path()).await
            } => ran,
            () = interrupted(cancel) => Err(OfficialError::Interrupted),
        };
        if server.is_running() {
            server.stop().await?;
        }
        ran
    }

    async fn ask(&self, authority: &str, spec: &str, folder: &Path) -> Result<Results, OfficialError> {
        let mut command = Command::new(&self.program);
        // Settings of the suite in our environment would change what is asked.
        for (name, _) in env::vars_os() {
            if name.to_string_lossy().starts_with("OCI_") {
                command.env_remove(name);
            }
        }
        let running = command
            .current_dir(folder)
            .env("OCI_REGISTRY", authority)
            .env("OCI_TLS", "disabled")
            .env("OCI_RESULTS_DIR", folder)
            .env("OCI_VERSION", spec)
            .envs(SWITCHES.map(|switch| (switch, "true")))
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output();
        let ended = timeout(RUN_LIMIT, running).await.map_err(|_| OfficialError::TooLong)?;
        let output = ended.map_err(surroundings(format!("run {}", self.program.display())))?;
        let file = folder.join("junit.xml");
        // It ends with 0 where it could not even begin: only its results count.
        let document = fs::read_to_string(&file).map_err(|_| {
            let said = [output.stderr.as_slice(), output.stdout.as_slice()].concat();
            OfficialError::NoResults(String::from_utf8_lossy(&said).trim().to_owned())
        })?;
        let results = read(&document)?;
        if results.failed.is_empty() && !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(OfficialError::NoResults(format!("{}\n{}", output.status, said.trim())));
        }
        Ok(results)
    }
}

/// Returns once somebody wants the run to end.
async fn interrupted(cancel: &CancellationToken) {
    if cancel.is_cancelled() {
        return;
    }
    tokio::select! {
        () = cancel.cancelled() => {}
        () = asked_to_end() => cancel.cancel(),
    }
}

/// An opening tag of a test. The suite escapes `<`, `>` and quotes in attributes, so that nothing else looks like it.
static TEST: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"<testcase name="([^"]*)"[^>]* status="([^"]*)""#).expect("the expression is a constant, and tested")
});

/// Reads the suite's `JUnit` file, which tells each test's end in an attribute `status` alone.
fn read(document: &str) -> Result<Results, OfficialError> {
    let mut results = Results::default();
    for test in TEST.captures_iter(document) {
        let name = test[1]
            .replace("&#34;", "\"")
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&amp;", "&");
        let name = name.strip_prefix("OCI Conformance Test/").unwrap_or(&name).to_owned();
        match &test[2] {
            "passed" => results.passed += 1,
            "skipped" => results.skipped.push(name),
            "disabled" => {}
            _ => results.failed.push(name),
        }
    }
    if results == Results::default() {
        return Err(OfficialError::NoResults("there is no test in its junit.xml".to_owned()));
    }
    Ok(results)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_attribute_says_how_a_test_ended() {
        let document = r#"<testsuites time="1.0" tests="4" failures="1" skipped="1" disabled="0">
  <testsuite name="OCI Conformance Test" tests="4" failures="1" errors="0" disabled="0" skipped="1" time="1.0">
    <testcase name="OCI Conformance Test/ping" classname="" time="0.002" status="passed">
      <system-err>~~~ REQUEST ~~~&#xA;Method: GET</system-err>
    </testcase>
    <testcase name="OCI Conformance Test/empty/referrers" classname="" time="0.001" status="failure"></testcase>
    <testcase name="OCI Conformance Test/sparse" classname="" time="0.001" status="error"></testcase>
    <testcase name="OCI Conformance Test/tag-delete" classname="" time="0.001" status="skipped"></testcase>
  </testsuite>
</testsuites>"#;
        let expected = Results {
            passed: 1,
            failed: vec!["empty/referrers".to_owned(), "sparse".to_owned()],
            skipped: vec!["tag-delete".to_owned()],
        };
        assert_eq!(read(document).unwrap(), expected);
    }

    #[test]
    fn a_file_without_tests_is_no_pass() {
        let document = r#"<testsuites time="1.0" tests="0" failures="0"></testsuites>"#;
        assert!(read(document).is_err());
        assert!(read("").is_err());
    }
}
