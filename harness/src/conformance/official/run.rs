//! Runs the suite against a server of our own.

use std::{
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};

use serde_json::Value;
use tokio::process::Command;

use super::{Suite, VERSION, results};
use crate::{
    runner::OfficialFinished,
    target::{ProcessTarget, Server},
};

/// The versions of the specification that it is asked to check.
pub const SPECS: [&str; 2] = ["1.1", "dev"];

/// How long one run of the suite may take.
const LIMIT: Duration = Duration::from_secs(300);

/// Everything that the suite has switches for and leaves off, or may leave off. A registry is to be held to all of it.
const SWITCHES: [&str; 32] = [
    "OCI_API_PING",
    "OCI_API_PULL",
    "OCI_API_PUSH",
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
    "OCI_API_TAGS_LIST",
    "OCI_API_REFERRER",
    "OCI_CACHE_AUTH",
    "OCI_DATA_IMAGE",
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
    "OCI_DATA_CUSTOM_FIELDS",
    "OCI_DATA_NO_LAYERS",
    "OCI_DATA_EMPTY_BLOB",
    "OCI_DATA_SHA512",
];

impl Suite {
    /// Runs the suite for version `spec` against a fresh server of `target`, with `config` merged into what it is started
    /// with. Whatever goes wrong is in the result.
    pub async fn run(&self, combination: &str, target: &ProcessTarget, config: &Value, spec: &str) -> OfficialFinished {
        let begin = Instant::now();
        let mut finished = OfficialFinished {
            combination: combination.to_owned(),
            spec: spec.to_owned(),
            suite: VERSION.to_owned(),
            passed: 0,
            failed: Vec::new(),
            skipped: Vec::new(),
            error: None,
            duration_ms: 0,
        };
        match self.outcome(target, config, spec).await {
            Ok(tests) => {
                for test in tests {
                    match test.status {
                        results::Status::Passed => finished.passed += 1,
                        results::Status::Failed => finished.failed.push(test.name),
                        results::Status::Skipped => finished.skipped.push(test.name),
                    }
                }
            }
            Err(error) => finished.error = Some(error),
        }
        finished.duration_ms = u64::try_from(begin.elapsed().as_millis()).unwrap_or(u64::MAX);
        finished
    }

    async fn outcome(&self, target: &ProcessTarget, config: &Value, spec: &str) -> Result<Vec<results::Test>, String> {
        let mut server = Server::new(target).map_err(|error| error.to_string())?;
        server.configure(config.clone()).map_err(|error| error.to_string())?;
        server.start().await.map_err(|error| error.to_string())?;
        let tests = self.tests(&server, spec).await;
        let stopped = server.stop().await;
        let tests = tests?;
        stopped.map_err(|error| error.to_string())?;
        Ok(tests)
    }

    async fn tests(&self, server: &Server, spec: &str) -> Result<Vec<results::Test>, String> {
        let results = server.folder().join("official");
        std::fs::create_dir(&results).map_err(|error| format!("cannot make {}: {error}", results.display()))?;
        let mut suite = Command::new(&self.binary);
        suite
            .current_dir(&results)
            .env("OCI_REGISTRY", server.authority().unwrap_or_default())
            .env("OCI_TLS", "disabled")
            .env("OCI_REPO1", "conformance/one")
            .env("OCI_REPO2", "conformance/two")
            .env("OCI_VERSION", spec)
            .env("OCI_RESULTS_DIR", &results)
            .envs(SWITCHES.map(|switch| (switch, "true")))
            .stdin(Stdio::null())
            .kill_on_drop(true);
        let output = tokio::time::timeout(LIMIT, suite.output())
            .await
            .map_err(|_| format!("the suite did not end within {} s", LIMIT.as_secs()))?
            .map_err(|error| format!("cannot start {}: {error}", self.binary.display()))?;
        // Its exit status does not tell a failed test from one that could not be run, so the results decide.
        read(&results.join("junit.xml")).map_err(|error| {
            format!(
                "{error}; the suite said:\n{}",
                String::from_utf8_lossy(&output.stderr).trim()
            )
        })
    }
}

fn read(path: &Path) -> Result<Vec<results::Test>, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("the suite wrote no results ({error})"))?;
    let tests = results::parse(&text)?;
    if tests.is_empty() {
        return Err("the suite ran no test".to_owned());
    }
    Ok(tests)
}
