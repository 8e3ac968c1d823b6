//! A registry that runs, and ends with the test.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    path::Path,
    process::{Child, ChildStdout, Command, ExitStatus, Stdio},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

/// Longer than anything here takes.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Every extension there is, in the recommended order: the features, as the manifest lists them.
pub(crate) fn recommended() -> Vec<String> {
    let manifest = include_str!("../../Cargo.toml");
    let features = manifest.lines().find_map(|line| line.strip_prefix("default = "));
    serde_json::from_str(features.unwrap()).unwrap()
}

/// The binary, with `arguments`.
pub(crate) fn binary() -> Command {
    Command::new(assert_cmd::cargo::cargo_bin!("plimsoll-registry"))
}

/// A configuration in a folder of its own: its content below the folder, on any free port.
pub(crate) fn config(more: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("root");
    let text = format!(
        "storage: {{rootDirectory: {}}}\nhttp: {{port: 0}}\n{more}\n",
        root.display()
    );
    fs::write(folder.path().join("config.yaml"), text).unwrap();
    folder
}

/// What a registry prints that does not start with the configuration in `folder`: its log, and why.
pub(crate) fn refused(folder: &Path) -> (String, String) {
    let output = binary().arg("serve").arg(folder.join("config.yaml")).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr))
}

/// A registry that runs.
pub(crate) struct Running {
    child: Child,
    log: BufReader<ChildStdout>,
    /// The log's lines so far.
    pub(crate) lines: Vec<Value>,
    pub(crate) address: SocketAddr,
}

impl Running {
    /// Starts a registry and reads where it listens from the first line of its log.
    pub(crate) fn start(folder: &Path) -> Self {
        let mut command = binary();
        command.arg("serve").arg(folder.join("config.yaml"));
        Self::start_as(command)
    }

    /// Starts a registry by this command.
    pub(crate) fn start_as(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut log = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        log.read_line(&mut line).unwrap();
        let first: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
        Self {
            child,
            log,
            address: first["address"].as_str().unwrap().parse().unwrap(),
            lines: vec![first],
        }
    }

    /// The status line and everything after it that a GET is answered with.
    pub(crate) fn get(&self, path: &str) -> String {
        self.send("GET", path, b"")
    }

    /// As [`Self::get`], of any request.
    pub(crate) fn send(&self, method: &str, path: &str, body: &[u8]) -> String {
        let mut stream = TcpStream::connect_timeout(&self.address, PATIENCE).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let length = body.len();
        // Who is refused may be so before all is sent.
        let _ = write!(
            stream,
            "{method} {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n"
        )
        .and_then(|()| stream.write_all(body));
        let mut answer = Vec::new();
        stream
            .read_to_end(&mut answer)
            .unwrap_or_else(|error| panic!("{method} {path}: {error}"));
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// Reads the log until a line has this message.
    pub(crate) fn wait_for(&mut self, message: &str) -> Value {
        loop {
            let mut line = String::new();
            assert_ne!(
                self.log.read_line(&mut line).unwrap(),
                0,
                "the log ended without {message:?}: {:#?}",
                self.lines
            );
            let line: Value = serde_json::from_str(&line).unwrap();
            self.lines.push(line.clone());
            if line["message"] == message {
                return line;
            }
        }
    }

    /// Sends a signal and waits for the end. The rest of the log is in `lines` then.
    pub(crate) fn stop(&mut self, signal: Signal) -> ExitStatus {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, signal).unwrap();
        let mut rest = String::new();
        self.log.read_to_string(&mut rest).unwrap();
        self.lines
            .extend(rest.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()));
        self.child.wait().unwrap()
    }

    pub(crate) fn messages(&self) -> Vec<&str> {
        self.lines.iter().filter_map(|line| line["message"].as_str()).collect()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
