//! The functions that templates have beside minijinja's own.

use std::sync::{Arc, Mutex, PoisonError};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use minijinja::{Environment, Error, ErrorKind, Value};

use super::{Algorithm, Content, Random, scope::to_json};

/// The longest text that `repeat` and `random_hex` make, in bytes.
const LONGEST: usize = 64 << 20;

/// Adds the functions to `environment`. `random` feeds those that make something up.
pub(super) fn add(environment: &mut Environment<'static>, random: Arc<Mutex<Random>>) {
    environment.add_function("digest", |value: Value| -> String {
        match value.downcast_object_ref::<Content>() {
            Some(content) => content.digest().to_owned(),
            None => Algorithm::Sha256.digest(&bytes_of(&value)),
        }
    });
    environment.add_function("hex", |digest: &str| -> Result<String, Error> {
        match digest.split_once(':') {
            Some((_, hex)) => Ok(hex.to_owned()),
            None => Err(invalid(format!("`{digest}` is not a digest"))),
        }
    });
    environment.add_function("base64", |value: Value| BASE64_STANDARD.encode(bytes_of(&value)));
    environment.add_function("json", |value: Value| -> String { to_json(&value).to_string() });
    environment.add_function("repeat", |text: &str, times: usize| -> Result<String, Error> {
        match text.len().checked_mul(times) {
            Some(length) if length <= LONGEST => Ok(text.repeat(times)),
            _ => Err(invalid(format!("more than {LONGEST} bytes; use generated content"))),
        }
    });
    environment.add_function("random_hex", move |length: usize| -> Result<String, Error> {
        if length > LONGEST {
            return Err(invalid(format!("more than {LONGEST} digits")));
        }
        Ok(random.lock().unwrap_or_else(PoisonError::into_inner).hex(length))
    });
}

/// The bytes of content, or of a value's text.
pub(super) fn bytes_of(value: &Value) -> Vec<u8> {
    match (value.downcast_object_ref::<Content>(), value.as_bytes()) {
        (Some(content), _) => content.bytes().to_vec(),
        (None, Some(bytes)) => bytes.to_vec(),
        (None, None) => value.to_string().into_bytes(),
    }
}

fn invalid(message: String) -> Error {
    Error::new(ErrorKind::InvalidOperation, message)
}
