use std::{fs, path::PathBuf};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ED25519, SignatureAlgorithm};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;

struct Signer {
    key: KeyPair,
    algorithm: Algorithm,
    encoding: EncodingKey,
    folder: TempDir,
}

impl Signer {
    fn new(kind: &'static SignatureAlgorithm, algorithm: Algorithm) -> Self {
        let key = KeyPair::generate_for(kind).unwrap();
        let der = key.serialize_der();
        let encoding = match algorithm {
            Algorithm::EdDSA => EncodingKey::from_ed_der(&der),
            _ => EncodingKey::from_ec_der(&der),
        };
        Self {
            key,
            algorithm,
            encoding,
            folder: TempDir::new().unwrap(),
        }
    }

    fn ecdsa() -> Self {
        Self::new(&PKCS_ECDSA_P256_SHA256, Algorithm::ES256)
    }

    fn file(&self, content: &str) -> PathBuf {
        let path = self.folder.path().join("key.pem");
        fs::write(&path, content).unwrap();
        path
    }

    fn verifier(&self) -> Verifier {
        Verifier::new(&config(self.file(&self.key.public_key_pem()))).unwrap()
    }

    fn sign(&self, claims: &Value) -> String {
        self.sign_with(&Header::new(self.algorithm), claims)
    }

    fn sign_with(&self, header: &Header, claims: &Value) -> String {
        jsonwebtoken::encode(header, claims, &self.encoding).unwrap()
    }
}

fn config(cert: PathBuf) -> config::Bearer {
    config::Bearer {
        realm: "https://auth.example/token".to_owned(),
        service: "registry.example".to_owned(),
        cert,
        issuer: Some("auth.example".to_owned()),
        leeway: Duration::from_secs(30),
    }
}

fn claims() -> Value {
    let now = get_current_timestamp();
    json!({
        "iss": "auth.example",
        "sub": "alice",
        "aud": "registry.example",
        "exp": now + 60,
        "nbf": now,
        "access": [{ "type": "repository", "name": "a/b", "actions": ["pull"] }],
    })
}

fn with(patch: &Value) -> Value {
    let mut claims = claims();
    for (key, value) in patch.as_object().unwrap() {
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(key);
        } else {
            claims[key] = value.clone();
        }
    }
    claims
}

#[test]
fn a_token_of_each_kind_of_key_is_taken_by_its_public_key_and_by_its_certificate() {
    for (kind, algorithm) in [
        (&PKCS_ECDSA_P256_SHA256, Algorithm::ES256),
        (&PKCS_ECDSA_P384_SHA384, Algorithm::ES384),
        (&PKCS_ED25519, Algorithm::EdDSA),
    ] {
        let signer = Signer::new(kind, algorithm);
        let token = signer.sign(&claims());
        assert_eq!(
            signer.verifier().caller(&token).unwrap().name(),
            Some("alice"),
            "{algorithm:?}"
        );
        let certificate = rcgen::CertificateParams::new(vec!["auth.example".to_owned()])
            .unwrap()
            .self_signed(&signer.key)
            .unwrap();
        let verifier = Verifier::new(&config(signer.file(&certificate.pem()))).unwrap();
        assert!(verifier.caller(&token).is_some(), "{algorithm:?}");
        assert!(
            Signer::new(kind, algorithm).verifier().caller(&token).is_none(),
            "{algorithm:?}"
        );
    }
}

#[test]
fn a_token_of_an_rsa_key_is_taken() {
    let key = KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048).unwrap();
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("key.pem");
    fs::write(&path, key.public_key_pem()).unwrap();
    let verifier = Verifier::new(&config(path)).unwrap();
    // The key is PKCS #8; the signer wants what is inside.
    let (_, outer) = x509_parser::der_parser::parse_der(key.serialized_der()).unwrap();
    let inner = outer.as_sequence().unwrap()[2].as_slice().unwrap();
    for algorithm in [Algorithm::RS256, Algorithm::RS384, Algorithm::RS512] {
        let token =
            jsonwebtoken::encode(&Header::new(algorithm), &claims(), &EncodingKey::from_rsa_der(inner)).unwrap();
        assert!(verifier.caller(&token).is_some(), "{algorithm:?}");
    }
    let token = jsonwebtoken::encode(
        &Header::new(Algorithm::PS256),
        &claims(),
        &EncodingKey::from_rsa_der(inner),
    )
    .unwrap();
    assert!(verifier.caller(&token).is_none(), "an algorithm that is not the key's");
}

