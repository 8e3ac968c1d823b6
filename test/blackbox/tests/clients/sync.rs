//! Mirrors between real registries and real clients.

use std::{
    process::Command,
    time::{Duration, Instant},
};

use libtest_mimic::{Failed, Trial};
use plimsoll_blackbox::{
    certificate::Authority,
    distribution::{Distribution, htpasswd},
    image,
    push::{Hasher, Push, blobs, digest},
    registry::Registry,
    tool::{DOCKER_REGISTRY, SKOPEO, trial},
};
use serde_json::{Value, json};
use tokio::task::JoinSet;

/// How many clients pull one cold image at a time.
const CLIENTS: usize = 100;
/// The size of that image in MiB, where `PLIMSOLL_COLD_PULL_MIB` does not say another.
const COLD_MIB: usize = 20;
/// How long a mirror may take for what it does in the background.
const PATIENT: Duration = Duration::from_mins(2);

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial(
            "sync::an_image_comes_through_a_mirror_cold_warm_and_when_upstream_is_gone",
            &[DOCKER_REGISTRY, SKOPEO, image::TOOLS[0], image::TOOLS[1]],
            through_a_mirror,
        ),
        trial(
            "sync::a_hundred_cold_pulls_cost_upstream_one_fetch_of_each_blob",
            &[DOCKER_REGISTRY],
            || runtime()?.block_on(hundred_cold_pulls()),
        ),
        trial("sync::a_round_copies_everything_byte_for_byte", &[], || {
            runtime()?.block_on(everything())
        }),
    ]
}

fn runtime() -> Result<tokio::runtime::Runtime, Failed> {
    Ok(tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?)
}

fn through_a_mirror() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let (authority, trusted) = (Authority::new()?, folder.path().join("certificates"));
    authority.trusted_in(&trusted)?;
    let server = authority.certify(folder.path(), "server")?;
    let tls = json!({ "certificate": server.certificate, "key": server.key });
    let hash = bcrypt::hash("password", 4)?;
    let auth = htpasswd(folder.path(), &format!("user:{hash}\n"))?;
    let upstream = Distribution::start(&json!({ "tls": tls }), &auth)?;
    let layout = folder.path().join("layout");
    image::busybox(&layout, "1")?;
    SKOPEO.run(&[
        "copy",
        "--dest-creds=user:password",
        &format!("--dest-cert-dir={}", trusted.display()),
        &format!("oci:{}:1", layout.display()),
        &format!("docker://{}/library/busybox:1", upstream.authority()),
    ])?;
    let credentials = folder.path().join("credentials.json");
    let pair = json!({ "username": "user", "password": "password" });
    std::fs::write(&credentials, json!({ upstream.authority(): pair }).to_string())?;
    let mirror = Registry::start_with(
        &["sync"],
        &json!({ "extensions": { "sync": {
            "credentialsFile": credentials,
            "registries": [{
                "urls": [format!("https://{}", upstream.authority())],
                "certDir": trusted,
                "onDemand": true,
            }],
        } } }),
    )?;
    let expected = image::digest(&layout, "1")?;
    let pull = |name: &str| -> Result<(), Failed> {
        let out = folder.path().join(name);
        SKOPEO.run(&[
            "copy",
            "--src-tls-verify=false",
            &format!("docker://{}/library/busybox:1", mirror.authority()),
            &format!("oci:{}:1", out.display()),
        ])?;
        assert_eq!(image::digest(&out, "1")?, expected, "{name}");
        Ok(())
    };
    pull("cold")?;
    let cold = Instant::now();
    while !mirror.get("/v2/_catalog")?.contains("busybox")
        || !mirror.get("/v2/library/busybox/tags/list")?.contains("\"1\"")
    {
        assert!(cold.elapsed() < PATIENT, "the image was never listed");
        std::thread::sleep(Duration::from_millis(50));
    }
    let fetched = upstream.requests(&["GET /v2/library/busybox/blobs/", "\" 200 "]).len();
    pull("warm")?;
    let again = upstream.requests(&["GET /v2/library/busybox/blobs/", "\" 200 "]).len();
    assert_eq!((fetched > 0, again), (true, fetched), "a warm pull fetches nothing");
    drop(upstream);
    pull("gone")
}

