//! What the steps of one run share: the target, the variables, the connections, and what was counted.

use std::{path::PathBuf, sync::Arc};

use bytes::Bytes;
use minijinja::Value;
use uuid::Uuid;

use super::{
    Failure, Job, Look, RunOptions,
    journal::{Journal, Place},
    secrets::Secrets,
    site::{Registry, Site, Topology},
    step::Background,
    stop::Stop,
    trail::Trail,
    transcript::Transcript,
};
use crate::{
    assertion::{self, Answer, Outcome},
    client::{Client, Exchange, Request, Response, TransportError, Url},
    scenario::{About, Accounts, Expect, REGISTRY, Span},
    target::Target,
    template::{Random, Scope},
};

/// Media types of manifests, for `Accept`: registries answer with another form, or none, to who does not name them.
const MANIFESTS: &str = "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json, \
    application/vnd.docker.distribution.manifest.v2+json, application/vnd.docker.distribution.manifest.list.v2+json, */*";

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

/// A repository of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Repository {
    /// The server.
    pub(super) server: String,
    /// The name there.
    pub(super) name: String,
}

/// The step that runs now.
#[derive(Clone, Debug, Default)]
pub(super) struct Current {
    /// Where it stands.
    pub(super) span: Span,
    /// Its note.
    pub(super) note: Option<String>,
    /// The statements that it, or the step that it stands in, says that it is about.
    pub(super) spec: About,
    /// The `Authorization` of its requests.
    pub(super) authorization: Option<String>,
    /// How many lines the log of each server had when it began.
    pub(super) log_begin: Vec<usize>,
}

/// What the steps of one run share.
#[derive(Debug)]
pub(super) struct Context {
    pub(super) job: Arc<Job>,
    pub(super) options: Arc<RunOptions>,
    pub(super) scope: Scope,
    pub(super) client: Client,
    pub(super) site: Arc<Site>,
    pub(super) checks: u64,
    pub(super) requests: u64,
    pub(super) outcomes: Vec<String>,
    pub(super) last: Option<Last>,
    pub(super) transcript: Transcript,
    /// What was done, in order, by all clients.
    pub(super) trail: Trail,
    /// What must not be told.
    pub(super) secrets: Secrets,
    /// What the step saw that looks until something holds.
    pub(super) looks: Vec<Look>,
    pub(super) current: Current,
    /// What did not hold and did not end the run: of which statements, and the failure.
    pub(super) deviations: Vec<(Vec<String>, Failure)>,
    /// What was asked for and answered, by all clients.
    pub(super) journal: Journal,
    /// The number of the client that this is; none outside of `clients`.
    pub(super) client_number: Option<usize>,
    /// Clients that go on until a server is killed.
    pub(super) background: Vec<Background>,
}

impl Context {
    /// The context of a run whose server, if it has one, is not started yet.
    pub(super) fn new(job: &Arc<Job>, options: &Arc<RunOptions>) -> Result<Self, Stop> {
        let row = job.row.to_string();
        let purpose = [job.scenario.name.as_str(), job.variant.name(), &row];
        let mut scope = Scope::new(Random::new(options.seed, &purpose));
        let site = match &*job.target {
            Target::Process(target) => Site::Own(Topology::new(job, target)?),
            Target::Url(target) => Site::Url(target.url.clone()),
        };
        let repository = match &site {
            Site::Own(_) => Random::new(options.seed, &[&purpose[..], &["repository"]].concat()).hex(10),
            // What an earlier run with this seed left there must not be met again.
            Site::Url(_) => Uuid::new_v4().simple().to_string(),
        };
        scope.set("repo", Value::from(format!("plimsoll-{repository}")));
        scope.set("seed", Value::from(options.seed));
        scope.set("project", Value::from(options.project_root.display().to_string()));
        for (name, value) in job.variables().into_iter().flatten() {
            scope.set(name, Value::from(minijinja::value::Serde(value)));
        }
        let accounts = match &*job.target {
            Target::Process(_) => job.scenario.accounts.as_ref(),
            Target::Url(target) => job.scenario.accounts.as_ref().and(target.accounts.as_ref()),
        };
        for (name, account) in accounts.into_iter().flat_map(Accounts::named) {
            let own = format!("{}plimsoll-{repository}", account.namespace);
            let fields = [("auth", account.auth()), ("repo", own)];
            scope.set(name, Value::from_pairs(fields));
        }
        let mut context = Self {
            job: Arc::clone(job),
            options: Arc::clone(options),
            scope,
            client: connections(job),
            site: Arc::new(site),
            checks: 0,
            requests: 0,
            outcomes: Vec::new(),
            last: None,
            transcript: Transcript::default(),
            trail: Trail::default(),
            secrets: Secrets::default(),
            looks: Vec::new(),
            current: Current::default(),
            deviations: Vec::new(),
            journal: Journal::default(),
            client_number: None,
            background: Vec::new(),
        };
        context.publish_site();
        Ok(context)
    }

    /// The context of a client: it sees the variables of now, and has connections and chance of its own.
    pub(super) fn fork(&self, client: usize) -> Self {
        let place = self.current.span.start;
        let purpose = [
            &self.job.scenario.name,
            self.job.variant.name(),
            &self.job.row.to_string(),
        ];
        let own = ["client", &place.to_string(), &client.to_string()];
        let mut scope = self
            .scope
            .for_client(Random::new(self.options.seed, &[&purpose[..], &own].concat()));
        scope.set("client", Value::from(client));
        Self {
            job: Arc::clone(&self.job),
            options: Arc::clone(&self.options),
            scope,
            client: connections(&self.job),
            site: Arc::clone(&self.site),
            checks: 0,
            requests: 0,
            outcomes: Vec::new(),
            last: None,
            // What several do at once has no order that would be the same again.
            transcript: Transcript::default(),
            trail: self.trail.clone(),
            secrets: self.secrets.clone(),
            looks: Vec::new(),
            current: self.current.clone(),
            deviations: Vec::new(),
            journal: self.journal.clone(),
            client_number: Some(client),
            background: Vec::new(),
        }
    }

