//! What the steps of one run share: the target, the variables, the connections, and what was counted.

use std::{path::PathBuf, sync::Arc};

use bytes::Bytes;
use minijinja::Value;
use uuid::Uuid;

use super::{Job, RunOptions, stop::Stop, transcript::Transcript};
use crate::{
    assertion::{self, Answer, Outcome},
    client::{Client, Exchange, Request, Response, TransportError, Url},
    scenario::{Expect, Span},
    target::{Server, Target},
    template::{Random, Scope},
};

/// Media types of manifests, for `Accept`: registries answer with another form, or none, to who does not name them.
const MANIFESTS: &str = "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json, \
    application/vnd.docker.distribution.manifest.v2+json, application/vnd.docker.distribution.manifest.list.v2+json, */*";

/// What a run meets.
#[derive(Debug)]
pub(super) enum Site {
    /// A server of its own.
    Own(Box<Server>),
    /// Somebody else's.
    Url(Url),
}

/// What was sent last, and what came.
#[derive(Clone, Debug)]
pub(super) enum Last {
    /// A request.
    Http(Box<Exchange>),
    /// Bytes on a connection of their own.
    Raw {
        /// Where they went.
        authority: String,
        /// The bytes.
        sent: Bytes,
        /// The first answer.
        response: Result<Option<Response>, TransportError>,
    },
}

/// The step that runs now.
#[derive(Clone, Debug, Default)]
pub(super) struct Current {
    /// Where it stands.
    pub(super) span: Span,
    /// Its note.
    pub(super) note: Option<String>,
    /// How many lines the log had when it began.
    pub(super) log_begin: usize,
}

/// What the steps of one run share.
#[derive(Debug)]
pub(super) struct Context {
    pub(super) job: Arc<Job>,
    pub(super) options: Arc<RunOptions>,
    pub(super) scope: Scope,
    pub(super) client: Client,
    pub(super) site: Site,
    pub(super) checks: u64,
    pub(super) requests: u64,
    pub(super) outcomes: Vec<String>,
    pub(super) last: Option<Last>,
    pub(super) transcript: Transcript,
    pub(super) current: Current,
}

impl Context {
    /// The context of a run whose server, if it has one, is not started yet.
    pub(super) fn new(job: &Arc<Job>, options: &Arc<RunOptions>) -> Result<Self, Stop> {
        let row = job.row.to_string();
        let purpose = [job.scenario.name.as_str(), job.variant.name(), &row];
        let mut scope = Scope::new(Random::new(options.seed, &purpose));
        let site = match &*job.target {
            Target::Process(target) => Site::Own(Box::new(
                Server::new(target).map_err(|error| Stop::error(error.to_string()))?,
            )),
            Target::Url(target) => Site::Url(Url::parse(&target.url)?),
        };
        let repository = match &site {
            Site::Own(_) => Random::new(options.seed, &[&purpose[..], &["repository"]].concat()).hex(10),
            // What an earlier run with this seed left there must not be met again.
            Site::Url(_) => Uuid::new_v4().simple().to_string(),
        };
        scope.set("repo", Value::from(format!("plimsoll-{repository}")));
        scope.set("seed", Value::from(options.seed));
        for (name, value) in job.variables().into_iter().flatten() {
            scope.set(name, Value::from(minijinja::value::Serde(value)));
        }
        let mut context = Self {
            job: Arc::clone(job),
            options: Arc::clone(options),
            scope,
            client: Client::default(),
            site,
            checks: 0,
            requests: 0,
            outcomes: Vec::new(),
            last: None,
            transcript: Transcript::default(),
            current: Current::default(),
        };
        context.publish_site();
        Ok(context)
    }

