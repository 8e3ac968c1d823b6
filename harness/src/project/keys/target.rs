//! `target`.

use crate::schema::{Map, Rule, Shape, key, needed};

/// `target`.
pub(in crate::project) static TARGET: Map = Map {
    name: "target",
    what: "`target`",
    text: "A registry that somebody else runs.",
    keys: &[
        needed("url", Shape::String, "scheme, host and port"),
        key("user", Shape::String, "who we are, where the registry asks"),
        key(
            "password-variable",
            Shape::String,
            "the environment variable with the password",
        ),
        key(
            "password-file",
            Shape::String,
            "the file whose first line is the password",
        ),
        key(
            "token-server",
            Shape::String,
            "a token server on another host that may have the password too",
        ),
        key(
            "ca",
            Shape::String,
            "the file of the certificates, in PEM, that may vouch for the registry, instead of the system's",
        ),
        key(
            "certificate",
            Shape::String,
            "the file of our own certificate, for a registry that asks for one",
        ),
        key("key", Shape::String, "the file of its key"),
        key(
            "insecure",
            Shape::Flag,
            "any certificate will do, and a password may go over plain HTTP",
        ),
    ],
    rules: &[Rule::AtMostOne(&["password-variable", "password-file"])],
    examples: &[
        r#"
name = "staging"
scenarios = "scenarios"
extensions = []

[target]
url = "https://registry.example.org"
user = "ci"
password-variable = "REGISTRY_PASSWORD"
token-server = "https://tokens.example.org"
ca = "certificates/ca.pem"
certificate = "certificates/us.pem"
key = "certificates/us.key"
"#,
        r#"
name = "local"
scenarios = "scenarios"
extensions = []
target = { url = "https://localhost:5000", user = "ci", password-file = "password", insecure = true }
"#,
    ],
};
