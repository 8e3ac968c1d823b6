//! From a file to a [`Config`].

use std::{fs, io, path::Path};

use super::{
    access,
    check::{self, Checked},
    guest::Guests,
    keys,
    model::{
        Config, Extensions, Http, Level, LintSection, Log, MetricsSection, Prometheus, ScrubSection, SearchSection,
        Storage,
    },
    problem::{Problem, Report, Severity},
    sync,
    tree::{self, Place},
    value::{Value, Values},
};

/// Larger than any configuration is, in bytes.
const LARGEST: u64 = 1024 * 1024;

/// Where content lies when no file says so.
const DEFAULT_ROOT: &str = "./plimsoll-data";

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{path}: the configuration cannot be read: {source}")]
    Read {
        /// The file.
        path: String,
        /// What the system says.
        source: io::Error,
    },
    /// The file says something that means nothing.
    #[error("{0}")]
    Invalid(Report),
}

/// A configuration, and what is to be said about it.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The configuration.
    pub config: Config,
    /// Warnings.
    pub warnings: Report,
}

impl Config {
    /// Reads the file at `path`: JSON or YAML.
    pub fn load(path: &Path) -> Result<Loaded, ConfigError> {
        Self::load_for(&[], path)
    }

    /// The same for a binary that has, or leaves out, the named `extensions`: some may be from elsewhere.
    pub fn load_for(extensions: &[&str], path: &Path) -> Result<Loaded, ConfigError> {
        let name = path.display().to_string();
        let bytes = read(path).map_err(|source| ConfigError::Read {
            path: name.clone(),
            source,
        })?;
        match String::from_utf8(bytes) {
            Ok(text) => Self::parse_for(extensions, &name, text),
            Err(error) => {
                let valid = error.utf8_error().valid_up_to();
                let before = String::from_utf8_lossy(&error.as_bytes()[..valid]).into_owned();
                let place = end_of(&before);
                let found = format!("found the byte 0x{:02x}, which is not UTF-8", error.as_bytes()[valid]);
                Err(ConfigError::Invalid(malformed(&name, before, place, found)))
            }
        }
    }

    /// Reads `text`, which came from the file `name`.
    pub fn parse(name: &str, text: String) -> Result<Loaded, ConfigError> {
        Self::parse_for(&[], name, text)
    }

    /// The same for a binary that has, or leaves out, the named `extensions`.
    pub(super) fn parse_for(extensions: &[&str], name: &str, text: String) -> Result<Loaded, ConfigError> {
        let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
        // JSON is read as YAML, which is more lenient; what claims to be JSON has to be.
        if Path::new(name)
            .extension()
            .is_some_and(|extension| extension.eq_ignore_ascii_case("json"))
            && !text.trim().is_empty()
            && let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(&text)
        {
            let place = Place {
                line: error.line().max(1),
                column: error.column().max(1),
                width: 1,
            };
            let full = error.to_string();
            let reason = full
                .rsplit_once(" at line ")
                .map_or(full.as_str(), |(reason, _)| reason);
            let found = format!("not JSON: {reason}");
            return Err(ConfigError::Invalid(malformed(name, text, place, found)));
        }
        let tree = match tree::parse(&text) {
            Ok(tree) => tree,
            Err(error) => {
                let found = format!("not YAML: {}", error.reason);
                return Err(ConfigError::Invalid(malformed(name, text, error.place, found)));
            }
        };
        let Checked {
            values,
            guests,
            problems,
        } = check::check(tree.as_ref(), extensions);
        let report = Report {
            file: name.to_owned(),
            text,
            problems,
        };
        if report.is_fatal() {
            return Err(ConfigError::Invalid(report));
        }
        Ok(Loaded {
            config: from_values(&values, guests.standing_in(name)),
            warnings: report,
        })
    }

    /// What holds without a file: 127.0.0.1:5000, ./plimsoll-data, and the `built_in` extensions switched on.
    pub fn without_file(built_in: &[&str]) -> Self {
        let mut values = Values::defaults();
        let mut guests = Guests::default();
        for name in built_in {
            match keys::within("extensions").find(|key| key.name() == *name) {
                Some(section) => values.add_section(section.path),
                None => guests.add(name),
            }
        }
        from_values(&values, guests)
    }
}

