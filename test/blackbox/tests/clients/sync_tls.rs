//! Mirrors of registries that are reached through TLS.

use std::path::{Path, PathBuf};

use libtest_mimic::{Failed, Trial};
use plimsoll_blackbox::{
    certificate::Authority,
    distribution::Distribution,
    image,
    registry::Registry,
    tool::{DOCKER_REGISTRY, SKOPEO, Tool, trial},
};
use serde_json::{Value, json};
use tempfile::TempDir;

const IMAGES: [Tool; 2] = image::TOOLS;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial(
            "sync_tls::an_upstream_that_wants_a_certificate_is_shown_the_one_in_the_folder",
            &[SKOPEO, IMAGES[0], IMAGES[1]],
            client_certificate,
        ),
        trial(
            "sync_tls::a_certificate_that_nobody_vouches_for_is_refused_unless_it_is_not_looked_at",
            &[DOCKER_REGISTRY, SKOPEO, IMAGES[0], IMAGES[1]],
            unknown_authority,
        ),
        trial(
            "sync_tls::the_upstream_sees_http_2_unless_that_is_switched_off",
            &[DOCKER_REGISTRY, SKOPEO, IMAGES[0], IMAGES[1]],
            protocol,
        ),
    ]
}

/// What is asked of the mirrors.
const IMAGE: &str = "/v2/library/busybox/manifests/1";

/// Certificates, and a folder for what else a test needs.
struct Scene {
    folder: TempDir,
    authority: Authority,
    /// A folder with the authority's certificate alone.
    trusted: PathBuf,
}

impl Scene {
    fn new() -> Result<Self, Failed> {
        let (folder, authority) = (tempfile::tempdir()?, Authority::new()?);
        let trusted = folder.path().join("trusted");
        authority.trusted_in(&trusted)?;
        Ok(Self {
            folder,
            authority,
            trusted,
        })
    }

    /// A docker-registry that the authority vouches for, with an image.
    fn distribution(&self) -> Result<Distribution, Failed> {
        let server = self.authority.certify(self.folder.path(), "server")?;
        let tls = json!({ "certificate": server.certificate, "key": server.key });
        let upstream = Distribution::start(&json!({ "tls": tls }), &Value::Null)?;
        self.push(upstream.authority(), &self.trusted)?;
        Ok(upstream)
    }

    /// Pushes an image; `certificates` is the folder of what skopeo trusts and shows.
    fn push(&self, authority: &str, certificates: &Path) -> Result<(), Failed> {
        let layout = self.folder.path().join("layout");
        image::busybox(&layout, "1")?;
        SKOPEO.run(&[
            "copy",
            &format!("--dest-cert-dir={}", certificates.display()),
            &format!("oci:{}:1", layout.display()),
            &format!("docker://{authority}/library/busybox:1"),
        ])?;
        Ok(())
    }
}

/// What a mirror of `authority`, on demand and with `options`, answers for the image.
fn mirrored(authority: &str, options: Value) -> Result<u16, Failed> {
    let mut registry = json!({ "urls": [format!("https://{authority}")], "onDemand": true });
    if let (Some(registry), Value::Object(options)) = (registry.as_object_mut(), options) {
        registry.extend(options);
    }
    let mirror = Registry::start_with(
        &["sync"],
        &json!({ "extensions": { "sync": { "registries": [registry] } } }),
    )?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let url = format!("http://{}{IMAGE}", mirror.authority());
    Ok(runtime.block_on(reqwest::get(url))?.status().as_u16())
}

fn client_certificate() -> Result<(), Failed> {
    let scene = Scene::new()?;
    let server = scene.authority.certify(scene.folder.path(), "server")?;
    let shown = scene.folder.path().join("shown");
    let authority = scene.authority.trusted_in(&shown)?;
    scene.authority.certify(&shown, "mirror")?;
    // Nobody else proves who they are, so everybody has to show a certificate.
    let upstream = Registry::start_with(
        &[],
        &json!({ "http": {
            "address": "127.0.0.1",
            "port": "0",
            "tls": { "cert": server.certificate, "key": server.key, "cacert": authority },
        } }),
    )?;
    scene.push(upstream.authority(), &shown)?;
    assert_eq!(mirrored(upstream.authority(), json!({ "certDir": shown }))?, 200);
    // One that cannot show any is not let in, and that is no 404 of what exists.
    assert_eq!(
        mirrored(upstream.authority(), json!({ "certDir": scene.trusted }))?,
        502
    );
    // One of another authority is as good as none.
    let stranger = scene.folder.path().join("stranger");
    Authority::new()?.trusted_in(&stranger)?;
    Authority::new()?.certify(&stranger, "mirror")?;
    scene.authority.trusted_in(&stranger)?;
    assert_eq!(mirrored(upstream.authority(), json!({ "certDir": stranger }))?, 502);
    Ok(())
}

fn unknown_authority() -> Result<(), Failed> {
    let scene = Scene::new()?;
    let upstream = scene.distribution()?;
    assert_eq!(mirrored(upstream.authority(), json!({}))?, 502);
    assert_eq!(
        mirrored(upstream.authority(), json!({ "certDir": scene.trusted }))?,
        200
    );
    assert_eq!(mirrored(upstream.authority(), json!({ "tlsVerify": false }))?, 200);
    Ok(())
}

fn protocol() -> Result<(), Failed> {
    let scene = Scene::new()?;
    let upstream = scene.distribution()?;
    // Of the mirror's requests: those of skopeo are none of ours.
    let seen = |version: &str| upstream.requests(&[IMAGE, version, "plimsoll-registry/"]).len();
    let mut options = json!({ "certDir": scene.trusted });
    assert_eq!(mirrored(upstream.authority(), options.clone())?, 200);
    let (new, old) = (seen("HTTP/2.0"), seen("HTTP/1.1"));
    assert!(new > 0 && old == 0, "{new} of HTTP/2, {old} of HTTP/1.1");
    options["disableHTTP2"] = json!(true);
    assert_eq!(mirrored(upstream.authority(), options)?, 200);
    assert!(seen("HTTP/1.1") > 0);
    assert_eq!(seen("HTTP/2.0"), new, "no more of them");
    Ok(())
}
