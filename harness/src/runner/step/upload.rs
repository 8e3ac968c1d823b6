//! `upload`: a blob, in each of the ways that the specification has.

use bytes::Bytes;

use super::capture::capture;
use crate::{
    assertion::{Answer, Mismatch},
    client::{Request, Response, Url, append_query},
    runner::{
        context::{Context, Repository, new_request},
        stop::Stop,
    },
    scenario::Upload,
    template::Content,
};

const BYTES: &str = "application/octet-stream";

/// How a blob is uploaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// POST, then PUT with everything.
    PostPut,
    /// One POST with everything.
    SinglePost,
    /// PATCH for every chunk, then a PUT without a body.
    Chunked,
    /// The same, with the last chunk in the PUT.
    ChunkedLastInPut,
    /// One PATCH without a length, then a PUT without a body.
    Streamed,
}

impl Way {
    fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "post-put" => Self::PostPut,
            "single-post" => Self::SinglePost,
            "chunked" => Self::Chunked,
            "chunked-last-in-put" => Self::ChunkedLastInPut,
            "streamed" => Self::Streamed,
            _ => return None,
        })
    }
}

/// Uploads, and holds the last answer against what is expected: an upload that is refused earlier ends there.
pub(super) async fn run(run: &mut Context, step: &Upload) -> Result<(), Stop> {
    let content = run.scope.content(&step.blob)?;
    let repository = match &step.to {
        Some(to) => run.repository(&run.scope.text(to)?)?,
        None => run.own_repository()?,
    };
    let digest = match &step.digest {
        Some(digest) => run.scope.text(digest)?,
        None => content.digest().to_owned(),
    };
    let way = match &step.way {
        None => Way::PostPut,
        Some(template) => {
            let name = run.scope.text(template)?;
            Way::from_name(&name).ok_or_else(|| {
                let ways = "post-put, single-post, chunked, chunked-last-in-put and streamed";
                Stop::error(format!("`{name}` is not a way to upload; there are {ways}")).at(&template.span)
            })?
        }
    };
    let chunk = match &step.chunk {
        Some(size) => usize::try_from(run.scope.size(size)?).unwrap_or(usize::MAX),
        None => content.bytes().len().div_ceil(3),
    };
    let upload = Session {
        repository: &repository,
        bytes: content.bytes(),
        digest: &digest,
        chunk: chunk.max(1),
    };
    let response = upload.run(run, way).await?;
    run.hold(&step.expect, Answer::Response(&response))?;
    capture(run, &step.captures, &response)
}

/// Uploads a blob that has to be accepted, unless it is there already.
pub(super) async fn ensure(run: &mut Context, repository: &Repository, content: &Content) -> Result<(), Stop> {
    let url = run.url_in(repository, &format!("blobs/{}", content.digest()))?;
    let request = new_request("HEAD", url);
    if run.send(request, true).await?.status == 200 {
        return Ok(());
    }
    let upload = Session {
        repository,
        bytes: content.bytes(),
        digest: content.digest(),
        chunk: content.bytes().len().max(1),
    };
    let response = upload.run(run, Way::PostPut).await?;
    if response.status == 201 {
        return Ok(());
    }
    let digest = content.digest();
    Err(Mismatch::new(
        format!("the blob {digest} was not accepted"),
        "201",
        response.status.to_string(),
    )
    .into())
}

struct Session<'a> {
    repository: &'a Repository,
    bytes: &'a Bytes,
    digest: &'a str,
    chunk: usize,
}

impl Session<'_> {
    /// The answer to the last request: the closing one, or the first that was not accepted.
    async fn run(&self, run: &mut Context, way: Way) -> Result<Response, Stop> {
        let mut url = run.url_in(self.repository, "blobs/uploads/")?;
        if way == Way::SinglePost {
            append_query(&mut url.target, &[("digest".to_owned(), self.digest.to_owned())]);
            let request = new_request("POST", url.clone())
                .header("Content-Type", BYTES)
                .body(self.bytes.clone());
            let response = run.send(request, true).await?;
            if response.status != 202 {
                return Ok(response);
            }
            // The registry has no single POST and opened a session, as the specification allows.
            return self
                .close(run, &location(&url, &response)?, self.bytes.clone(), None)
                .await;
        }
        let request = new_request("POST", url.clone());
        let response = run.send(request, true).await?;
        if response.status != 202 {
            return Ok(response);
        }
        let mut at = location(&url, &response)?;
        let chunks = self.chunks(way, self.chunk.max(minimum(&response)));
        let (patched, last) = match way {
            Way::ChunkedLastInPut => match chunks.split_last() {
                Some((last, first)) => (first, Some(last.clone())),
                None => (&[][..], None),
            },
            Way::PostPut => (&[][..], chunks.first().cloned()),
            _ => (&chunks[..], None),
        };
        for (begin, bytes) in patched {
            let mut request = new_request("PATCH", at.clone())
                .header("Content-Type", BYTES)
                .body(bytes.clone());
            if way == Way::Streamed {
                request.payload.chunked = true;
            } else {
                request = ranged(request, *begin, bytes);
            }
            let response = run.send(request, true).await?;
            if response.status != 202 {
                return Ok(response);
            }
            at = location(&at, &response)?;
        }
        match last {
            Some((begin, bytes)) if way == Way::ChunkedLastInPut => self.close(run, &at, bytes, Some(begin)).await,
            Some((_, bytes)) => self.close(run, &at, bytes, None).await,
            None => self.close(run, &at, Bytes::new(), None).await,
        }
    }

    /// The bytes with where they begin, as they are sent.
    fn chunks(&self, way: Way, size: usize) -> Vec<(usize, Bytes)> {
        match way {
            Way::Chunked | Way::ChunkedLastInPut => (0..self.bytes.len())
                .step_by(size)
                .map(|begin| {
                    let end = self.bytes.len().min(begin.saturating_add(size));
                    (begin, self.bytes.slice(begin..end))
                })
                .collect(),
            Way::PostPut | Way::SinglePost | Way::Streamed => vec![(0, self.bytes.clone())],
        }
    }

    async fn close(&self, run: &mut Context, at: &Url, bytes: Bytes, begin: Option<usize>) -> Result<Response, Stop> {
        let mut url = at.clone();
        append_query(&mut url.target, &[("digest".to_owned(), self.digest.to_owned())]);
        let mut request = new_request("PUT", url);
        if !bytes.is_empty() {
            request = request.header("Content-Type", BYTES);
            if let Some(begin) = begin {
                request = ranged(request, begin, &bytes);
            }
        }
        run.send(request.body(bytes), true).await
    }
}

/// With the range that the bytes have in the blob; both ends are inclusive.
fn ranged(request: Request, begin: usize, bytes: &Bytes) -> Request {
    let end = (begin + bytes.len()).saturating_sub(1);
    request.header("Content-Range", format!("{begin}-{end}"))
}

/// The least length of a chunk that is not the last, in bytes, that the start of an upload announces.
pub(super) fn minimum(response: &Response) -> usize {
    let announced = response.header("oci-chunk-min-length");
    announced.and_then(|length| length.parse().ok()).unwrap_or_default()
}

/// Where the upload goes on.
pub(super) fn location(from: &Url, response: &Response) -> Result<Url, Stop> {
    let location = response
        .header("location")
        .ok_or_else(|| Mismatch::new("the upload session has no Location", "the header Location", "nothing"))?;
    from.join(&location).map_err(|_| {
        Stop::from(Mismatch::new(
            "the Location of the upload is neither a path nor a URL",
            "a path or URL",
            location,
        ))
    })
}
