//! TLS: the certificate, and whom clients' certificates name.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        self, RootCertStore, ServerConfig, ServerConnection,
        crypto::aws_lc_rs,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
        server::WebPkiClientVerifier,
    },
};
use x509_parser::{certificate::X509Certificate, extensions::GeneralName, prelude::FromDer as _};

use crate::{
    config::{self, IdentityAttribute},
    stamp::Stamp,
};

/// How often the files are looked at.
const LOOK: Duration = Duration::from_millis(500);
/// HTTP/2, and HTTP/1.1 for who does not know it.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// Why a connection cannot be encrypted.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read, or there is not in it what should be.
    #[error("{}: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong. It repeats nothing of the file.
        reason: String,
    },
    /// The certificate and the key cannot be used, or not together.
    #[error("the certificate and the key of http.tls cannot be used")]
    Unusable(#[source] rustls::Error),
    /// The authorities cannot be used.
    #[error("the authorities of http.tls.cacert cannot be used")]
    Authorities(#[source] rustls::server::VerifierBuilderError),
}

/// What is needed to encrypt connections, as the files have it now.
#[derive(Debug)]
pub(super) struct Tls {
    files: config::Tls,
    /// Whether every client has to show a certificate.
    required: bool,
    identity: Vec<IdentityAttribute>,
    current: Mutex<Current>,
}

#[derive(Debug)]
struct Current {
    looked: Instant,
    stamps: Vec<Option<Stamp>>,
    config: Arc<ServerConfig>,
}

impl Tls {
    /// TLS as it is configured, if it is.
    pub(super) fn open(http: &config::Http) -> Result<Option<Self>, TlsError> {
        let Some(files) = http.tls.clone() else {
            return Ok(None);
        };
        let required = !http.auth.asks();
        // Before the files are read: a change in between is then seen at the next look.
        let stamps = stamps(&files);
        let config = Arc::new(build(&files, required)?);
        Ok(Some(Self {
            files,
            required,
            identity: http.auth.identity.clone(),
            current: Mutex::new(Current {
                looked: Instant::now(),
                stamps,
                config,
            }),
        }))
    }

    /// What encrypts the next connection. Those that are there keep what they have.
    pub(super) fn acceptor(&self) -> TlsAcceptor {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if current.looked.elapsed() >= LOOK {
            current.looked = Instant::now();
            let stamps = stamps(&self.files);
            // While one of them is gone, they are about to be replaced.
            if stamps != current.stamps && stamps.iter().all(Option::is_some) {
                current.stamps = stamps;
                match build(&self.files, self.required) {
                    Ok(config) => {
                        current.config = Arc::new(config);
                        tracing::info!(cert = %self.files.cert.display(), "certificate reloaded");
                    }
                    Err(error) => {
                        let error = &error as &dyn std::error::Error;
                        tracing::error!(error, "failed to reload the certificate; the one before is still used");
                    }
                }
            }
        }
        TlsAcceptor::from(Arc::clone(&current.config))
    }

    /// Whom the client's certificate names, if it showed one.
    pub(super) fn name(&self, connection: &ServerConnection) -> Option<String> {
        let certificate = connection.peer_certificates()?.first()?;
        let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
        self.identity
            .iter()
            .find_map(|attribute| name(&certificate, *attribute))
    }
}

fn name(certificate: &X509Certificate<'_>, attribute: IdentityAttribute) -> Option<String> {
    if attribute == IdentityAttribute::CommonName {
        let name = certificate.subject().iter_common_name().next()?.as_str().ok()?;
        return Some(name.to_owned()).filter(|name| !name.is_empty());
    }
    let alternatives = certificate.subject_alternative_name().ok()??;
    let name = alternatives
        .value
        .general_names
        .iter()
        .find_map(|name| match (attribute, name) {
            (IdentityAttribute::DnsName, GeneralName::DNSName(name))
            | (IdentityAttribute::Email, GeneralName::RFC822Name(name))
            | (IdentityAttribute::Uri, GeneralName::URI(name)) => Some(*name),
            _ => None,
        });
    name.filter(|name| !name.is_empty()).map(str::to_owned)
}

fn stamps(files: &config::Tls) -> Vec<Option<Stamp>> {
    let files = [Some(&files.cert), Some(&files.key), files.cacert.as_ref()];
    files.into_iter().flatten().map(|path| Stamp::of(path).ok()).collect()
}

fn build(files: &config::Tls, required: bool) -> Result<ServerConfig, TlsError> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Unusable)?;
    let builder = match &files.cacert {
        None => builder.with_no_client_auth(),
        Some(path) => {
            let mut roots = RootCertStore::empty();
            for certificate in certificates(path)? {
                roots.add(certificate).map_err(|error| malformed(path, &error))?;
            }
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            let verifier = if required {
                verifier
            } else {
                verifier.allow_unauthenticated()
            };
            builder.with_client_cert_verifier(verifier.build().map_err(TlsError::Authorities)?)
        }
    };
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(|error| malformed(&files.key, &error))?;
    let mut config = builder
        .with_single_cert(certificates(&files.cert)?, key)
        .map_err(TlsError::Unusable)?;
    config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).into();
    Ok(config)
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let certificates = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let certificates = certificates.map_err(|error| malformed(path, &error))?;
    if certificates.is_empty() {
        return Err(malformed(path, &"there is no certificate in it"));
    }
    Ok(certificates)
}

fn malformed(path: &Path, reason: &impl ToString) -> TlsError {
    TlsError::File {
        path: path.to_owned(),
        reason: reason.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use rcgen::{CertificateParams, KeyPair, PKCS_ED25519};
    use tempfile::TempDir;

    use super::*;

    fn write_pair(folder: &TempDir) {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let certificate = certificate.self_signed(&key).unwrap();
        fs::write(folder.path().join("cert.pem"), certificate.pem()).unwrap();
        fs::write(folder.path().join("key.pem"), key.serialize_pem()).unwrap();
    }

    /// What encrypts the next connection once the files have been looked at again.
    fn next(tls: &Tls) -> Arc<ServerConfig> {
        tls.current.lock().unwrap().looked -= LOOK;
        Arc::clone(tls.acceptor().config())
    }

    #[test]
    fn a_certificate_that_cannot_be_used_changes_nothing() {
        let folder = TempDir::new().unwrap();
        write_pair(&folder);
        let mut http = config::Config::without_file(&[]).http;
        let key = folder.path().join("key.pem");
        http.tls = Some(config::Tls {
            cert: folder.path().join("cert.pem"),
            key: key.clone(),
            cacert: None,
        });
        let tls = Tls::open(&http).unwrap().unwrap();
        let first = next(&tls);
        // The key of another certificate, half a key, and none.
        let other = KeyPair::generate_for(&PKCS_ED25519).unwrap().serialize_pem();
        for broken in [other.as_str(), &other[..40], ""] {
            fs::write(&key, broken).unwrap();
            assert!(Arc::ptr_eq(&next(&tls), &first), "{broken}");
        }
        fs::remove_file(&key).unwrap();
        assert!(Arc::ptr_eq(&next(&tls), &first));
        write_pair(&folder);
        assert!(!Arc::ptr_eq(&next(&tls), &first), "one that can be used is taken");
    }
}
