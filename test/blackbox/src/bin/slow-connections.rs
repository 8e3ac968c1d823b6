//! How much pulls are slowed down by clients that take their time: 2,000 of them, a third of which send the head of a request byte
//! by byte, a third its body, and a third read its answer so. In turn nobody dawdles and all of them do, and the pulls of the same
//! few clients are counted; the ratio is that of each pair. `ci/slow-connections` runs it.

use std::{
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use libtest_mimic::Failed;
use plimsoll_blackbox::{
    push::{Push, digest},
    registry::Registry,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
    task::JoinSet,
    time::sleep,
};

/// How many dawdle.
const SLOW: usize = 2_000;
/// How many pull meanwhile.
const PULLERS: usize = 4;
/// How often both are measured.
const ROUNDS: usize = 5;
/// How long each is.
const WINDOW: Duration = Duration::from_secs(4);
/// How long a dawdler waits before the next byte.
const DRIP: Duration = Duration::from_secs(1);
/// The layer that is pulled, in bytes.
const LAYER: usize = 1 << 20;
/// What the system keeps for a dawdler that does not read, in bytes.
const WINDOW_OF_READER: u32 = 4096;

fn main() -> ExitCode {
    match measure() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}", error.message().unwrap_or("it failed"));
            ExitCode::FAILURE
        }
    }
}

fn measure() -> Result<(), Failed> {
    let registry = Registry::start(&[])?;
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        let layer = vec![7; LAYER];
        let blob = format!("/v2/app/blobs/{}", digest(&layer));
        Push::new(registry.authority())
            .image("app", Some("1"), vec![layer], &[])
            .await?;
        let mut ratios = Vec::new();
        println!("round  pulls/s alone  pulls/s beside {SLOW}  ratio  dialled again");
        for round in 1..=ROUNDS {
            let alone = pulls(registry.authority(), &blob).await?;
            let dawdlers = Dawdlers::begin(registry.authority(), &blob).await;
            let beside = pulls(registry.authority(), &blob).await?;
            let ratio = beside / alone;
            println!(
                "{round:5}  {alone:13.0}  {beside:19.0}  {ratio:5.2}  {}",
                dawdlers.end().await
            );
            ratios.push(ratio);
        }
        ratios.sort_by(f64::total_cmp);
        println!("median ratio {:.2}", ratios[ratios.len() / 2]);
        Ok(())
    })
}

/// How many images are pulled in a second, by all clients together.
async fn pulls(authority: &str, blob: &str) -> Result<f64, Failed> {
    let client = reqwest::Client::new();
    let begun = Instant::now();
    let mut clients = JoinSet::new();
    for _ in 0..PULLERS {
        let client = client.clone();
        let urls = ["/v2/app/manifests/1", blob].map(|path| format!("http://{authority}{path}"));
        clients.spawn(async move {
            let mut count = 0_u32;
            while begun.elapsed() < WINDOW {
                for url in &urls {
                    client.get(url).send().await?.error_for_status()?.bytes().await?;
                }
                count += 1;
            }
            Ok::<_, reqwest::Error>(count)
        });
    }
    let mut count = 0;
    while let Some(ended) = clients.join_next().await {
        count += ended??;
    }
    Ok(f64::from(count) / begun.elapsed().as_secs_f64())
}

/// What a dawdler is slow with.
#[derive(Clone, Copy, Debug)]
enum Manner {
    Head,
    Body,
    Reading,
}

/// Those that dawdle at a time. One that the registry has had enough of comes again.
struct Dawdlers {
    all: JoinSet<()>,
    lost: Arc<AtomicUsize>,
}

impl Dawdlers {
    /// Begins, and returns once each of them has begun.
    async fn begin(authority: &str, blob: &str) -> Self {
        let (begun, lost) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let mut all = JoinSet::new();
        for number in 0..SLOW {
            let manner = [Manner::Head, Manner::Body, Manner::Reading][number % 3];
            let (authority, blob) = (authority.to_owned(), blob.to_owned());
            let (begun, lost) = (Arc::clone(&begun), Arc::clone(&lost));
            all.spawn(async move {
                let mut counted = false;
                loop {
                    if let Ok(stream) = connect(&authority, manner, &blob).await {
                        if !counted {
                            begun.fetch_add(1, Ordering::Relaxed);
                            counted = true;
                        }
                        dawdle(stream, manner).await;
                    }
                    lost.fetch_add(1, Ordering::Relaxed);
                    sleep(DRIP).await;
                }
            });
        }
        while begun.load(Ordering::Relaxed) < SLOW {
            tokio::task::yield_now().await;
        }
        Self { all, lost }
    }

    /// Ends them: how many connections were refused or lost, and dialled again.
    async fn end(mut self) -> usize {
        let lost = self.lost.load(Ordering::Relaxed);
        self.all.shutdown().await;
        lost
    }
}

async fn connect(authority: &str, manner: Manner, blob: &str) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    if let Manner::Reading = manner {
        socket.set_recv_buffer_size(WINDOW_OF_READER)?;
    }
    let address = authority.parse().map_err(std::io::Error::other)?;
    let mut stream = socket.connect(address).await?;
    let begin = match manner {
        Manner::Head => "GET /v2/ HTTP/1.1\r\nHost: r\r\nX-Slow: ".to_owned(),
        Manner::Body => {
            "PUT /v2/app/manifests/slow HTTP/1.1\r\nHost: r\r\nContent-Type: application/vnd.oci.image.manifest.v1+json\r\nContent-Length: 100000\r\n\r\n"
                .to_owned()
        }
        Manner::Reading => format!("GET {blob} HTTP/1.1\r\nHost: r\r\n\r\n"),
    };
    stream.write_all(begin.as_bytes()).await?;
    Ok(stream)
}

/// A byte now and then, until the registry has had enough.
async fn dawdle(mut stream: TcpStream, manner: Manner) {
    loop {
        let moved = match manner {
            Manner::Head | Manner::Body => stream.write_all(b"x").await.map(|()| 1),
            Manner::Reading => stream.read(&mut [0; 1]).await,
        };
        if !matches!(moved, Ok(1)) {
            return;
        }
        sleep(DRIP).await;
    }
}
