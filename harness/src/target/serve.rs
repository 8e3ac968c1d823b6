//! How a server is started, known to be ready, and ended.

use std::time::Duration;

use regex::Regex;
use rustix::process::Signal;

use super::{ContainerSettings, log::Line};

/// How a server is started, known to be ready, and ended.
///
/// In arguments, variables and every text of the configuration, `{root}` stands for the folder of its content, `{config}`
/// for its configuration file, and `{port}` for a free port, where the harness chooses it.
#[derive(Clone, Debug)]
pub struct Serve {
    /// The arguments.
    pub arguments: Vec<String>,
    /// Variables beside those that the harness has itself.
    pub environment: Vec<(String, String)>,
    /// The configuration that every server starts with; none if it takes no file.
    pub config: Option<serde_json::Value>,
    /// What the configuration file is called. What is in it is JSON, which is YAML too.
    pub config_file: String,
    /// How it is known where the server listens.
    pub announcement: Announcement,
    /// How long it may take until it listens.
    pub start_within: Duration,
    /// What asks it to end.
    pub stop_signal: StopSignal,
    /// How long it may take then.
    pub stop_within: Duration,
    /// The container that it runs in; none if it is a process of this machine.
    pub container: Option<ContainerSettings>,
}

impl Serve {
    /// How long a server may take until it listens, unless the project says otherwise.
    pub const START: Duration = Duration::from_secs(20);
    /// How long a server may take to end, unless the project says otherwise.
    pub const STOP: Duration = Duration::from_secs(20);

    /// What is never started.
    pub fn nothing() -> Self {
        Self::new(Vec::new(), None, Announcement::Port(String::new()))
    }

    /// A server of which nothing special is to be said.
    pub fn new(arguments: Vec<String>, config: Option<serde_json::Value>, announcement: Announcement) -> Self {
        Self {
            arguments,
            environment: Vec::new(),
            config,
            config_file: "config.json".to_owned(),
            announcement,
            start_within: Self::START,
            stop_signal: StopSignal::Term,
            stop_within: Self::STOP,
            container: None,
        }
    }
}

/// How it is known where a server listens. In each case it is the process that we started that says so, or holds the
/// socket: another one that happens to be there is not taken for it.
#[derive(Clone, Debug)]
pub enum Announcement {
    /// A line of its log is JSON, and has the address at this key, as `host:port`.
    Key(String),
    /// A line of its log matches: the group `address` is `host:port`, or the group `port` is one on 127.0.0.1.
    Pattern(Regex),
    /// The harness says where: `host:{port}`.
    Port(String),
}

impl Announcement {
    /// The address, if `line` says it.
    pub(super) fn read(&self, line: &Line) -> Option<String> {
        match self {
            Self::Key(key) => Some(line.fields.as_ref()?.get(key)?.as_str()?.to_owned()),
            Self::Pattern(pattern) => {
                let found = pattern.captures(&line.text)?;
                if let Some(address) = found.name("address") {
                    return Some(address.as_str().to_owned());
                }
                Some(format!("127.0.0.1:{}", found.name("port")?.as_str()))
            }
            Self::Port(_) => None,
        }
    }
}

/// A signal that asks a server to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopSignal {
    /// SIGTERM.
    Term,
    /// SIGINT.
    Int,
    /// SIGQUIT.
    Quit,
}

impl StopSignal {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Term, Self::Int, Self::Quit];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Term => "SIGTERM",
            Self::Int => "SIGINT",
            Self::Quit => "SIGQUIT",
        }
    }

    /// The signal.
    pub const fn signal(self) -> Signal {
        match self {
            Self::Term => Signal::TERM,
            Self::Int => Signal::INT,
            Self::Quit => Signal::QUIT,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Line {
        Line {
            at: std::time::Instant::now(),
            at_ms: 0,
            text: text.to_owned(),
            fields: serde_json::from_str(text).ok(),
        }
    }

    #[test]
    fn an_address_is_read_from_a_key_or_by_an_expression() {
        let key = Announcement::Key("address".to_owned());
        let read = |announcement: &Announcement, text: &str| announcement.read(&line(text));
        assert_eq!(
            read(&key, r#"{"address":"127.0.0.1:9"}"#).as_deref(),
            Some("127.0.0.1:9")
        );
        assert_eq!(read(&key, r#"{"message":"hello"}"#), None);
        assert_eq!(read(&key, "address: 127.0.0.1:9"), None);
        let address = Announcement::Pattern(Regex::new("listening on (?<address>[0-9.:]+)").unwrap());
        let said = r#"time="now" level=info msg="listening on 127.0.0.1:41233" go=1"#;
        assert_eq!(read(&address, said).as_deref(), Some("127.0.0.1:41233"));
        let port = Announcement::Pattern(Regex::new(r#""port":(?<port>[0-9]+)"#).unwrap());
        assert_eq!(
            read(&port, r#"{"address":"127.0.0.1","port":81}"#).as_deref(),
            Some("127.0.0.1:81")
        );
        assert_eq!(read(&port, "{}"), None);
    }
}
