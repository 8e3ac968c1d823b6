//! nginx as it serves files.

use std::{collections::BTreeMap, env, path::PathBuf, sync::Arc};

use serde_json::Value;

use crate::target::{Announcement, ProcessTarget, Serve};

/// The folder below the root whose files are served.
pub(in super::super) const FILES: &str = "files";

/// Where nginx may be, beside the folders of `PATH`: Debian puts it where only administrators look.
const ELSEWHERE: &[&str] = &[
    "/usr/sbin",
    "/usr/local/sbin",
    "/usr/local/nginx/sbin",
    "/opt/homebrew/bin",
];

/// There is no nginx.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error(
    "nginx, which shows what pulls can come to, is not there: install it (on Debian: apt-get install nginx-light), or leave the limits out with --no-limits"
)]
pub struct NginxError;

/// How nginx is started.
pub(super) fn target() -> Result<ProcessTarget, NginxError> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = env::split_paths(&path).chain(ELSEWHERE.iter().map(PathBuf::from));
    let mut programs = folders.map(|folder| folder.join("nginx"));
    let binary = programs.find(|program| program.is_file()).ok_or(NginxError)?;
    let arguments = ["-p", "{root}", "-c", "{config}"].map(str::to_owned).to_vec();
    let address = "127.0.0.1:{port}".to_owned();
    let mut serve = Serve::new(
        arguments,
        Some(Value::String(configuration())),
        Announcement::Port(address),
    );
    "nginx.conf".clone_into(&mut serve.config_file);
    Ok(ProcessTarget {
        binary,
        companions: BTreeMap::new(),
        serve: Arc::new(serve),
        front: None,
    })
}

fn configuration() -> String {
    // Its workers would else be someone who may not look into a temporary folder.
    let user = if rustix::process::geteuid().is_root() {
        "user root root;\n"
    } else {
        ""
    };
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let temporary: Vec<String> = temporary
        .iter()
        .map(|name| format!("  {name}_temp_path {{root}}/{name};\n"))
        .collect();
    format!(
        "{user}daemon off;
worker_processes auto;
pid {{root}}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  sendfile on;
  tcp_nopush on;
  tcp_nodelay on;
  keepalive_requests 100000000;
  default_type application/octet-stream;
{}  server {{
    listen {{address}};
    root {{root}}/{FILES};
  }}
}}
",
        temporary.concat()
    )
    .replace("{address}", "127.0.0.1:{port}")
}
