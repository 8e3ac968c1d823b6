//! What is probably not meant in a configuration that is valid: doors left open.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use crate::config::{Config, Http};

/// What should be looked at, by the name of the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advice {
    /// The key.
    pub key: String,
    /// What is open, and what to do.
    pub message: String,
}

/// Passwords that are guessed first, besides a user's own name and none at all.
const GUESSED: [&str; 4] = ["admin", "password", "changeme", "zot"];
/// How many users' passwords are tried: each takes as long as a login.
const TRIED: usize = 16;

/// Everything that should be looked at. It reads files and, where `guess` is said, tries a few passwords, which takes a while.
pub fn advise(config: &Config, guess: bool) -> Vec<Advice> {
    let mut found = Vec::new();
    let mut add = |key: &str, message: String| {
        let key = key.to_owned();
        found.push(Advice { key, message });
    };
    let http = &config.http;
    let is_open = !http.address.is_loopback();
    if is_open && !http.authenticates() && http.access_control.is_none() {
        let address = http.address;
        add(
            "http.auth",
            format!(
                "the registry listens on {address}, and everyone who reaches it may do everything; configure who may log in"
            ),
        );
    }
    if is_open && http.auth.asks() && http.tls.is_none() {
        let message =
            "passwords and tokens come in unencrypted; serve HTTPS, or have a proxy do so that nobody can get past";
        add("http.tls", message.to_owned());
    }
    let secrets = [
        ("http.auth.htpasswd.path", http.auth.htpasswd.as_deref()),
        ("http.tls.key", http.tls.as_ref().map(|tls| tls.key.as_path())),
    ];
    for (key, path) in secrets {
        if let Some(path) = path.filter(|path| is_readable_to_all(path)) {
            add(
                key,
                format!(
                    "everyone on this machine can read {}; take that away with chmod o-r",
                    path.display()
                ),
            );
        }
    }
    rules(http, &mut add);
    if let Some(path) = http.auth.htpasswd.as_deref().filter(|_| guess) {
        for user in guessable(path) {
            let message = format!(
                "the password of {user:?} is empty, the user's name, or one that is tried first; give it another"
            );
            add("http.auth.htpasswd.path", message);
        }
    }
    found
}

fn rules(http: &Http, add: &mut impl FnMut(&str, String)) {
    let Some(rules) = &http.access_control else {
        return;
    };
    for repository in &rules.repositories {
        let changing: Vec<_> = repository
            .anonymous
            .iter()
            .filter(|action| *action != "read")
            .cloned()
            .collect();
        if !changing.is_empty() {
            let key = format!(
                "http.accessControl.repositories.{}.anonymousPolicy",
                repository.pattern.glob()
            );
            add(
                &key,
                format!("everyone may {} without saying who they are", changing.join(", ")),
            );
        }
    }
    if http.authenticates() && rules.metrics.users.is_empty() && !rules.metrics.anonymous {
        let message = "nobody may read the metrics, not even administrators; name the users who may";
        add("http.accessControl.metrics.users", message.to_owned());
    }
}

fn is_readable_to_all(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o004 != 0)
}

/// The users whose passwords anyone would guess.
fn guessable(path: &Path) -> Vec<String> {
    let text = fs::read_to_string(path).unwrap_or_default();
    let lines = text.lines().filter_map(|line| line.trim().split_once(':'));
    let weak = lines.take(TRIED).filter(|(user, hash)| {
        let guesses = ["", user].into_iter().chain(GUESSED);
        guesses
            .into_iter()
            .any(|guess| bcrypt::verify(guess, hash).unwrap_or(false))
    });
    weak.map(|(user, _)| user.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    fn keys(http: &str) -> Vec<String> {
        let text = format!("storage: {{ rootDirectory: /r }}\nhttp: {http}\n");
        let config = Config::parse("test.yaml", text)
            .unwrap_or_else(|error| panic!("{error}"))
            .config;
        advise(&config, true).into_iter().map(|advice| advice.key).collect()
    }

    #[test]
    fn doors_that_are_open_are_named() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("htpasswd");
        let write = |user: &str, password: &str, mode| {
            fs::write(&path, format!("{user}:{}\n", bcrypt::hash(password, 4).unwrap())).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        };
        let htpasswd = format!("auth: {{ htpasswd: {{ path: {:?} }} }}", path.display().to_string());
        write("alice", "correct horse", 0o600);
        assert!(keys("{}").is_empty());
        assert_eq!(keys("{ address: 0.0.0.0 }"), ["http.auth"]);
        assert_eq!(keys(&format!("{{ address: 0.0.0.0, {htpasswd} }}")), ["http.tls"]);
        assert!(keys(&format!("{{ {htpasswd} }}")).is_empty());
        write("alice", "correct horse", 0o604);
        assert_eq!(keys(&format!("{{ {htpasswd} }}")), ["http.auth.htpasswd.path"]);
        for (user, password) in [
            ("admin", "admin"),
            ("alice", "alice"),
            ("alice", ""),
            ("alice", "changeme"),
        ] {
            write(user, password, 0o600);
            assert_eq!(
                keys(&format!("{{ {htpasswd} }}")),
                ["http.auth.htpasswd.path"],
                "{user} {password}"
            );
        }
        write("alice", "correct horse", 0o600);
        let rules = "accessControl: { repositories: { 'in/**': { anonymousPolicy: [read, create] } } }";
        assert_eq!(
            keys(&format!("{{ {htpasswd}, {rules} }}")),
            [
                "http.accessControl.repositories.in/**.anonymousPolicy",
                "http.accessControl.metrics.users"
            ]
        );
    }
}
