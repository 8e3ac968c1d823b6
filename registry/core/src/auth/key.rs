//! The public key that tokens are verified with: of a certificate, or as it is, in PEM.

use std::path::Path;

use jsonwebtoken::{Algorithm, DecodingKey};
use x509_parser::{
    oid_registry::{
        OID_EC_P256, OID_KEY_TYPE_EC_PUBLIC_KEY, OID_NIST_EC_P384, OID_PKCS1_RSAENCRYPTION, OID_SIG_ED25519,
    },
    pem::Pem,
    prelude::FromDer as _,
    x509::SubjectPublicKeyInfo,
};

use super::AuthError;

/// A key, and the algorithms that it is used with: no token can choose another.
#[derive(Debug)]
pub(super) struct PublicKey {
    pub(super) key: DecodingKey,
    pub(super) algorithms: Vec<Algorithm>,
}

impl PublicKey {
    /// Reads the first certificate or public key of a file.
    pub(super) fn read(path: &Path) -> Result<Self, AuthError> {
        let bytes = std::fs::read(path).map_err(|source| AuthError::Read {
            path: path.to_owned(),
            source,
        })?;
        Self::parse(&bytes).map_err(|reason| AuthError::Malformed {
            path: path.to_owned(),
            reason: reason.to_owned(),
        })
    }

    fn parse(bytes: &[u8]) -> Result<Self, &'static str> {
        const MALFORMED: &str = "it is neither a certificate nor a public key in PEM";
        let pem = Pem::iter_from_buffer(bytes)
            .filter_map(Result::ok)
            .find(|pem| matches!(pem.label.as_str(), "CERTIFICATE" | "PUBLIC KEY"))
            .ok_or(MALFORMED)?;
        if pem.label == "CERTIFICATE" {
            let certificate = pem.parse_x509().map_err(|_| MALFORMED)?;
            Self::of(certificate.public_key())
        } else {
            let (_, key) = SubjectPublicKeyInfo::from_der(&pem.contents).map_err(|_| MALFORMED)?;
            Self::of(&key)
        }
    }

    fn of(info: &SubjectPublicKeyInfo<'_>) -> Result<Self, &'static str> {
        let bytes = &info.subject_public_key.data;
        let curve = info.algorithm.parameters.as_ref().and_then(|curve| curve.as_oid().ok());
        let kind = &info.algorithm.algorithm;
        let (key, algorithms) = if *kind == OID_PKCS1_RSAENCRYPTION {
            let algorithms = vec![Algorithm::RS256, Algorithm::RS384, Algorithm::RS512];
            (DecodingKey::from_rsa_der(bytes), algorithms)
        } else if *kind == OID_SIG_ED25519 {
            (DecodingKey::from_ed_der(bytes), vec![Algorithm::EdDSA])
        } else if *kind == OID_KEY_TYPE_EC_PUBLIC_KEY && curve.as_ref() == Some(&OID_EC_P256) {
            (DecodingKey::from_ec_der(bytes), vec![Algorithm::ES256])
        } else if *kind == OID_KEY_TYPE_EC_PUBLIC_KEY && curve.as_ref() == Some(&OID_NIST_EC_P384) {
            (DecodingKey::from_ec_der(bytes), vec![Algorithm::ES384])
        } else {
            return Err("its key is neither RSA, ECDSA with P-256 or P-384, nor Ed25519");
        };
        Ok(Self { key, algorithms })
    }
}