#[test]
fn what_a_token_claims_has_to_hold_now_and_here() {
    let signer = Signer::ecdsa();
    let verifier = signer.verifier();
    let now = get_current_timestamp();
    for (patch, good) in [
        (json!({}), true),
        (json!({ "aud": ["other", "registry.example"] }), true),
        (json!({ "exp": now - 20 }), true),
        (json!({ "nbf": now + 20 }), true),
        (json!({ "nbf": null }), true),
        (json!({ "sub": null }), true),
        (json!({ "exp": now - 60 }), false),
        (json!({ "exp": null }), false),
        (json!({ "exp": "tomorrow" }), false),
        (json!({ "exp": -1 }), false),
        (json!({ "nbf": now + 60 }), false),
        (json!({ "iss": "other" }), false),
        (json!({ "iss": null }), false),
        (json!({ "aud": "registry.example.org" }), false),
        (json!({ "aud": [] }), false),
        (json!({ "aud": null }), false),
        (json!({ "access": "all" }), false),
        (json!({ "access": { "type": "repository" } }), false),
    ] {
        let token = signer.sign(&with(&patch));
        assert_eq!(verifier.caller(&token).is_some(), good, "{patch}");
    }
}

fn forged(header: &Value, claims: &Value, signature: &[u8]) -> String {
    let encode = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    let signature = BASE64_URL_SAFE_NO_PAD.encode(signature);
    format!("{}.{}.{signature}", encode(header), encode(claims))
}

#[test]
fn a_token_cannot_say_how_it_is_verified() {
    let signer = Signer::ecdsa();
    let verifier = signer.verifier();
    let claims = claims();
    for none in ["none", "None", "NONE", "nOnE", ""] {
        for signature in [&b""[..], b"x"] {
            let token = forged(&json!({ "alg": none, "typ": "JWT" }), &claims, signature);
            assert!(verifier.caller(&token).is_none(), "{none}");
        }
    }
    // The public key as a shared secret, in each form that somebody could take it in.
    let pem = signer.key.public_key_pem();
    for secret in [
        pem.as_bytes(),
        pem.trim_end().as_bytes(),
        signer.key.public_key_raw(),
        b"",
    ] {
        for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
            let token =
                jsonwebtoken::encode(&Header::new(algorithm), &claims, &EncodingKey::from_secret(secret)).unwrap();
            assert!(verifier.caller(&token).is_none(), "{algorithm:?}");
        }
    }
    // A key of the attacker's own, offered in the header.
    let attacker = Signer::ecdsa();
    let jwk = jsonwebtoken::jwk::Jwk::from_encoding_key(&attacker.encoding, Algorithm::ES256).unwrap();
    for header in [
        Header {
            jwk: Some(jwk),
            ..Header::new(Algorithm::ES256)
        },
        Header {
            jku: Some("http://127.0.0.1:1/keys".to_owned()),
            ..Header::new(Algorithm::ES256)
        },
        Header {
            x5u: Some("http://127.0.0.1:1/cert".to_owned()),
            ..Header::new(Algorithm::ES256)
        },
        Header {
            kid: Some("../../../../dev/null".to_owned()),
            ..Header::new(Algorithm::ES256)
        },
        Header {
            kid: Some("' OR 1=1 --".to_owned()),
            ..Header::new(Algorithm::ES256)
        },
    ] {
        let token = attacker.sign_with(&header, &claims);
        assert!(verifier.caller(&token).is_none(), "{header:?}");
        // The same of the right signer changes nothing.
        assert!(
            verifier.caller(&signer.sign_with(&header, &claims)).is_some(),
            "{header:?}"
        );
    }
    let good = signer.sign(&claims);
    let (payload, signature) = good.rsplit_once('.').unwrap();
    for token in [
        String::new(),
        ".".to_owned(),
        "..".to_owned(),
        payload.to_owned(),
        format!("{payload}."),
        format!("{good}.x"),
        format!("{good} "),
        format!(" {good}"),
        format!("{}.{signature}", payload.to_lowercase()),
        "a".repeat(LONGEST + 1),
    ] {
        assert!(verifier.caller(&token).is_none(), "{token}");
    }
}

#[test]
fn what_is_issued_is_taken_by_the_same_process_alone() {
    let service = config::TokenService {
        service: "r".to_owned(),
        expiry: Duration::from_mins(1),
    };
    let (issuer, verifier) = Issuer::new(&service);
    let scope = Scope::parse(std::iter::once("repository:a:pull"));
    let (token, _) = issuer.issue(Some("alice"), None, &scope).unwrap();
    let caller = verifier.caller(&token).unwrap();
    assert_eq!(caller.name(), Some("alice"));
    assert_eq!(caller.token().unwrap().scope, scope);
    assert!(caller.token().unwrap().ruled);
    let (token, _) = issuer.issue(None, None, &scope).unwrap();
    assert_eq!(verifier.caller(&token).unwrap().name(), None);
    assert!(Issuer::new(&service).1.caller(&token).is_none());
}

#[test]
fn a_file_without_a_key_is_refused_by_name() {
    let signer = Signer::ecdsa();
    for (content, reason) in [
        (String::new(), "it is neither a certificate nor a public key in PEM"),
        (
            signer.key.serialize_pem(),
            "it is neither a certificate nor a public key in PEM",
        ),
        (
            "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n".to_owned(),
            "it is neither a certificate nor a public key in PEM",
        ),
    ] {
        let path = signer.file(&content);
        let error = Verifier::new(&config(path.clone())).unwrap_err();
        assert_eq!(error.to_string(), format!("{}: {reason}", path.display()));
    }
}
