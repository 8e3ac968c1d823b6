//! Two servers, one with the extension and one without it, started and used in turn.

use std::{
    fs, io,
    path::PathBuf,
    time::{Duration, Instant},
};

use reqwest::{Client, Response, StatusCode, header};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{Cost, Sample};
use crate::{
    statistics::{quantile, sorted},
    target::{ProcessTarget, Server, ServerError},
};

/// How often each server is started.
const ROUNDS: usize = 15;
/// How many images each server is given in a round.
const IMAGES: usize = 12;
/// How large a layer is, in bytes.
const LAYER: usize = 256 * 1024;
/// The longest that a request may take.
const PATIENCE: Duration = Duration::from_secs(30);

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// Why nothing could be measured.
#[derive(Debug, thiserror::Error)]
pub enum MeasureError {
    /// A server did not do what servers do.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// There was no answer.
    #[error("a request failed: {0}")]
    Request(#[from] reqwest::Error),
    /// The answer was another one.
    #[error("{what} was answered with {status}")]
    Answer {
        /// What was asked.
        what: &'static str,
        /// The answer.
        status: StatusCode,
    },
    /// The system did not say what it was asked.
    #[error("cannot {what}: {source}")]
    System {
        /// What was tried.
        what: &'static str,
        /// Why not.
        source: io::Error,
    },
}

/// What was measured.
#[derive(Clone, Debug, Default)]
pub struct Measurements {
    start: Vec<Sample>,
    memory: Vec<Sample>,
    push: Vec<Sample>,
    pull: Vec<Sample>,
}

impl Measurements {
    /// As costs.
    pub fn costs(&self) -> Vec<Cost> {
        let costs = [
            Cost::of("start-up", "ms", &self.start),
            Cost::of("memory after use", "MiB", &self.memory),
            Cost::of("push of an image", "ms", &self.push),
            Cost::of("pull of an image", "ms", &self.pull),
        ];
        costs.into_iter().flatten().collect()
    }
}

/// What one server was measured at in one round.
struct Reading {
    start: f64,
    memory: f64,
    push: f64,
    pull: f64,
}

/// Measures the two in turn, configured alike, with `config` over what the project says.
///
/// # Errors
/// A server does not start, or does not take or give an image.
pub async fn measure(
    without: &ProcessTarget,
    with: &ProcessTarget,
    config: &Value,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Measurements, MeasureError> {
    let client = Client::builder().timeout(PATIENCE).no_proxy().build()?;
    let mut measured = Measurements::default();
    // The first round warms the disk's cache, and is not counted.
    for round in 0..=ROUNDS {
        progress(round, ROUNDS);
        // Which goes first changes, so that neither always has the warmer machine.
        let (without, with) = if round % 2 == 0 {
            let without = read(without, config, &client).await?;
            (without, read(with, config, &client).await?)
        } else {
            let with = read(with, config, &client).await?;
            (read(without, config, &client).await?, with)
        };
        if round > 0 {
            let sample = |of: fn(&Reading) -> f64| Sample {
                without: of(&without),
                with: of(&with),
            };
            measured.start.push(sample(|reading| reading.start));
            measured.memory.push(sample(|reading| reading.memory));
            measured.push.push(sample(|reading| reading.push));
            measured.pull.push(sample(|reading| reading.pull));
        }
    }
    Ok(measured)
}

async fn read(target: &ProcessTarget, config: &Value, client: &Client) -> Result<Reading, MeasureError> {
    let mut server = Server::new(target)?;
    server.configure(config.clone())?;
    let began = Instant::now();
    server.start().await?;
    let start = milliseconds(began);
    let result = use_it(&server, client).await;
    server.stop().await?;
    let (push, pull, memory) = result?;
    Ok(Reading {
        start,
        memory,
        push,
        pull,
    })
}

/// The median times of a push and a pull, and the memory at the end.
async fn use_it(server: &Server, client: &Client) -> Result<(f64, f64, f64), MeasureError> {
    let base = format!("http://{}/v2/measured", server.authority().unwrap_or_default());
    let (mut pushes, mut pulls) = (Vec::new(), Vec::new());
    for number in 0..IMAGES {
        let image = Image::new(number);
        let began = Instant::now();
        push(client, &base, &image).await?;
        pushes.push(milliseconds(began));
        let began = Instant::now();
        pull(client, &base, &image).await?;
        pulls.push(milliseconds(began));
    }
    Ok((median(pushes), median(pulls), memory(server)?))
}

/// An image with one layer of its own.
struct Image {
    layer: Vec<u8>,
    config: Vec<u8>,
    manifest: Vec<u8>,
    tag: String,
}

impl Image {
    fn new(number: usize) -> Self {
        // Every block differs, so that nothing is gained by storing equal ones once.
        let layer: Vec<u8> = (0..LAYER / 32)
            .flat_map(|block| Sha256::digest(format!("{number} {block}")))
            .collect();
        let config = b"{}".to_vec();
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": { "mediaType": "application/vnd.oci.image.config.v1+json", "digest": digest(&config), "size": config.len() },
            "layers": [{ "mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": digest(&layer), "size": layer.len() }],
        });
        Self {
            layer,
            config,
            manifest: manifest.to_string().into_bytes(),
            tag: format!("t{number}"),
        }
    }
}

