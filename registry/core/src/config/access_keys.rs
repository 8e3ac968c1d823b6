//! The keys of who may reach the registry, how, and how much: authentication, access control, TLS and limits.

use super::key::{Key, Kind, bare, key, not_yet};

/// What may be done with a repository, in zot's words.
const ACTIONS: &[&str] = &["read", "create", "update", "delete", "detectManifestCollision"];

/// The keys of `http` that follow the plain ones.
pub(super) const ACCESS: &[Key] = &[
    key(
        "http.realm",
        Kind::Text,
        "Authorization Required",
        "The realm that a client is shown when it is asked for a password.",
    ),
    key(
        "http.allowOrigin",
        Kind::Text,
        "*",
        "The origin whose pages may call the extensions' routes (CORS).",
    ),
    bare(
        "http.tls",
        Kind::Section,
        "Serves HTTPS, TLS 1.2 and 1.3. The files are read again when they change; connections that are there keep what they \
         have.",
    ),
    bare("http.tls.cert", Kind::File, "The certificate with its chain, in PEM."),
    bare("http.tls.key", Kind::File, "The certificate's private key, in PEM."),
    bare(
        "http.tls.cacert",
        Kind::File,
        "The authorities, in PEM, that clients' certificates are held against. A client that shows one is who it says (see \
         `http.auth.mtls`). Without another kind of authentication in `http.auth`, every client has to show one.",
    ),
    bare(
        "http.auth",
        Kind::Section,
        "How callers say who they are. Without any of these, everyone is anonymous.",
    ),
    key(
        "http.auth.failDelay",
        Kind::Number(0),
        "0",
        "How many seconds a client waits for the answer to a refused password or token. It holds up nobody else.",
    ),
    bare(
        "http.auth.htpasswd",
        Kind::Section,
        "Users and their passwords, as Apache's `htpasswd -B` writes them.",
    ),
    bare(
        "http.auth.htpasswd.path",
        Kind::File,
        "The file: a line `user:hash` each, the hash of bcrypt (`$2a$`, `$2b$`, `$2x$` or `$2y$`). It is read again when it \
         changes.",
    ),
    bare(
        "http.auth.bearer",
        Kind::Section,
        "Tokens that a token server signs, as the distribution token specification has them. What a token allows is all that \
         its bearer may do; `http.accessControl` is asked only about metrics.",
    ),
    bare(
        "http.auth.bearer.realm",
        Kind::Url,
        "The URL where clients get a token.",
    ),
    bare(
        "http.auth.bearer.service",
        Kind::Text,
        "The name of this registry in tokens: the audience.",
    ),
    bare(
        "http.auth.bearer.cert",
        Kind::File,
        "The certificate or public key, in PEM, of who signs: RSA (RS256, RS384, RS512), ECDSA (ES256, ES384) or Ed25519.",
    ),
    bare(
        "http.auth.bearer.issuer",
        Kind::Text,
        "The issuer that tokens must name. Without it, any that the key has signed. zot has no such key.",
    ),
    key(
        "http.auth.bearer.leeway",
        Kind::Delay,
        "30s",
        "How far the clocks of issuer and registry may be apart. zot has no such key.",
    ),
    not_yet("http.auth.bearer.oidc"),
    not_yet("http.auth.bearer.awsSecretsManager"),
    bare(
        "http.auth.token",
        Kind::Section,
        "Issues tokens to the users of `http.auth.htpasswd`, and to anonymous ones, at `/zot/auth/token`. With it `docker \
         login` works also where some repositories are open to everyone: a client learns that it can say who it is. zot has \
         no such key.",
    ),
    key(
        "http.auth.token.service",
        Kind::Text,
        "plimsoll-registry",
        "The name of this registry in tokens.",
    ),
    key(
        "http.auth.token.expiry",
        Kind::Duration,
        "5m",
        "How long a token is good for. What its bearer may do is looked up at each use.",
    ),
    bare(
        "http.auth.mtls",
        Kind::Section,
        "Which part of a client's certificate names the caller.",
    ),
    key(
        "http.auth.mtls.identityAttributes",
        Kind::Choices(&["CommonName", "DNSName", "Email", "URI"]),
        "[CommonName]",
        "The parts in the order in which they are tried: the subject's common name, or the first alternative name of that kind.",
    ),
    key(
        "http.auth.apikey",
        Kind::Switch,
        "false",
        "Whether callers can make API keys, at `/zot/auth/apikey`: passwords for programs, which expire, can be taken back one \
         by one, and can be for some repositories alone. They are for who shows a password of `http.auth.htpasswd` or a \
         certificate of `http.tls.cacert`.",
    ),
    not_yet("http.auth.ldap"),
    not_yet("http.auth.openid"),
    not_yet("http.auth.sessionKeysFile"),
    not_yet("http.auth.sessionDriver"),
    not_yet("http.auth.secureSession"),
    bare(
        "http.accessControl",
        Kind::Section,
        "Who may do what. Without this section whoever is authenticated may do everything; with it, nobody may do what it does \
         not say.",
    ),
    bare(
        "http.accessControl.repositories",
        Kind::Globs,
        "Rules for the repositories that a pattern matches. `*` stands for any part of a name without a slash, `**` for any \
         components. Only the longest pattern that matches a repository counts.",
    ),
    bare(
        "http.accessControl.repositories.policies",
        Kind::Sections,
        "What named users and the members of groups may do.",
    ),
    key(
        "http.accessControl.repositories.policies.users",
        Kind::Texts,
        "[]",
        "The users.",
    ),
    key(
        "http.accessControl.repositories.policies.groups",
        Kind::Texts,
        "[]",
        "The groups.",
    ),
    key(
        "http.accessControl.repositories.policies.actions",
        Kind::Choices(ACTIONS),
        "[]",
        "What they may do. `create` pushes what is not there; to point a tag at something else takes `update` as well. For who \
         has `detectManifestCollision`, deleting a manifest by digest is refused while several tags point at it.",
    ),
    not_yet("http.accessControl.repositories.policies.conditions"),
    key(
        "http.accessControl.repositories.defaultPolicy",
        Kind::Choices(ACTIONS),
        "[]",
        "What every authenticated caller may do.",
    ),
    key(
        "http.accessControl.repositories.anonymousPolicy",
        Kind::Choices(ACTIONS),
        "[]",
        "What callers may do who do not say who they are.",
    ),
    bare(
        "http.accessControl.adminPolicy",
        Kind::Section,
        "What administrators may do with every repository.",
    ),
    key("http.accessControl.adminPolicy.users", Kind::Texts, "[]", "The users."),
    key(
        "http.accessControl.adminPolicy.groups",
        Kind::Texts,
        "[]",
        "The groups.",
    ),
    key(
        "http.accessControl.adminPolicy.actions",
        Kind::Choices(ACTIONS),
        "[]",
        "What they may do.",
    ),
    bare("http.accessControl.groups", Kind::Map, "Groups of users, by name."),
    key("http.accessControl.groups.users", Kind::Texts, "[]", "The members."),
    bare(
        "http.accessControl.metrics",
        Kind::Section,
        "Who may read the metrics. The admin policy does not say so.",
    ),
    key("http.accessControl.metrics.users", Kind::Texts, "[]", "The users."),
    key(
        "http.accessControl.metrics.anonymousPolicy",
        Kind::Choices(&["read"]),
        "[]",
        "`[read]`: also callers who do not say who they are.",
    ),
    bare(
        "http.ratelimit",
        Kind::Section,
        "How many requests a second a client may make, told apart by its address. What is too much is answered with 429 and \
         `Retry-After`.",
    ),
    key(
        "http.ratelimit.rate",
        Kind::Number(0),
        "0",
        "Requests of any method a second; as many may come at once. 0: no limit.",
    ),
    bare(
        "http.ratelimit.methods",
        Kind::Sections,
        "Limits for single methods, beside the one for all.",
    ),
    bare(
        "http.ratelimit.methods.method",
        Kind::Choice(&["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]),
        "The method.",
    ),
    bare(
        "http.ratelimit.methods.rate",
        Kind::Number(0),
        "Its requests a second. 0: no limit.",
    ),
    bare(
        "http.limits",
        Kind::Section,
        "What one client, or all of them together, can make the registry hold. zot has no such section.",
    ),
    key(
        "http.limits.connections",
        Kind::Number(1),
        "8192",
        "Connections at a time. One more is answered with 503 and closed.",
    ),
    key(
        "http.limits.streams",
        Kind::Number(1),
        "128",
        "Requests at a time on one HTTP/2 connection.",
    ),
    key(
        "http.limits.header",
        Kind::Size,
        "64 KiB",
        "The head of a request. At least 8 KiB.",
    ),
    key(
        "http.limits.manifest",
        Kind::Size,
        "4 MiB",
        "A manifest. The specification has registries take 4 MiB.",
    ),
    key(
        "http.limits.blob",
        Kind::Size,
        "0",
        "A blob. 0: no limit but the disk's.",
    ),
    key(
        "http.limits.page",
        Kind::Number(1),
        "1000",
        "The entries of one page of a list, whatever `n` asks for.",
    ),
    key(
        "http.limits.uploads",
        Kind::Number(1),
        "1000",
        "Upload sessions that are open in one repository at a time. One more is answered with 429.",
    ),
    key(
        "http.limits.progress",
        Kind::Size,
        "1 KiB",
        "What has to move within `readTimeout` or `writeTimeout` for a request or an answer not to count as standing still. \
         Less is enough where less is left.",
    ),
];