    /// Sets the variable of each server to what is known of it now.
    pub(super) fn publish_site(&mut self) {
        let variables = match &*self.site {
            Site::Own(topology) => topology.variables(),
            Site::Url(url) => {
                let fields = [("url", url.origin()), ("authority", url.authority.clone())];
                vec![(REGISTRY.to_owned(), Value::from_pairs(fields))]
            }
        };
        for (name, value) in variables {
            self.scope.set(name, value);
        }
    }

    /// What a server is called in messages: by its name where there are several.
    pub(super) fn called(&self, server: &Registry) -> String {
        if self.job.scenario.servers.is_empty() {
            "the server".to_owned()
        } else {
            format!("`{}`", server.name())
        }
    }

    /// A path below the root of a server, which it may name first.
    pub(super) fn below_root(&self, path: &str) -> Result<PathBuf, Stop> {
        let servers = self.site.servers()?;
        let (name, below) = match servers.named(path) {
            Some(named) => named,
            None => (servers.implied(path)?, path),
        };
        if below.starts_with('/') || below.split('/').any(|part| part == "..") {
            return Err(Stop::error(format!("`{path}` is not a path below the registry's root")));
        }
        Ok(servers.registry(name)?.root().join(below))
    }

    /// How many lines each server has printed.
    pub(super) fn log_lengths(&self) -> Vec<usize> {
        let servers = self.site.own().map(Topology::registries).unwrap_or_default();
        servers.iter().map(|server| server.log().len()).collect()
    }

    /// The URL of a path, which may name its server first, or of another place.
    pub(super) fn url(&self, reference: &str) -> Result<Url, Stop> {
        let servers = match &*self.site {
            Site::Url(url) => return Ok(url.join(reference)?),
            Site::Own(servers) => servers,
        };
        if reference.starts_with("http://") || reference.starts_with("https://") {
            return Ok(Url::parse(reference)?);
        }
        if let Some((name, path)) = servers.named(reference) {
            return Ok(self.base(name)?.join(&format!("/{path}"))?);
        }
        Ok(self.base(servers.implied(reference)?)?.join(reference)?)
    }

    /// Where a server listens.
    pub(super) fn base(&self, name: &str) -> Result<Url, Stop> {
        match &*self.site {
            Site::Url(url) => Ok(url.clone()),
            Site::Own(servers) => Ok(Url::parse(&format!("http://{}", servers.authority(name)?))?),
        }
    }

    /// A repository, which may name its server first.
    pub(super) fn repository(&self, text: &str) -> Result<Repository, Stop> {
        let (server, name) = match &*self.site {
            Site::Url(_) => (REGISTRY, text),
            Site::Own(servers) => match servers.named(text) {
                Some(named) => named,
                None => (servers.implied(text)?, text),
            },
        };
        Ok(Repository {
            server: server.to_owned(),
            name: name.to_owned(),
        })
    }

    /// The repository of this run, on `registry`.
    pub(super) fn own_repository(&self) -> Result<Repository, Stop> {
        let name = self.scope.get("repo").map(ToString::to_string).unwrap_or_default();
        self.repository(&name)
    }

    /// The URL of a path in a repository, such as `blobs/uploads/`.
    pub(super) fn url_in(&self, repository: &Repository, path: &str) -> Result<Url, Stop> {
        Ok(self
            .base(&repository.server)?
            .join(&format!("/v2/{}/{path}", repository.name))?)
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
        let request = self.authorized(request);
        let named = |(name, _): &&(String, String)| name.eq_ignore_ascii_case("authorization");
        if let Some((_, value)) = request.headers.iter().find(named) {
            self.secrets.authorization(value);
        }
        let place = self
            .site
            .root_behind(&request.url.authority)
            .map(|(server, proxied)| Place {
                server,
                proxied,
                ..Place::default()
            });
        let noted = self.journal.called(place.as_ref(), self.client_number, &request);
        let exchange = self.client.send(request.clone(), follow).await;
        self.journal.returned(noted, place.as_ref(), &request, &exchange);
        let answer = exchange.answer.clone();
        self.note(Last::Http(Box::new(exchange)));
        Ok(answer?)
    }

    /// With the credentials of the step, unless it has some.
    pub(super) fn authorized(&self, request: Request) -> Request {
        let is_named = |(name, _): &(String, String)| name.eq_ignore_ascii_case("authorization");
        match &self.current.authorization {
            Some(authorization) if !request.headers.iter().any(is_named) => {
                request.header("Authorization", authorization)
            }
            _ => request,
        }
    }

    /// Keeps what was asked last.
    pub(super) fn note(&mut self, last: Last) {
        let (line, _) = super::failure::position(&self.job.scenario.source, self.current.span.start);
        self.transcript.add(line, &last);
        let authority = match &last {
            Last::Http(exchange) => {
                if let Ok(response) = &exchange.answer {
                    self.secrets.answer(response);
                }
                &exchange.request.url.authority
            }
            Last::Raw { authority, .. } => authority,
        };
        self.trail.asked(self.site.called(authority), &last);
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

/// Connections of its own to the target of a job.
fn connections(job: &Job) -> Client {
    Client::new(job.target.access().cloned())
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