    /// Sets `registry` to what is known of the target now.
    pub(super) fn publish_site(&mut self) {
        let mut registry: Vec<(&str, String)> = Vec::new();
        match &self.site {
            Site::Own(server) => {
                registry.push(("root", server.root().display().to_string()));
                registry.push(("config", server.config_file().display().to_string()));
                registry.push(("binary", server.binary().display().to_string()));
                if let Some(authority) = server.authority() {
                    registry.push(("url", format!("http://{authority}")));
                    registry.push(("authority", authority.to_owned()));
                }
            }
            Site::Url(url) => {
                registry.push(("url", url.origin()));
                registry.push(("authority", url.authority.clone()));
            }
        }
        self.scope.set("registry", Value::from_pairs(registry));
    }

    /// The server of our own.
    pub(super) fn server(&mut self) -> Result<&mut Server, Stop> {
        match &mut self.site {
            Site::Own(server) => Ok(server),
            Site::Url(_) => Err(Stop::error("this step needs a server that the harness runs")),
        }
    }

    /// A path below the root of the server.
    pub(super) fn below_root(&mut self, path: &str) -> Result<PathBuf, Stop> {
        let root = self.server()?.root();
        if path.starts_with('/') || path.split('/').any(|part| part == "..") {
            return Err(Stop::error(format!("`{path}` is not a path below the registry's root")));
        }
        Ok(root.join(path))
    }

    /// How many lines the server has printed.
    pub(super) fn log_length(&self) -> usize {
        match &self.site {
            Site::Own(server) => server.log().len(),
            Site::Url(_) => 0,
        }
    }

    /// The URL of a path of the registry, or of another place.
    pub(super) fn url(&self, reference: &str) -> Result<Url, Stop> {
        let base = match &self.site {
            Site::Url(url) => url.clone(),
            Site::Own(server) => {
                let authority = server
                    .authority()
                    .ok_or_else(|| Stop::error("the server has not been started"))?;
                Url::parse(&format!("http://{authority}"))?
            }
        };
        Ok(base.join(reference)?)
    }

    /// Sends a request. That there is no answer is a failure of the registry.
    pub(super) async fn send(&mut self, mut request: Request, follow: bool) -> Result<Response, Stop> {
        self.requests += 1;
        let bodied = matches!(request.method.as_str(), "POST" | "PUT" | "PATCH");
        let sized = request
            .headers
            .iter()
            .any(|(name, _)| name.eq_ignore_ascii_case("content-length"));
        if bodied && !sized && request.payload.bytes.is_empty() && !request.payload.chunked {
            // hyper says nothing about a body that is empty, and some registries then want a length.
            request = request.header("Content-Length", "0");
        }
        let exchange = self.client.send(request, follow).await;
        let answer = exchange.answer.clone();
        self.note(Last::Http(Box::new(exchange)));
        Ok(answer?)
    }

    /// Keeps what was asked last.
    pub(super) fn note(&mut self, last: Last) {
        let (line, _) = super::failure::position(&self.job.scenario.source, self.current.span.start);
        self.transcript.add(line, &last);
        self.last = Some(last);
    }

    /// Holds an answer against what is expected of it.
    pub(super) fn hold(&mut self, expect: &Expect, answer: Answer<'_>) -> Result<(), Stop> {
        let outcome = assertion::evaluate(expect, answer, &self.scope, &mut self.checks)
            .map_err(|error| Stop::from(error).at(&expect.span))?;
        match outcome {
            Outcome::Holds { taken } => {
                if let Some(taken) = taken {
                    let (line, _) = super::failure::position(&self.job.scenario.source, expect.span.start);
                    self.outcomes.push(format!("{line}: {taken}"));
                }
                Ok(())
            }
            Outcome::Unsupported(status) => {
                let (line, _) = super::failure::position(&self.job.scenario.source, expect.span.start);
                Err(Stop::Unsupported(format!("line {line}: the registry answers {status}")))
            }
        }
    }
}

/// A request with the headers that are always sent.
pub(super) fn new_request(method: &str, url: Url) -> Request {
    let manifest = url.target.contains("/manifests/");
    let request = Request::new(method, url).header("User-Agent", concat!("plimsoll/", env!("CARGO_PKG_VERSION")));
    if manifest && matches!(method, "GET" | "HEAD") {
        request.header("Accept", MANIFESTS)
    } else {
        request
    }
}
