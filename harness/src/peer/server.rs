//! The server of a peer: takes connections, notes what is asked, and does what the rules say.

use std::{
    collections::BTreeMap,
    io,
    net::{SocketAddr, TcpListener},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    sync::watch,
    task::{AbortHandle, JoinSet},
    time::sleep,
};

use super::{
    Behaviour, Ending, Reply, Requests, Rule,
    body::{Body, shaped},
    forward::Forwarder,
};

/// Where each server listens, or did last, by name. Proxies look here, so that they find a server that was started again.
#[derive(Clone, Debug, Default)]
pub struct Addresses(Arc<Mutex<BTreeMap<String, String>>>);

impl Addresses {
    /// Where the server of this name listens.
    pub fn get(&self, name: &str) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    /// Notes where a server listens.
    pub fn set(&self, name: &str, authority: String) {
        let mut addresses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        addresses.insert(name.to_owned(), authority);
    }

    /// The server that listens at `authority`.
    pub fn name_of(&self, authority: &str) -> Option<String> {
        let addresses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = addresses.iter().find(|(_, other)| *other == authority);
        found.map(|(name, _)| name.clone())
    }
}

/// What a peer does with what no rule answers.
#[derive(Clone, Debug)]
pub enum Role {
    /// Passes it on to the server of this name.
    Proxy(String),
    /// Answers 404.
    Script,
}

/// A server that the harness plays itself. Dropping it ends it, with all its connections.
#[derive(Debug)]
pub struct Peer {
    address: SocketAddr,
    requests: Requests,
    behaviour: watch::Sender<Option<Arc<Behaviour>>>,
    accepting: AbortHandle,
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Peer {
    /// Listens on a free port. What is asked before it is told how to behave waits for that.
    ///
    /// # Errors
    /// There is no port.
    pub fn start(role: Role, addresses: Addresses) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let behaviour = watch::Sender::new(None);
        let desk = Arc::new(Desk {
            role,
            addresses,
            requests: Requests::default(),
            forwarder: Forwarder::default(),
            behaviour: behaviour.subscribe(),
            pages: AtomicU64::new(0),
        });
        let requests = desk.requests.clone();
        let accepting = tokio::spawn(accept(listener, desk)).abort_handle();
        Ok(Self {
            address,
            requests,
            behaviour,
            accepting,
        })
    }

    /// Where it listens.
    pub fn authority(&self) -> String {
        self.address.to_string()
    }

    /// What it was asked.
    pub fn requests(&self) -> &Requests {
        &self.requests
    }

    /// Changes how it behaves. What hangs or stalls goes on.
    pub fn behave(&self, behaviour: Behaviour) {
        self.behaviour.send_replace(Some(Arc::new(behaviour)));
    }
}

async fn accept(listener: tokio::net::TcpListener, desk: Arc<Desk>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else { continue };
                let desk = Arc::clone(&desk);
                connections.spawn(async move {
                    let service = service_fn(|request| desk.answer(request));
                    // What goes wrong with a connection is seen by who asked.
                    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
                });
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

/// Waits for another behaviour than the one that was there when it was made.
#[derive(Clone, Debug)]
pub(super) struct Changes(watch::Receiver<Option<Arc<Behaviour>>>);

impl Changes {
    /// Returns when the behaviour is another. Never, if the peer is gone: then so is the connection.
    pub(super) async fn next(&mut self) {
        if self.0.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// The behaviour, as soon as there is one.
    async fn current(&mut self) -> Arc<Behaviour> {
        loop {
            let current = self.0.borrow_and_update().clone();
            match current {
                Some(behaviour) => return behaviour,
                None => self.next().await,
            }
        }
    }
}

/// What answers requests.
#[derive(Debug)]
struct Desk {
    role: Role,
    addresses: Addresses,
    requests: Requests,
    forwarder: Forwarder,
    behaviour: watch::Receiver<Option<Arc<Behaviour>>>,
    pages: AtomicU64,
}

impl Desk {
    /// Answers, or closes the connection where there is no answer.
    async fn answer(&self, request: Request<Incoming>) -> Result<Response<Body>, io::Error> {
        let (head, body) = request.into_parts();
        let which = self.requests.came(&head);
        let (method, path) = (head.method.clone(), head.uri.path().to_owned());
        let mut changes = Changes(self.behaviour.clone());
        let answered = loop {
            let behaviour = changes.current().await;
            let rule = behaviour.rule(&method, &path);
            if let Some(delay) = rule.and_then(|rule| rule.delay) {
                sleep(delay).await;
            }
            let mut response = match rule.and_then(|rule| rule.reply.as_ref()) {
                Some(Reply::Hang) => {
                    changes.next().await;
                    continue;
                }
                Some(Reply::Answer { status, headers, body }) => reply(*status, headers, body.clone()),
                None => self.otherwise(head, body).await?,
            };
            if let Some(rule) = rule {
                self.alter(&mut response, rule, &method, &path);
                response = response.map(|body| shaped(body, rule, changes));
            }
            break response;
        };
        self.requests.answered(which, answered.status().as_u16());
        Ok(answered)
    }

    /// What no rule answers.
    async fn otherwise(&self, head: http::request::Parts, body: Incoming) -> Result<Response<Body>, io::Error> {
        match &self.role {
            Role::Script => Ok(reply(StatusCode::NOT_FOUND, &[], Bytes::new())),
            Role::Proxy(upstream) => {
                let authority = self.addresses.get(upstream);
                let authority = authority.ok_or_else(|| io::Error::other("nobody is behind the proxy yet"))?;
                let passed = self.forwarder.pass(head, body, &authority).await;
                passed.map_err(io::Error::other)
            }
        }
    }

    fn alter(&self, response: &mut Response<Body>, rule: &Rule, method: &Method, path: &str) {
        let length = response.headers().get(header::CONTENT_LENGTH);
        let length: Option<u64> = length.and_then(|value| value.to_str().ok()?.parse().ok());
        if let (Some(Ending::Truncate(end)), Some(length), false) = (rule.ending, length, method == Method::HEAD) {
            response
                .headers_mut()
                .insert(header::CONTENT_LENGTH, length.min(end).into());
        }
        if rule.endless {
            let page = self.pages.fetch_add(1, Ordering::Relaxed);
            if let Ok(link) = HeaderValue::try_from(format!("<{path}?last=page-{page}>; rel=\"next\"")) {
                response.headers_mut().insert(header::LINK, link);
            }
        }
        for (name, value) in &rule.headers {
            match value {
                Some(value) => drop(response.headers_mut().insert(name, value.clone())),
                None => drop(response.headers_mut().remove(name)),
            }
        }
    }
}

fn reply(status: StatusCode, headers: &[(http::HeaderName, HeaderValue)], body: Bytes) -> Response<Body> {
    let length = body.len();
    let body = Full::new(body).map_err(|never| match never {}).boxed_unsync();
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_LENGTH, length.into());
    response.headers_mut().extend(headers.iter().cloned());
    response
}
