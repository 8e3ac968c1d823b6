//! A registry as a user runs it: the built binary, a config file, a root of its own.

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use libtest_mimic::Failed;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::build;

/// A running registry. It ends, and its root goes, when this is dropped.
#[derive(Debug)]
pub struct Registry {
    server: Child,
    authority: String,
    root: Option<TempDir>,
    _config: TempDir,
}

impl Registry {
    /// Starts the build with just `extensions`, with each of them on as it comes.
    pub fn start(extensions: &[&str]) -> Result<Self, Failed> {
        Self::start_with(extensions, &json!({}))
    }

    /// The same with `config` merged in.
    pub fn start_with(extensions: &[&str], config: &Value) -> Result<Self, Failed> {
        Self::start_in(extensions, tempfile::tempdir()?, config)
    }

    /// The same on a root that has something in it.
    pub fn start_in(extensions: &[&str], root: TempDir, config: &Value) -> Result<Self, Failed> {
        let (folder, file) = write_config(root.path(), config)?;
        let mut server = Command::new(build::binary(extensions)?)
            .arg("serve")
            .arg(file)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()?;
        let mut lines = BufReader::new(server.stdout.take().ok_or("no output")?).lines();
        let first = lines
            .next()
            .ok_or("the registry ended before it said where it listens")??;
        // What else it says has to go somewhere, or it would wait for us.
        std::thread::spawn(move || lines.for_each(drop));
        let first: Value = serde_json::from_str(&first)?;
        let authority = first["address"]
            .as_str()
            .ok_or_else(|| format!("no address in {first}"))?
            .to_owned();
        Ok(Self {
            server,
            authority,
            root: Some(root),
            _config: folder,
        })
    }

    /// Runs a command of the binary on a root without a server: `arguments`, and the config file.
    pub fn command(extensions: &[&str], root: &Path, config: &Value, arguments: &[&str]) -> Result<Output, Failed> {
        let (_folder, file) = write_config(root, config)?;
        Ok(Command::new(build::binary(extensions)?)
            .args(arguments)
            .arg(file)
            .stdin(Stdio::null())
            .output()?)
    }

    /// `host:port`.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// The most memory that was resident since the start, in bytes.
    pub fn peak_memory(&self) -> Result<u64, Failed> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.server.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
        kibibytes
            .map(|kibibytes| kibibytes << 10)
            .ok_or_else(|| "the system does not say how much memory was used".into())
    }

    /// The reference by which clients know `name` here.
    pub fn image(&self, name: &str) -> String {
        format!("{}/{name}", self.authority)
    }

    /// What a GET of `path` answers, which has to be a success.
    pub fn get(&self, path: &str) -> Result<String, Failed> {
        let url = format!("http://{}{path}", self.authority);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(runtime.block_on(async { reqwest::get(url).await?.error_for_status()?.text().await })?)
    }

    /// Asks it to end, and waits until it has: what it kept back is on the disk then.
    pub fn stop(mut self) -> Result<TempDir, Failed> {
        let asked = Command::new("kill").arg(self.server.id().to_string()).status()?;
        let ended = self.server.wait()?;
        if !asked.success() || !ended.success() {
            return Err(format!("the registry did not end well: {ended}").into());
        }
        self.root.take().ok_or_else(|| "it has no root".into())
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        // It may have ended already; either way nothing stays behind.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// A password file in which alice, bob, carol and root have their name with `-password` after it.
pub fn htpasswd() -> Result<PathBuf, Failed> {
    Ok(Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fixtures/security/htpasswd")
        .canonicalize()?)
}

/// The rules of repositories in which `user` may do everything, and nobody else anything.
pub fn owned_by(user: &str) -> Value {
    json!({ "policies": [{ "users": [user], "actions": ["read", "create", "update", "delete"] }] })
}

fn write_config(root: &Path, patch: &Value) -> Result<(TempDir, PathBuf), Failed> {
    let mut config = json!({
        "distSpecVersion": "1.1.1",
        "storage": { "rootDirectory": root },
        "http": { "address": "127.0.0.1", "port": "0" },
        "log": { "level": "info" },
    });
    if let (Some(config), Some(patch)) = (config.as_object_mut(), patch.as_object()) {
        config.extend(patch.clone());
    }
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("config.json");
    std::fs::write(&file, serde_json::to_vec_pretty(&config)?)?;
    Ok((folder, file))
}
