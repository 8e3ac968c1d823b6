//! Measures search on many images: the time until the registry answers, the time of the first and of later queries, and memory.
//!
//! ```text
//! cargo build --release -p plimsoll-registry
//! cargo run --release -p plimsoll-extension-search --example measure -- target/release/plimsoll-registry [IMAGES] [REPOSITORIES]
//! ```

use std::{
    error::Error,
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
    time::Instant,
};

use plimsoll_registry_core::oci::{Algorithm, Digest, media_type};
use serde_json::{Value, json};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let binary = arguments.next().ok_or("the first argument is the registry's binary")?;
    let mut number = |default: usize| arguments.next().map_or(Ok(default), |text| text.parse());
    let (images, repositories) = (number(10_000)?, number(100)?);
    let root = tempfile::tempdir()?;
    write_images(&root.path().join("root"), images, repositories.max(1))?;

    let server = Server::start(Path::new(&binary), root.path())?;
    println!("{images} images in {repositories} repositories");
    println!("memory before a query: {} KiB", server.memory()?);
    let global = "{ GlobalSearch(query: \"r\", requestedPage: {limit: 20}) { Repos { Name NewestImage { Tag Size } } Page { TotalCount } } }";
    let list = "{ ImageList(repo: \"\", requestedPage: {limit: 20, sortBy: UPDATE_TIME}) { Results { RepoName Tag Digest Size } Page { TotalCount } } }";
    let all = "{ ImageList(repo: \"\") { Results { RepoName Tag Digest } } }";
    for (name, query) in [
        ("first GlobalSearch", global),
        ("second GlobalSearch", global),
        ("first ImageList, a page of 20", list),
        ("second ImageList, a page of 20", list),
        ("ImageList, every image", all),
    ] {
        let began = Instant::now();
        let size = server.query(query)?;
        println!("{name}: {:?}, {size} bytes", began.elapsed());
    }
    println!("memory after: {} KiB", server.memory()?);
    server.push("r0")?;
    let began = Instant::now();
    server.query(list)?;
    println!("ImageList after a push: {:?}", began.elapsed());
    Ok(())
}

/// Writes layouts as another tool would: images of eight layers, which are named and not there.
fn write_images(root: &Path, images: usize, repositories: usize) -> Result<()> {
    for repository in 0..repositories {
        let folder = root.join(format!("r{repository}"));
        let blobs = folder.join("blobs/sha256");
        fs::create_dir_all(&blobs)?;
        let write = |bytes: &[u8]| -> Result<Digest> {
            let digest = Algorithm::Sha256.digest(bytes);
            fs::write(blobs.join(digest.hex()), bytes)?;
            Ok(digest)
        };
        let mut manifests = Vec::new();
        for image in (repository..images).step_by(repositories) {
            let history: Vec<_> = (0..12)
                .map(|step| json!({ "created_by": format!("RUN step {step} of what builds image {image} of repository {repository}") }))
                .collect();
            let config = json!({
                "os": "linux",
                "architecture": "amd64",
                "created": format!("2024-01-01T00:{:02}:{:02}Z", image / 60 % 60, image % 60),
                "config": { "Labels": { "org.opencontainers.image.vendor": "Vendor", "org.opencontainers.image.title": format!("Image {image}") } },
                "history": history,
            });
            let config = config.to_string();
            let layers: Vec<_> = (0..8)
                .map(|layer| {
                    let digest = Algorithm::Sha256.digest(format!("{image} {layer}").as_bytes());
                    json!({ "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": digest, "size": 1_000_000 })
                })
                .collect();
            let manifest = json!({
                "schemaVersion": 2,
                "mediaType": media_type::IMAGE,
                "config": { "mediaType": "application/vnd.oci.image.config.v1+json", "digest": write(config.as_bytes())?, "size": config.len() },
                "layers": layers,
            });
            let manifest = manifest.to_string();
            manifests.push(json!({
                "mediaType": media_type::IMAGE,
                "digest": write(manifest.as_bytes())?,
                "size": manifest.len(),
                "annotations": { "org.opencontainers.image.ref.name": format!("t{image}") },
            }));
        }
        fs::write(
            folder.join("index.json"),
            json!({ "schemaVersion": 2, "manifests": manifests }).to_string(),
        )?;
        fs::write(folder.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#)?;
    }
    Ok(())
}

/// A registry of its own process, which ends with this value.
struct Server {
    process: Child,
    address: String,
}

impl Server {
    fn start(binary: &Path, folder: &Path) -> Result<Self> {
        let config = json!({
            "storage": { "rootDirectory": folder.join("root"), "gc": false },
            "http": { "address": "127.0.0.1", "port": "0" },
            "log": { "level": "info" },
            "extensions": { "search": {} },
        });
        let file = folder.join("config.json");
        fs::write(&file, config.to_string())?;
        let began = Instant::now();
        let mut process = Command::new(binary)
            .arg("serve")
            .arg(&file)
            .stdout(Stdio::piped())
            .spawn()?;
        let mut lines = BufReader::new(process.stdout.take().ok_or("no output")?).lines();
        let first: Value = serde_json::from_str(&lines.next().ok_or("no first line")??)?;
        // What else it says has to go somewhere, or it would wait for us.
        std::thread::spawn(move || lines.for_each(drop));
        let address = first["address"]
            .as_str()
            .ok_or("no address in the first line")?
            .to_owned();
        let server = Self { process, address };
        server.request("GET", "/v2/", "", "")?;
        println!(
            "ready: {:?} from the start of the process to the answer of /v2/",
            began.elapsed()
        );
        Ok(server)
    }

    /// Sends a request, and returns the body of its answer, which has to be a success.
    fn request(&self, method: &str, path: &str, content_type: &str, body: &str) -> Result<String> {
        let mut stream = TcpStream::connect(&self.address)?;
        let length = body.len();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n\r\n{body}",
            self.address
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (head, body) = answer.split_once("\r\n\r\n").ok_or("no head")?;
        if !head.starts_with("HTTP/1.1 2") {
            return Err(format!("{method} {path}: {answer}").into());
        }
        Ok(body.to_owned())
    }

    /// Asks, and returns the size of the answer in bytes.
    fn query(&self, query: &str) -> Result<usize> {
        let body = json!({ "query": query }).to_string();
        let answer = self.request("POST", "/v2/_zot/ext/search", "application/json", &body)?;
        if answer.contains("\"errors\"") {
            return Err(answer.into());
        }
        Ok(answer.len())
    }

    fn push(&self, repository: &str) -> Result<()> {
        let config = Algorithm::Sha256.digest(b"{}");
        self.request(
            "POST",
            &format!("/v2/{repository}/blobs/uploads/?digest={config}"),
            "application/octet-stream",
            "{}",
        )?;
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": media_type::IMAGE,
            "config": { "mediaType": "application/vnd.oci.image.config.v1+json", "digest": config, "size": 2 },
            "layers": [],
        });
        self.request(
            "PUT",
            &format!("/v2/{repository}/manifests/new"),
            media_type::IMAGE,
            &manifest.to_string(),
        )?;
        Ok(())
    }

    /// The memory that the process has, in KiB.
    fn memory(&self) -> Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let line = status
            .lines()
            .find(|line| line.starts_with("VmRSS:"))
            .ok_or("no VmRSS")?;
        Ok(line.split_whitespace().nth(1).ok_or("no number")?.parse()?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already; either way nothing stays behind.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
