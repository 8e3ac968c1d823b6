//! Certificates from a folder: `*.crt` are authorities, `*.cert` and `*.key` the client's own.

use std::{fs, path::Path};

use reqwest::{Certificate, Identity};

/// What a folder has.
#[derive(Debug, Default)]
pub(crate) struct Certificates {
    pub(crate) authorities: Vec<Certificate>,
    pub(crate) identity: Option<Identity>,
}

impl Certificates {
    /// Reads the folder. An error says which file, and what is wrong with it.
    pub(crate) fn read(folder: &Path) -> Result<Self, String> {
        let explain = |path: &Path, error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
        let mut paths = Vec::new();
        for entry in fs::read_dir(folder).map_err(|error| explain(folder, &error))? {
            paths.push(entry.map_err(|error| explain(folder, &error))?.path());
        }
        paths.sort();
        let mut certificates = Self::default();
        let (mut chain, mut key) = (Vec::new(), Vec::new());
        for path in paths {
            let extension = path.extension().and_then(|extension| extension.to_str());
            let Some(kind @ ("crt" | "cert" | "key")) = extension else {
                continue;
            };
            let pem = fs::read(&path).map_err(|error| explain(&path, &error))?;
            match kind {
                "crt" => {
                    let found = Certificate::from_pem_bundle(&pem).map_err(|error| explain(&path, &error))?;
                    if found.is_empty() {
                        return Err(explain(&path, &"no certificate in it"));
                    }
                    certificates.authorities.extend(found);
                }
                "cert" => chain.extend(pem),
                _ => key.extend(pem),
            }
        }
        match (chain.is_empty(), key.is_empty()) {
            (true, true) => {}
            (false, false) => {
                chain.push(b'\n');
                chain.extend(key);
                let identity = Identity::from_pem(&chain).map_err(|error| explain(folder, &error))?;
                certificates.identity = Some(identity);
            }
            (true, false) => {
                return Err(explain(
                    folder,
                    &"a client's key (*.key) without its certificate (*.cert)",
                ));
            }
            (false, true) => {
                return Err(explain(
                    folder,
                    &"a client's certificate (*.cert) without its key (*.key)",
                ));
            }
        }
        Ok(certificates)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_a_folder_is_said_with_its_file() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Certificates::read(folder.path()).unwrap().authorities.is_empty());
        let missing = folder.path().join("missing");
        assert!(Certificates::read(&missing).unwrap_err().contains("missing"));
        let key = folder.path().join("client.key");
        fs::write(&key, "key").unwrap();
        let error = Certificates::read(folder.path()).unwrap_err();
        assert!(error.contains("without its certificate"), "{error}");
        fs::remove_file(key).unwrap();
        fs::write(folder.path().join("ca.crt"), "no certificate").unwrap();
        let error = Certificates::read(folder.path()).unwrap_err();
        assert!(error.contains("ca.crt"), "{error}");
    }
}
