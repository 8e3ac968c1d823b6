//! The file: a line `user:hash` each, the hashes of bcrypt.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
};

use super::super::AuthError;

/// The highest cost that is taken. Each step doubles the time that a password takes; this is about three seconds.
const HIGHEST_COST: u32 = 15;
/// What an unknown user's password is held against where the file has nobody.
const USUAL_COST: u32 = 5;
/// Larger than any such file is, in bytes.
const LARGEST: u64 = 64 << 20;

/// What the file says.
#[derive(Debug)]
pub(super) struct Table {
    hashes: HashMap<String, String>,
    /// A hash that no password has, as costly as the costliest of the file.
    nobody: String,
}

impl Table {
    /// Reads the file.
    pub(super) fn read(path: &Path) -> Result<Self, AuthError> {
        let read = |source| AuthError::Read {
            path: path.to_owned(),
            source,
        };
        if fs::metadata(path).map_err(read)?.len() > LARGEST {
            return Err(malformed(path, "the file is larger than 64 MiB"));
        }
        let text = fs::read_to_string(path).map_err(read)?;
        Self::parse(&text).map_err(|reason| malformed(path, reason))
    }

    fn parse(text: &str) -> Result<Self, String> {
        let mut hashes = HashMap::new();
        let mut cost = USUAL_COST;
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let number = number + 1;
            let (user, hash) = line
                .split_once(':')
                .filter(|(user, _)| !user.is_empty())
                .ok_or_else(|| format!("line {number} is not `user:hash`"))?;
            // Apache allows further fields.
            let hash = hash.split(':').next().unwrap_or_default();
            let parsed: bcrypt::HashParts = hash.parse().map_err(|_| {
                format!("line {number}: the hash of {user:?} is not one of bcrypt; `htpasswd -B` writes such")
            })?;
            if parsed.get_cost() > HIGHEST_COST {
                return Err(format!(
                    "line {number}: the hash of {user:?} has a cost above {HIGHEST_COST}; write it again with a lower one"
                ));
            }
            cost = cost.max(parsed.get_cost());
            if hashes.insert(user.to_owned(), hash.to_owned()).is_some() {
                return Err(format!("line {number}: {user:?} stands a second time"));
            }
        }
        // 22 characters of salt and 31 of hash, whose bits are all zero.
        let nobody = format!("$2b${cost:02}${}", ".".repeat(22 + 31));
        Ok(Self { hashes, nobody })
    }

    /// The hash that a password of `user` is held against, and whether there is such a user.
    pub(super) fn hash(&self, user: &str) -> (&str, bool) {
        match self.hashes.get(user) {
            Some(hash) => (hash, true),
            None => (&self.nobody, false),
        }
    }
}

fn malformed(path: &Path, reason: impl Into<String>) -> AuthError {
    AuthError::Malformed {
        path: PathBuf::from(path),
        reason: reason.into(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// `secret`, as `htpasswd -nbB -C 4` writes it, under each prefix that there is.
    fn hash(prefix: &str) -> String {
        let hash = bcrypt::hash_with_result("secret", 4).unwrap();
        hash.format_for_version(bcrypt::Version::TwoB).replacen("2b", prefix, 1)
    }

    #[test]
    fn every_prefix_that_apache_writes_is_taken() {
        for prefix in ["2a", "2b", "2x", "2y"] {
            let table = Table::parse(&format!("# users\n\nalice:{}\r\n", hash(prefix))).unwrap();
            let (hash, known) = table.hash("alice");
            assert!(known && bcrypt::verify("secret", hash).unwrap(), "{prefix}");
            assert!(!bcrypt::verify("Secret", hash).unwrap(), "{prefix}");
        }
    }

    #[test]
    fn an_unknown_user_costs_what_the_costliest_does() {
        let table = Table::parse(&format!(
            "alice:{}\nbob:{}\n",
            hash("2y"),
            hash("2y").replacen("04", "06", 1)
        ))
        .unwrap();
        let (nobody, known) = table.hash("mallory");
        assert!(!known && nobody.starts_with("$2b$06$"), "{nobody}");
        assert!(!bcrypt::verify("secret", nobody).unwrap());
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line_and_without_the_hash() {
        let good = hash("2y");
        for (text, reason) in [
            ("alice".to_owned(), "line 1 is not `user:hash`".to_owned()),
            (format!(":{good}"), "line 1 is not `user:hash`".to_owned()),
            (
                format!("# \nbob:{good}\nalice:$apr1$x$y"),
                "line 3: the hash of \"alice\" is not one of bcrypt; `htpasswd -B` writes such".to_owned(),
            ),
            (
                format!("alice:{}", good.replacen("04", "16", 1)),
                "line 1: the hash of \"alice\" has a cost above 15; write it again with a lower one".to_owned(),
            ),
            (
                format!("alice:{good}\nalice:{good}"),
                "line 2: \"alice\" stands a second time".to_owned(),
            ),
        ] {
            assert_eq!(Table::parse(&text).unwrap_err(), reason);
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "([a-z:$./#\n]|\\$2y\\$0|4\\$){0,120}") {
            let _ = Table::parse(&text);
        }
    }
}
