//! What must not be told: passwords and tokens that a run uses, wherever they turn up.

use std::{
    collections::BTreeSet,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use regex::Regex;

use super::{Failure, Look};
use crate::client::Response;

/// What stands where a secret was.
const HIDDEN: &str = "***";
/// The shortest value that is hidden, in bytes: a shorter one would hide half of every text.
const SHORTEST: usize = 5;

/// A JSON web token, whoever it is for.
static TOKEN: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\beyJ[-\w]{8,}\.[-\w]+\.[-\w]+").expect("the pattern is a regular expression"));

/// The secrets of a run. All its clients share them.
#[derive(Clone, Debug, Default)]
pub(super) struct Secrets(Arc<Mutex<BTreeSet<String>>>);

impl Secrets {
    /// What a request says of who it comes from: `Basic …`, `Bearer …`.
    pub(super) fn authorization(&self, value: &str) {
        let credentials = value.split_once(' ').map_or(value, |(_, credentials)| credentials);
        self.add(credentials);
        let decoded = BASE64_STANDARD.decode(credentials.trim()).ok();
        if let Some((_, password)) = decoded
            .as_deref()
            .and_then(|decoded| std::str::from_utf8(decoded).ok()?.split_once(':'))
        {
            self.add(password);
        }
    }

    /// The token that an answer hands out, if it does.
    pub(super) fn answer(&self, response: &Response) {
        let named = |text: &str| text.contains("token\"");
        let body = std::str::from_utf8(&response.body).ok().filter(|body| named(body));
        let Some(serde_json::Value::Object(document)) = body.and_then(|body| serde_json::from_str(body).ok()) else {
            return;
        };
        for name in ["token", "access_token", "refresh_token"] {
            if let Some(token) = document.get(name).and_then(serde_json::Value::as_str) {
                self.add(token);
            }
        }
    }

    fn add(&self, secret: &str) {
        if secret.len() >= SHORTEST {
            let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            known.insert(secret.to_owned());
        }
    }

    /// `text` without them.
    pub(super) fn hide(&self, text: &str) -> String {
        let mut hidden = TOKEN.replace_all(text, HIDDEN).into_owned();
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for secret in known.iter() {
            if hidden.contains(secret) {
                hidden = hidden.replace(secret, HIDDEN);
            }
        }
        hidden
    }

    /// Hides them in all that a failure tells.
    pub(super) fn hide_in(&self, failure: &mut Failure) {
        let texts = [&mut failure.excerpt, &mut failure.message, &mut failure.again];
        let optional = [
            &mut failure.expected,
            &mut failure.actual,
            &mut failure.note,
            &mut failure.curl,
            &mut failure.response,
        ];
        let looks = failure.looks.iter_mut().map(|look: &mut Look| &mut look.saw);
        let steps = failure.steps.iter_mut().map(|step| &mut step.text);
        for text in texts
            .into_iter()
            .chain(optional.into_iter().flatten())
            .chain(failure.log.iter_mut())
            .chain(looks)
            .chain(steps)
        {
            *text = self.hide(text);
        }
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::*;

    #[test]
    fn a_secret_is_hidden_wherever_it_turns_up() {
        let secrets = Secrets::default();
        secrets.authorization(&format!("Basic {}", BASE64_STANDARD.encode("alice:open sesame")));
        secrets.answer(&Response {
            status: 200,
            headers: HeaderMap::new(),
            body: r#"{"token":"opaque-0123","expires_in":300}"#.into(),
        });
        assert_eq!(
            secrets.hide("alice logged in with open sesame (YWxpY2U6b3BlbiBzZXNhbWU=), then opaque-0123 and eyJhbGciOiJI.e30.c2ln"),
            "alice logged in with *** (***), then *** and ***"
        );
    }

    #[test]
    fn what_is_too_short_to_be_told_from_a_word_is_left_alone() {
        let secrets = Secrets::default();
        secrets.authorization(&format!("Basic {}", BASE64_STANDARD.encode("a:the")));
        assert_eq!(secrets.hide("the server"), "the server");
    }
}
