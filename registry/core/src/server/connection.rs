//! One connection: HTTP/1.1 or HTTP/2, with an end to every wait.

use std::{convert::Infallible, pin::pin, sync::Arc, time::Duration};

use axum::body::Body;
use http::{Request, Response};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_util::sync::CancellationToken;

use super::{
    activity::{Activity, Phase, Recorded, Sending},
    request_body::RequestBody,
    tls::Tls,
};
use crate::{
    config,
    http::{Api, Peer},
};

/// How long a client may take to agree on the encryption.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// A wait that was configured to have no end has this one.
const FOREVER: Duration = Duration::from_hours(365 * 24);

/// How long a connection may stand still, and how much may be on it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    read: Duration,
    write: Duration,
    limits: config::Limits,
}

impl Patience {
    /// As it is configured; zero stands for no limit.
    pub(super) fn new(http: &config::Http) -> Self {
        let limit = |duration: Duration| {
            if duration.is_zero() {
                FOREVER
            } else {
                duration.min(FOREVER)
            }
        };
        Self {
            read: limit(http.read_timeout),
            write: limit(http.write_timeout),
            limits: http.limits,
        }
    }
}

/// What all connections share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) api: Arc<Api>,
    pub(super) tls: Option<Tls>,
    pub(super) patience: Patience,
    pub(super) drain: CancellationToken,
}

/// Serves a connection until it ends, stands still for too long, or `drain` is cancelled and its requests are answered.
pub(super) async fn serve(stream: TcpStream, shared: Arc<Shared>) {
    let mut peer = Peer {
        remote: stream.peer_addr().ok().map(|address| address.ip().to_canonical()),
        local: stream.local_addr().ok(),
        secure: false,
        name: None,
    };
    let Some(tls) = &shared.tls else {
        return exchange(stream, Arc::new(peer), &shared).await;
    };
    let handshake = tls.acceptor().accept(stream);
    let handshake = tokio::time::timeout(HANDSHAKE.min(shared.patience.read), handshake);
    let encrypted = tokio::select! {
        () = shared.drain.cancelled() => return,
        encrypted = handshake => encrypted,
    };
    match encrypted {
        Ok(Ok(stream)) => {
            peer.secure = true;
            peer.name = tls.name(stream.get_ref().1);
            exchange(stream, Arc::new(peer), &shared).await;
        }
        Ok(Err(error)) => tracing::debug!(%error, "a client did not agree on the encryption"),
        Err(_) => tracing::debug!("a client took too long to agree on the encryption"),
    }
}

async fn exchange<S>(stream: S, peer: Arc<Peer>, shared: &Shared)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let Shared {
        api, patience, drain, ..
    } = shared;
    let patience = *patience;
    let activity = Activity::new(patience.limits.progress);
    let io = TokioIo::new(Recorded::new(stream, Arc::clone(&activity)));
    let service = {
        let activity = Arc::clone(&activity);
        let api = Arc::clone(api);
        service_fn(move |request| {
            answer(
                request,
                Arc::clone(&api),
                Arc::clone(&peer),
                Arc::clone(&activity),
                patience,
            )
        })
    };
    let builder = builder(patience);
    let mut connection = pin!(builder.serve_connection(io, service));
    let mut leaving = false;
    loop {
        let wait = watch(&activity, patience);
        tokio::select! {
            outcome = connection.as_mut() => {
                if let Err(error) = outcome {
                    tracing::debug!(%error, "connection ended");
                }
                return;
            }
            () = drain.cancelled(), if !leaving => {}
            phase = wait => {
                if leaving || phase == Phase::Sending {
                    tracing::debug!("connection closed, as nothing moved on it");
                    return;
                }
            }
        }
        leaving = true;
        // From here on it has the same time again to leave in good order.
        activity.touch();
        connection.as_mut().graceful_shutdown();
    }
}

fn builder(patience: Patience) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(patience.read)
        .max_buf_size(patience.limits.header);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(patience.limits.streams)
        .max_header_list_size(u32::try_from(patience.limits.header).unwrap_or(u32::MAX));
    builder
}

async fn answer(
    request: Request<Incoming>,
    api: Arc<Api>,
    peer: Arc<Peer>,
    activity: Arc<Activity>,
    patience: Patience,
) -> Result<Response<Sending>, Infallible> {
    let answering = activity.answering();
    let request = request.map(|body| Body::new(RequestBody::new(body, patience.read, patience.limits.progress)));
    let response = api.respond_to(request, &peer).await;
    let response = response.map(|body| activity.sending(body));
    drop(answering);
    Ok(response)
}

/// Ends once nothing has moved for as long as the connection's phase may take. A request that is worked on has limits of
/// its own: its body is [`RequestBody`].
async fn watch(activity: &Activity, patience: Patience) -> Phase {
    loop {
        let phase = activity.phase();
        let limit = match phase {
            Phase::Idle | Phase::Answering => patience.read,
            Phase::Sending => patience.write,
        };
        let deadline = activity.last() + limit;
        let now = tokio::time::Instant::now();
        if phase == Phase::Answering {
            tokio::time::sleep_until(now + limit).await;
        } else if deadline <= now {
            return phase;
        } else {
            tokio::time::sleep_until(deadline).await;
        }
    }
}
