//! By what a registry behind TLS is believed, and what it is shown of us.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use hyper_rustls::ConfigBuilderExt as _;
use tokio_rustls::rustls::{
    ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature},
    pki_types::{
        CertificateDer, PrivateKeyDer, ServerName, UnixTime,
        pem::{self, PemObject},
    },
};

use super::AccessSettings;

/// Why TLS cannot be spoken as it was written.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("cannot read {}: {source}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file has something else in it.
    #[error("there is no {what} in {}; it has to be in PEM", .path.display())]
    NotPem {
        /// What it should have.
        what: &'static str,
        /// The file.
        path: PathBuf,
    },
    /// One without the other.
    #[error("a certificate and its key come together, and there is just one of them")]
    Half,
    /// The system has none.
    #[error("the system's certificates cannot be read: {0}")]
    System(io::Error),
    /// They are not what they should be.
    #[error("{what} cannot be used: {source}")]
    Unusable {
        /// What.
        what: String,
        /// Why.
        source: Error,
    },
}

/// How TLS is spoken; none if there is nothing special about it.
pub(super) fn client(settings: &AccessSettings) -> Result<Option<Arc<ClientConfig>>, TlsError> {
    if !settings.insecure && settings.ca.is_none() && settings.certificate.is_none() && settings.key.is_none() {
        return Ok(None);
    }
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(unusable("TLS"))?;
    let builder = match &settings.ca {
        _ if settings.insecure => builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Anybody(provider))),
        Some(file) => builder.with_root_certificates(roots(file)?),
        None => builder.with_native_roots().map_err(TlsError::System)?,
    };
    let config = match (&settings.certificate, &settings.key) {
        (None, None) => builder.with_no_client_auth(),
        (Some(certificate), Some(key)) => {
            let key = PrivateKeyDer::from_pem_slice(&read(key)?).map_err(|_| TlsError::NotPem {
                what: "private key",
                path: key.clone(),
            })?;
            let shown = certificate.display().to_string();
            builder
                .with_client_auth_cert(certificates(certificate)?, key)
                .map_err(unusable(&shown))?
        }
        _ => return Err(TlsError::Half),
    };
    Ok(Some(Arc::new(config)))
}

fn unusable(what: &str) -> impl FnOnce(Error) -> TlsError {
    let what = what.to_owned();
    move |source| TlsError::Unusable { what, source }
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    fs::read(path).map_err(|source| TlsError::Unreadable {
        path: path.to_owned(),
        source,
    })
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let not_pem = || TlsError::NotPem {
        what: "certificate",
        path: path.to_owned(),
    };
    let found: Result<Vec<_>, pem::Error> = CertificateDer::pem_slice_iter(&read(path)?).collect();
    let found = found.map_err(|_| not_pem())?;
    if found.is_empty() {
        return Err(not_pem());
    }
    Ok(found)
}

fn roots(path: &Path) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(path)? {
        roots.add(certificate).map_err(unusable(&path.display().to_string()))?;
    }
    Ok(roots)
}

/// Believes any certificate, as somebody asked for. That the other side has the key to it is still checked.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(
            message,
            certificate,
            signature,
            &self.0.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(
            message,
            certificate,
            signature,
            &self.0.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
