//! Debian's docker-registry, as an upstream of another make.

use std::{
    io::{BufRead, BufReader, Read},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
};

use libtest_mimic::Failed;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::tool::DOCKER_REGISTRY;

/// A running docker-registry. It ends, and its root goes, when this is dropped.
#[derive(Debug)]
pub struct Distribution {
    server: Child,
    authority: String,
    requests: Arc<Mutex<Vec<String>>>,
    _root: TempDir,
}

impl Distribution {
    /// Starts it, with `http` and `auth` as in its own configuration.
    pub fn start(http: &Value, auth: &Value) -> Result<Self, Failed> {
        let root = tempfile::tempdir()?;
        let mut config = json!({
            "version": 0.1,
            "log": { "level": "info" },
            "storage": { "filesystem": { "rootdirectory": root.path().join("content") } },
            "http": { "addr": "127.0.0.1:0" },
        });
        if let (Some(section), Some(http)) = (config["http"].as_object_mut(), http.as_object()) {
            section.extend(http.clone());
        }
        if !auth.is_null() {
            config["auth"] = auth.clone();
        }
        // JSON is YAML.
        let file = root.path().join("config.yml");
        std::fs::write(&file, config.to_string())?;
        let program = DOCKER_REGISTRY.find().ok_or("docker-registry is not here")?;
        let mut server = Command::new(program)
            .arg("serve")
            .arg(&file)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let requests = Arc::new(Mutex::new(Vec::new()));
        let access = server.stdout.take().ok_or("no output")?;
        note_requests(access, Arc::clone(&requests));
        let log = server.stderr.take().ok_or("no log")?;
        let (sender, receiver) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(log).lines().map_while(Result::ok) {
                let address = line.split("listening on ").nth(1).map(|rest| {
                    let end = rest.find([',', '"']).unwrap_or(rest.len());
                    rest[..end].to_owned()
                });
                // Once it was told, nobody waits for it any more.
                let _ = address.map(|address| sender.send(address));
            }
        });
        let authority = receiver
            .recv()
            .map_err(|_| "docker-registry ended before it said where it listens")?;
        Ok(Self {
            server,
            authority,
            requests,
            _root: root,
        })
    }

    /// `host:port`.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// The lines of its access log so far that have all of these texts.
    pub fn requests(&self, texts: &[&str]) -> Vec<String> {
        let requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        let fits = |line: &&String| texts.iter().all(|text| line.contains(text));
        requests.iter().filter(fits).cloned().collect()
    }
}

fn note_requests(access: impl Read + Send + 'static, requests: Arc<Mutex<Vec<String>>>) {
    std::thread::spawn(move || {
        for line in BufReader::new(access).lines().map_while(Result::ok) {
            requests.lock().unwrap_or_else(PoisonError::into_inner).push(line);
        }
    });
}

impl Drop for Distribution {
    fn drop(&mut self) {
        // It may have ended already; either way nothing stays behind.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// Writes what lets `user` in with `password`, and returns the `auth` section that names it.
pub fn htpasswd(folder: &Path, line: &str) -> Result<Value, Failed> {
    let file = folder.join("htpasswd");
    std::fs::write(&file, line)?;
    Ok(json!({ "htpasswd": { "realm": "upstream", "path": file } }))
}
