//! Certificates for a test: an authority that nobody knows, and those that it signs.

use std::{
    fs,
    path::{Path, PathBuf},
};

use libtest_mimic::Failed;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

/// An authority of its own.
#[derive(Debug)]
pub struct Authority {
    params: CertificateParams,
    key: KeyPair,
}

/// A certificate and its key, as files.
#[derive(Clone, Debug)]
pub struct Certified {
    /// The certificate.
    pub certificate: PathBuf,
    /// Its key.
    pub key: PathBuf,
}

impl Authority {
    /// A new one.
    pub fn new() -> Result<Self, Failed> {
        let mut params = CertificateParams::new(Vec::new())?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Ok(Self {
            params,
            key: KeyPair::generate()?,
        })
    }

    /// Makes `folder`, with `ca.crt` in it: what clients call a folder of certificates.
    pub fn trusted_in(&self, folder: &Path) -> Result<PathBuf, Failed> {
        fs::create_dir_all(folder)?;
        let file = folder.join("ca.crt");
        fs::write(&file, self.params.self_signed(&self.key)?.pem())?;
        Ok(file)
    }

    /// Writes a certificate of `name` for 127.0.0.1 to `<folder>/<name>.cert`, and its key to `<folder>/<name>.key`.
    pub fn certify(&self, folder: &Path, name: &str) -> Result<Certified, Failed> {
        let mut params = CertificateParams::new(vec!["127.0.0.1".to_owned()])?;
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate()?;
        let signed = params.signed_by(&key, &Issuer::from_params(&self.params, &self.key))?;
        let certified = Certified {
            certificate: folder.join(format!("{name}.cert")),
            key: folder.join(format!("{name}.key")),
        };
        fs::write(&certified.certificate, signed.pem())?;
        fs::write(&certified.key, key.serialize_pem())?;
        Ok(certified)
    }
}