impl Default for Config {
    /// [`Config::without_file`] and without extensions.
    fn default() -> Self {
        Self::without_file(&[])
    }
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    use io::Read as _;
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is larger than 1 MiB"));
    }
    Ok(bytes)
}

fn malformed(name: &str, text: String, place: Place, found: String) -> Report {
    Report {
        file: name.to_owned(),
        text,
        problems: vec![Problem {
            severity: Severity::Error,
            place,
            key: String::new(),
            found,
            help: "correct it, and what else there is will be shown".to_owned(),
        }],
    }
}

fn end_of(text: &str) -> Place {
    let last = text.rsplit('\n').next().unwrap_or_default();
    Place {
        line: text.matches('\n').count() + 1,
        column: last.chars().count() + 1,
        width: 1,
    }
}

fn from_values(values: &Values, guests: Guests) -> Config {
    let duration = |path| match values.get(path) {
        Value::Duration(duration) => *duration,
        other => unreachable!("{path} is a duration, not {other:?}"),
    };
    let address = match values.get("http.address") {
        Value::Address(address) => *address,
        other => unreachable!("http.address is not {other:?}"),
    };
    let port = match values.get("http.port") {
        Value::Port(port) => *port,
        other => unreachable!("http.port is not {other:?}"),
    };
    let level = match values.text("log.level") {
        Some("trace") => Level::Trace,
        Some("debug") => Level::Debug,
        Some("warn") => Level::Warn,
        Some("error") => Level::Error,
        _ => Level::Info,
    };
    Config {
        dist_spec_version: values.text("distSpecVersion").unwrap_or_default().to_owned(),
        storage: Storage {
            root_directory: values
                .file("storage.rootDirectory")
                .unwrap_or_else(|| DEFAULT_ROOT.into()),
            dedupe: values.switch("storage.dedupe"),
            gc: values.switch("storage.gc"),
            gc_delay: duration("storage.gcDelay"),
            gc_interval: duration("storage.gcInterval"),
            commit: values.switch("storage.commit"),
            sparse: values.switch("storage.sparse"),
            uploads: access::limits(values).uploads,
        },
        http: Http {
            address,
            port,
            external_url: values.text("http.externalUrl").map(str::to_owned),
            read_timeout: duration("http.readTimeout"),
            write_timeout: duration("http.writeTimeout"),
            docker_images: values.list("http.compat").iter().any(|word| word == "docker2s2"),
            realm: values.text("http.realm").unwrap_or_default().to_owned(),
            allow_origin: values.text("http.allowOrigin").unwrap_or_default().to_owned(),
            tls: access::tls(values),
            auth: access::auth(values),
            access_control: access::access_control(values),
            rate_limit: access::rate_limit(values),
            limits: access::limits(values),
        },
        log: Log {
            level,
            output: values.file("log.output"),
            audit: values.file("log.audit"),
        },
        extensions: Extensions {
            metrics: values.has_section("extensions.metrics").then(|| MetricsSection {
                enable: values.switch("extensions.metrics.enable"),
                prometheus: Prometheus {
                    path: values
                        .text("extensions.metrics.prometheus.path")
                        .unwrap_or_default()
                        .to_owned(),
                },
            }),
            sync: values.has_section("extensions.sync").then(|| sync::section(values)),
            search: values.has_section("extensions.search").then(|| SearchSection {
                enable: values.switch("extensions.search.enable"),
                graphiql: values.switch("extensions.search.graphiql"),
                cve_update_interval: values
                    .has_section("extensions.search.cve")
                    .then(|| duration("extensions.search.cve.updateInterval")),
            }),
            scrub: values.has_section("extensions.scrub").then(|| ScrubSection {
                enable: values.switch("extensions.scrub.enable"),
                interval: duration("extensions.scrub.interval"),
            }),
            lint: values.has_section("extensions.lint").then(|| LintSection {
                enable: values.switch("extensions.lint.enable"),
                mandatory_annotations: values.list("extensions.lint.mandatoryAnnotations"),
            }),
        },
        guests,
    }
}
