//! `stream`: a blob that is larger than what one would hold, uploaded while it is made and pulled back while it is compared.

use minijinja::Value;

use super::upload::{location, minimum};
use crate::{
    assertion::Mismatch,
    client::{Request, Source, append_query},
    runner::{
        context::{Context, Last, Repository, new_request},
        stop::Stop,
    },
    scenario::Stream,
    template::Random,
};

/// How many bytes are made at once; a multiple of those that the generator gives at a time.
const BLOCK: u64 = 64 << 10;

pub(super) async fn run(run: &mut Context, step: &Stream) -> Result<(), Stop> {
    let length = run.scope.size(&step.bytes)?;
    let repository = match &step.to {
        Some(to) => run.repository(&run.scope.text(to)?)?,
        None => run.own_repository()?,
    };
    let chunk = match &step.chunk {
        // Chunks begin where blocks do.
        Some(chunk) => Some(run.scope.size(chunk)?.next_multiple_of(BLOCK).max(BLOCK)),
        None => None,
    };
    let random = run.scope.fork();
    let whole = part(&random, 0, length);
    let hashed = tokio::task::spawn_blocking(move || whole.digest()).await;
    let digest = hashed.map_err(|error| Stop::error(format!("cannot hash what is to be sent: {error}")))?;
    upload(run, &repository, &random, length, chunk, &digest).await?;
    pull(run, &repository, &digest, length).await?;
    if let Some(name) = &step.name {
        let value = Value::from_pairs([("digest", Value::from(digest)), ("size", Value::from(length))]);
        run.scope.set(name.clone(), value);
    }
    Ok(())
}

/// The bytes from `begin`, which is a multiple of a block.
fn part(random: &Random, begin: u64, length: u64) -> Source {
    let random = random.clone();
    Source::new(length, move || {
        let mut random = random.clone();
        random.skip(begin);
        let mut left = length;
        std::iter::from_fn(move || {
            let size = left.min(BLOCK);
            left -= size;
            let size = usize::try_from(size).ok().filter(|size| *size > 0)?;
            Some(random.bytes(size).into())
        })
    })
}

async fn upload(
    run: &mut Context,
    repository: &Repository,
    random: &Random,
    length: u64,
    chunk: Option<u64>,
    digest: &str,
) -> Result<(), Stop> {
    let start = run.url_in(repository, "blobs/uploads/")?;
    let response = run.send(new_request("POST", start.clone()), true).await?;
    accepted(run, "the start of the upload", 202, response.status)?;
    let mut at = location(&start, &response)?;
    let minimum = (minimum(&response) as u64).next_multiple_of(BLOCK);
    let mut begin = 0;
    while let Some(chunk) = chunk.map(|chunk| chunk.max(minimum))
        && begin < length
    {
        let size = chunk.min(length - begin);
        let range = format!("{begin}-{}", begin + size - 1);
        let request = sending(new_request("PATCH", at.clone()), part(random, begin, size));
        let response = run.send(request.header("Content-Range", range.as_str()), true).await?;
        accepted(run, &format!("the chunk {range}"), 202, response.status)?;
        at = location(&at, &response)?;
        begin += size;
    }
    append_query(&mut at.target, &[("digest".to_owned(), digest.to_owned())]);
    let mut request = new_request("PUT", at);
    if chunk.is_none() {
        request = sending(request, part(random, 0, length));
    }
    let response = run.send(request, true).await?;
    accepted(run, "the end of the upload", 201, response.status)
}

fn sending(mut request: Request, source: Source) -> Request {
    request = request
        .header("Content-Type", "application/octet-stream")
        .header("Content-Length", source.length().to_string());
    request.payload.source = Some(source);
    request
}

fn accepted(run: &mut Context, what: &str, expected: u16, status: u16) -> Result<(), Stop> {
    run.checks += 1;
    if status == expected {
        return Ok(());
    }
    Err(Mismatch::new(
        format!("{what} was not accepted"),
        expected.to_string(),
        status.to_string(),
    )
    .into())
}

async fn pull(run: &mut Context, repository: &Repository, digest: &str, length: u64) -> Result<(), Stop> {
    let url = run.url_in(repository, &format!("blobs/{digest}"))?;
    let request = run.authorized(new_request("GET", url));
    run.requests += 1;
    let (exchange, measured) = run.client.measure(request, length).await;
    let status = exchange.answer.as_ref().map(|response| response.status);
    let status = status.map_err(Clone::clone);
    run.note(Last::Http(Box::new(exchange)));
    accepted(run, "what was uploaded is not served: the request for it", 200, status?)?;
    run.checks += 2;
    if measured.length != length {
        return Err(Mismatch::new(
            "what is served has another length",
            format!("{length} bytes"),
            format!("{} bytes", measured.length),
        )
        .into());
    }
    if measured.digest != digest {
        return Err(Mismatch::new("what is served has another digest", digest, measured.digest).into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(source: &Source) -> Vec<u8> {
        source.blocks().flatten().collect()
    }

    #[test]
    fn parts_are_the_whole_and_the_whole_is_the_same_each_time() {
        let random = Random::new(7, &["x"]);
        let length = 3 * BLOCK + 17;
        let whole = part(&random, 0, length);
        assert_eq!(bytes(&whole).len() as u64, length);
        assert_eq!(bytes(&whole), bytes(&whole));
        let parts: Vec<u8> = [(0, 2 * BLOCK), (2 * BLOCK, BLOCK + 17)]
            .into_iter()
            .flat_map(|(begin, length)| bytes(&part(&random, begin, length)))
            .collect();
        assert_eq!(parts, bytes(&whole));
        assert_eq!(whole.digest(), crate::template::Algorithm::Sha256.digest(&parts));
        assert!(bytes(&part(&random, 0, 0)).is_empty());
    }

    #[test]
    fn a_block_is_made_only_when_it_is_asked_for() {
        // If it were held, this would be an exabyte.
        let source = part(&Random::new(7, &["x"]), 0, 1 << 60);
        assert_eq!(
            source.blocks().take(2).map(|block| block.len() as u64).sum::<u64>(),
            2 * BLOCK
        );
    }
}
