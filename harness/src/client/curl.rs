//! A request as a `curl` command that a person can paste into a shell.

use super::Request;

/// The longest body that stands in the command itself, in bytes.
const INLINE: usize = 1 << 10;

/// Headers whose values are not shown.
const SECRET: [&str; 3] = ["authorization", "cookie", "proxy-authorization"];

/// Whether a header's value is nobody's business.
pub(crate) fn is_secret(name: &str) -> bool {
    SECRET.iter().any(|secret| name.eq_ignore_ascii_case(secret))
}

impl Request {
    /// The command. A body that is long or not text is named as a file that has to be made.
    pub fn to_curl(&self) -> String {
        let mut words = vec!["curl".to_owned(), "--include".to_owned(), "--path-as-is".to_owned()];
        match self.method.as_str() {
            "GET" => {}
            "HEAD" => words.push("--head".to_owned()),
            method => words.extend(["--request".to_owned(), quoted(method)]),
        }
        for (name, value) in &self.headers {
            // Reports are shown around, and what is in these headers is nobody's business.
            let value = if is_secret(name) { "***" } else { value };
            words.extend(["--header".to_owned(), quoted(&format!("{name}: {value}"))]);
        }
        if self.payload.chunked {
            words.extend(["--header".to_owned(), quoted("Transfer-Encoding: chunked")]);
        }
        if let Some(source) = &self.payload.source {
            words.extend([
                "--data-binary".to_owned(),
                format!("@body-of-{}-bytes", source.length()),
            ]);
        }
        let bytes = &self.payload.bytes;
        if !bytes.is_empty() || self.payload.chunked {
            let typed = self
                .headers
                .iter()
                .any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
            if !typed {
                // Otherwise curl would say that it is a form.
                words.extend(["--header".to_owned(), quoted("Content-Type:")]);
            }
            let inline = std::str::from_utf8(bytes)
                .ok()
                .filter(|text| bytes.len() <= INLINE && !text.contains('\0') && !text.starts_with('@'));
            let data = inline.map_or_else(|| format!("@body-of-{}-bytes", bytes.len()), str::to_owned);
            words.extend(["--data-binary".to_owned(), quoted(&data)]);
        }
        words.push(quoted(&self.url.to_string()));
        words.join(" ")
    }
}

/// One word for a POSIX shell.
fn quoted(text: &str) -> String {
    let plain = |character: char| character.is_ascii_alphanumeric() || "-_./:=@%+,".contains(character);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::super::Url;
    use super::*;

    #[test]
    fn a_command_does_not_tell_secrets() {
        let url = Url::parse("http://h:1/v2/").unwrap();
        let request = Request::new("GET", url).header("authorization", "Basic c2VjcmV0");
        assert_eq!(
            request.to_curl(),
            "curl --include --path-as-is --header 'authorization: ***' http://h:1/v2/"
        );
    }

    #[test]
    fn a_command_repeats_the_request() {
        let url = Url::parse("http://h:1/v2/../x?digest=a&b=c").unwrap();
        let request = Request::new("PUT", url.clone())
            .header("Content-Type", "a/b")
            .body("it's".into());
        assert_eq!(
            request.to_curl(),
            r"curl --include --path-as-is --request PUT --header 'Content-Type: a/b' --data-binary 'it'\''s' 'http://h:1/v2/../x?digest=a&b=c'"
        );
        assert_eq!(
            Request::new("HEAD", url.clone()).to_curl().matches("--head ").count(),
            1
        );
        let request = Request::new("POST", url).body(vec![0xff; 3].into());
        assert!(
            request
                .to_curl()
                .contains("--header Content-Type: --data-binary @body-of-3-bytes")
        );
    }
}