async fn hundred_cold_pulls() -> Result<(), Failed> {
    let size = std::env::var("PLIMSOLL_COLD_PULL_MIB")
        .ok()
        .and_then(|text| text.parse().ok());
    let size = size.unwrap_or(COLD_MIB) << 20;
    let upstream = Distribution::start(&json!({}), &Value::Null)?;
    let layers = (0..4_u64).map(|seed| noise(seed, size / 4)).collect();
    let manifest = Push::new(upstream.authority())
        .image("app", Some("1"), layers, &[])
        .await?;
    let mirror = Registry::start_with(
        &["sync"],
        &json!({ "extensions": { "sync": { "registries": [{
            "urls": [format!("http://{}", upstream.authority())], "onDemand": true,
        }] } } }),
    )?;
    let base = format!("http://{}/v2/app", mirror.authority());
    let began = Instant::now();
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        clients.spawn(pull(base.clone(), manifest.clone()));
    }
    while let Some(pulled) = clients.join_next().await {
        pulled?.map_err(Failed::from)?;
    }
    let took = began.elapsed();
    for blob in blobs(&manifest)?.keys() {
        let fetched = upstream.requests(&[&format!("GET /v2/app/blobs/{blob}")]);
        assert_eq!(fetched.len(), 1, "{fetched:?}");
    }
    let memory = mirror.peak_memory()?;
    let report = json!({
        "clients": CLIENTS,
        "imageBytes": size,
        "seconds": took.as_secs_f64(),
        "peakMemoryBytes": memory,
    });
    if let Some(file) = std::env::var_os("PLIMSOLL_COLD_PULL_REPORT") {
        std::fs::write(file, format!("{report:#}\n"))?;
    }
    assert!(memory < 200 << 20, "{report}");
    Ok(())
}

/// Bytes that nothing could compress or take for others, the same for the same seed.
fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

/// Pulls an image as a client does, without keeping it, and compares every byte by its digest.
async fn pull(base: String, expected: Vec<u8>) -> Result<(), String> {
    let text = |error: reqwest::Error| format!("{error:?}");
    let client = reqwest::Client::new();
    let get = |url: String| client.get(url).send();
    let manifest = get(format!("{base}/manifests/1")).await.map_err(text)?;
    let manifest = manifest.error_for_status().map_err(text)?.bytes().await.map_err(text)?;
    if *manifest != *expected {
        return Err("another manifest".into());
    }
    for (blob, size) in blobs(&manifest).map_err(|error| format!("{error:?}"))? {
        let mut answer = get(format!("{base}/blobs/{blob}"))
            .await
            .map_err(text)?
            .error_for_status()
            .map_err(text)?;
        let (mut hash, mut received) = (Hasher::default(), 0);
        while let Some(piece) = answer.chunk().await.map_err(text)? {
            received += piece.len() as u64;
            hash.update(&piece);
        }
        let actual = hash.finish();
        if received != size || blob != actual {
            return Err(format!("{blob} came as {actual}, {received} bytes"));
        }
    }
    Ok(())
}

async fn everything() -> Result<(), Failed> {
    let upstream = Registry::start(&[])?;
    let push = Push::new(upstream.authority());
    let mut expected = Vec::new();
    for number in 0..50_usize {
        let repository = format!("team{}/app{}", number % 3, number % 10);
        let tag = format!("v{number}");
        let layers = vec![format!("layer {number}").into_bytes(), b"shared by all".to_vec()];
        let image = push.image(&repository, Some(&tag), layers, &[]).await?;
        if number % 5 == 0 {
            let other = vec![format!("other platform {number}").into_bytes()];
            let other = push.image(&repository, None, other, &[]).await?;
            push.index(&repository, &format!("multi{number}"), &[image.clone(), other])
                .await?;
        }
        if number % 4 == 0 {
            push.sign(&repository, &image).await?;
        }
        expected.push((repository, digest(&image)));
    }
    let mirror = Registry::start_with(
        &["sync"],
        &json!({ "extensions": { "sync": { "registries": [{
            "urls": [format!("http://{}", upstream.authority())],
            "pollInterval": "1s",
            "content": [{ "prefix": "**" }],
        }] } } }),
    )?;
    let client = reqwest::Client::new();
    let ask = async |authority: &str, path: String| -> Result<String, Failed> {
        Ok(client
            .get(format!("http://{authority}{path}"))
            .send()
            .await?
            .text()
            .await?)
    };
    // The mirror is whole once it answers everything as upstream does.
    let began = Instant::now();
    for (repository, image) in &expected {
        for path in [
            format!("/v2/{repository}/tags/list"),
            format!("/v2/{repository}/referrers/{image}"),
        ] {
            let there = ask(upstream.authority(), path.clone()).await?;
            while ask(mirror.authority(), path.clone()).await? != there {
                assert!(began.elapsed() < PATIENT, "{path} never came to {there}");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
    let (upstream, mirror) = (upstream.stop()?, mirror.stop()?);
    // What begins with a dot is staging, locks and links.
    let difference = Command::new("diff")
        .args(["-r", "--exclude=.*"])
        .args([upstream.path(), mirror.path()])
        .output()?;
    let text = String::from_utf8_lossy(&difference.stdout).into_owned();
    assert!(difference.status.success() && text.is_empty(), "{text}");
    let images = std::fs::read_dir(upstream.path())?.count();
    assert!(images >= 3, "the comparison was of something");
    Ok(())
}