fn digest(bytes: &[u8]) -> String {
    let hex: Vec<String> = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{}", hex.concat())
}

async fn push(client: &Client, base: &str, image: &Image) -> Result<(), MeasureError> {
    for blob in [&image.config, &image.layer] {
        let url = format!("{base}/blobs/uploads/?digest={}", digest(blob));
        let request = client
            .post(&url)
            .header(header::CONTENT_TYPE, "application/octet-stream");
        let answer = request.body(blob.clone()).send().await?;
        expect("a blob", answer, StatusCode::CREATED)?;
    }
    let url = format!("{base}/manifests/{}", image.tag);
    let request = client.put(&url).header(header::CONTENT_TYPE, MANIFEST);
    let answer = request.body(image.manifest.clone()).send().await?;
    expect("a manifest", answer, StatusCode::CREATED)?;
    Ok(())
}

async fn pull(client: &Client, base: &str, image: &Image) -> Result<(), MeasureError> {
    let manifest = client
        .get(format!("{base}/manifests/{}", image.tag))
        .header(header::ACCEPT, MANIFEST);
    expect("the manifest", manifest.send().await?, StatusCode::OK)?
        .bytes()
        .await?;
    for blob in [&image.config, &image.layer] {
        let answer = client.get(format!("{base}/blobs/{}", digest(blob))).send().await?;
        expect("the blob", answer, StatusCode::OK)?.bytes().await?;
    }
    Ok(())
}

fn expect(what: &'static str, answer: Response, status: StatusCode) -> Result<Response, MeasureError> {
    if answer.status() == status {
        return Ok(answer);
    }
    Err(MeasureError::Answer {
        what,
        status: answer.status(),
    })
}

/// What the server holds in memory, in MiB.
fn memory(server: &Server) -> Result<f64, MeasureError> {
    let what = "find out what the server holds in memory";
    let missing = || MeasureError::System {
        what,
        source: io::Error::from(io::ErrorKind::NotFound),
    };
    let process = server.process().ok_or_else(missing)?;
    let path: PathBuf = format!("/proc/{process}/status").into();
    let status = fs::read_to_string(path).map_err(|source| MeasureError::System { what, source })?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok());
    Ok(kibibytes.ok_or_else(missing)? / 1024.0)
}

fn median(values: Vec<f64>) -> f64 {
    quantile(&sorted(values), 0.5).unwrap_or_default()
}

fn milliseconds(began: Instant) -> f64 {
    began.elapsed().as_secs_f64() * 1000.0
}
