//! The command: one pass over a registry that does not run.

use std::{
    io::{Read as _, Write as _},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream},
    path::PathBuf,
    time::Duration,
};

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use plimsoll_registry_core::{
    cli::{self, Binary, Exit},
    config::{Config, Http},
    extension::ExtensionCommand,
    hooks::EventSink,
    storage::{FileStore, Page, StorageError, Store},
};
use serde_json::json;

use crate::{
    pace::Pace,
    repository::scrub_repository,
    result::{ScrubResult, Status, row},
};

/// How long a server that may be running has to say so.
const PATIENCE: Duration = Duration::from_secs(2);
/// How many repositories are listed at a time.
const PAGE: usize = 1_000;

const EXAMPLES: &str = "\
Examples:
  plimsoll-registry scrub config.yaml             every image, and damaged blobs that none has
  plimsoll-registry scrub --json config.yaml      the same as JSON

Exit status: 0 everything is what was pushed, 1 something is not, 2 wrong usage or configuration.";

/// `scrub CONFIG`.
pub fn command() -> ExtensionCommand {
    let command = Command::new("scrub")
        .about("Verify that everything stored is what was pushed, while the registry does not run")
        .after_help(EXAMPLES)
        .arg(
            Arg::new("config")
                .value_name("CONFIG")
                .help("The configuration, JSON or YAML")
                .required(true)
                .value_parser(value_parser!(PathBuf)),
        )
        .arg(Arg::new("json").long("json").help("As JSON").action(ArgAction::SetTrue));
    ExtensionCommand { command, run }
}

fn run(binary: &Binary, matches: &ArgMatches) -> Exit {
    let Some(path) = matches.get_one::<PathBuf>("config") else {
        return Exit::Usage;
    };
    let config = match cli::load_config(binary, path) {
        Ok(loaded) => loaded.config,
        Err(exit) => return exit,
    };
    if is_running(&config.http) {
        cli::complain(
            "warning: server is running, in order to perform the scrub command the server should be shut down\n\
             error: server is running\n",
        );
        return Exit::Failure;
    }
    match scrub(&config, matches.get_flag("json")) {
        Ok(exit) => exit,
        Err(error) => cli::fail(&error),
    }
}

/// Whether something at the configured address answers as a registry does. A server on another port, or on any free one,
/// is kept out by its hold on the root directory.
fn is_running(http: &Http) -> bool {
    let address = match http.address {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => Ipv6Addr::LOCALHOST.into(),
        address => address,
    };
    let ask = || {
        let mut stream = TcpStream::connect_timeout(&SocketAddr::new(address, http.port), PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        stream.write_all(b"GET /v2/ HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")?;
        let mut answer = [0; 5];
        stream.read_exact(&mut answer)?;
        std::io::Result::Ok(answer == *b"HTTP/")
    };
    http.port != 0 && ask().unwrap_or(false)
}

#[derive(Debug, thiserror::Error)]
enum ScrubError {
    #[error("there is no directory {}", .0.display())]
    NoRoot(PathBuf),
    #[error(transparent)]
    Io(#[from] std::io::Error),
    #[error(transparent)]
    Storage(#[from] StorageError),
}

fn scrub(config: &Config, as_json: bool) -> Result<Exit, ScrubError> {
    let root = &config.storage.root_directory;
    // Opening the store would make it.
    if !root.is_dir() {
        return Err(ScrubError::NoRoot(root.clone()));
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    let store = FileStore::open(&config.storage, EventSink::default())?;
    let mut exit = Exit::Success;
    let mut results = Vec::new();
    let head = row(["REPOSITORY", "TAG", "STATUS", "AFFECTED BLOB", "ERROR"]);
    if !as_json && cli::print(&format!("{head}\n")) != Exit::Success {
        return Ok(Exit::Failure);
    }
    let mut report = |result: ScrubResult| {
        if result.status == Status::Affected {
            exit = Exit::Failure;
        }
        if as_json {
            results.push(result);
        } else {
            let _ = cli::print(&format!("{result}\n"));
        }
    };
    runtime.block_on(scrub_all(&store, &mut report))?;
    if as_json {
        let written = cli::print(&format!("{:#}\n", json!({ "scrubResults": results })));
        if written != Exit::Success {
            return Ok(written);
        }
    }
    Ok(exit)
}

async fn scrub_all(store: &dyn Store, report: &mut (dyn FnMut(ScrubResult) + Send)) -> Result<(), StorageError> {
    let unlimited = Pace::new(u64::MAX);
    let mut after = None;
    loop {
        let page = store.repositories(Page { after, limit: PAGE }).await?;
        for repository in &page.items {
            scrub_repository(store, repository, &unlimited, report).await?;
        }
        after = page.items.last().map(ToString::to_string);
        if !page.more || after.is_none() {
            return Ok(());
        }
    }
}
