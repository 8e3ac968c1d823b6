//! All that a run asked, as a shell script that anyone can run: `repro.sh`, and beside it a file for each body.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
};

use super::{
    Failure,
    context::Context,
    trail::{Did, Sent, What},
};
use crate::client::{Request, is_secret};

/// What the script does with each request.
const FUNCTIONS: &str = include_str!("script.sh");
/// What a server is called that the run does not know.
const ELSEWHERE: &str = "elsewhere";

/// Writes the script of a run into `folder`. Its path.
///
/// # Errors
/// The folder cannot be written.
pub(super) fn write(context: &Context, failure: &Failure, folder: &Path) -> io::Result<PathBuf> {
    let (did, left_out) = context.trail.all();
    let mut script = Script {
        repository: context.scope.get("repo").map(ToString::to_string).unwrap_or_default(),
        ..Script::default()
    };
    for one in &did {
        match one {
            Did::Step(step) => {
                let client = step
                    .client
                    .map_or(String::new(), |client| format!(" (client {client})"));
                let text = context.secrets.hide(&step.text);
                let _ = writeln!(
                    script.body,
                    "\n# {}:{} {text}{client}",
                    failure_file(context),
                    step.line
                );
            }
            Did::Asked(sent) => script.ask(sent),
        }
    }
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder)?;
    for (name, bytes) in &script.files {
        fs::write(folder.join(name), bytes)?;
    }
    let path = folder.join("repro.sh");
    let text = script.text(context, failure, left_out);
    let text = context
        .job
        .target
        .access()
        .map_or(text.clone(), |access| access.redact(&text));
    fs::write(&path, text)?;
    executable(&path)?;
    Ok(path)
}

fn failure_file(context: &Context) -> String {
    let path = &context.job.scenario.path;
    path.file_name()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

#[cfg(unix)]
fn executable(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
}

#[derive(Default)]
struct Script {
    /// The run's own repository: a variable of the script, so that it can be run twice.
    repository: String,
    body: String,
    files: Vec<(String, Vec<u8>)>,
    /// The servers that are asked, in the order in which they are.
    servers: Vec<String>,
    /// The values of `Authorization` and the like, which are asked for and not told: the names of their variables.
    secrets: BTreeMap<String, String>,
    /// Where uploads went on: the number of the answer that said it, the server, and the target.
    locations: Vec<(usize, String, String)>,
    number: usize,
}

impl Script {
    fn ask(&mut self, sent: &Sent) {
        self.number += 1;
        let number = self.number;
        let server = sent.server.clone().unwrap_or_else(|| ELSEWHERE.to_owned());
        if !self.servers.contains(&server) {
            self.servers.push(server.clone());
        }
        let then = sent.status.map_or("000".to_owned(), |status| status.to_string());
        let body = sent.body.as_deref().unwrap_or("-");
        if sent.too_large {
            let _ = writeln!(
                self.body,
                "echo {number}: left out: its body is too large to be kept beside this script"
            );
            return;
        }
        match &sent.what {
            What::Http(request) => {
                let mut words = vec!["ask".to_owned(), number.to_string(), then, body.to_owned()];
                self.words(request, number, &mut words);
                words.push(self.url(request, &server));
                let _ = writeln!(self.body, "{}", words.join(" "));
            }
            What::Raw(bytes) => {
                let name = format!("{number}.raw");
                self.files.push((name.clone(), bytes.to_vec()));
                let _ = writeln!(self.body, "raw {number} {then} {name} \"${}\"", variable(&server));
            }
        }
        if let Some(location) = sent
            .location
            .as_ref()
            .filter(|location| location.contains("/blobs/uploads/"))
        {
            self.locations.push((number, server, location.clone()));
        }
    }

    /// The options of curl.
    fn words(&mut self, request: &Request, number: usize, words: &mut Vec<String>) {
        let bytes = &request.payload.bytes;
        let has_body = !bytes.is_empty() || request.payload.chunked;
        match request.method.as_str() {
            "GET" if !has_body => {}
            "HEAD" => words.push("--head".to_owned()),
            method => words.extend(["--request".to_owned(), quoted(method)]),
        }
        let has = |name: &str| {
            request
                .headers
                .iter()
                .any(|(other, _)| other.eq_ignore_ascii_case(name))
        };
        for (name, value) in &request.headers {
            let own = name.eq_ignore_ascii_case("content-length") && *value == bytes.len().to_string() && has_body;
            if own {
                continue;
            }
            let value = if is_secret(name) {
                let next = format!("AUTHORIZATION_{}", self.secrets.len() + 1);
                let variable = self.secrets.entry(value.clone()).or_insert(next);
                format!("${{{variable}:?is a secret, and not written here}}")
            } else {
                self.own(&escaped(value))
            };
            words.extend(["--header".to_owned(), format!("\"{}: {value}\"", escaped(name))]);
        }
        // What curl would add by itself.
        for name in ["Accept", "User-Agent"] {
            if !has(name) {
                words.extend(["--header".to_owned(), format!("{name}:")]);
            }
        }
        if request.payload.chunked {
            words.extend(["--header".to_owned(), quoted("Transfer-Encoding: chunked")]);
        }
        if has_body {
            if !has("Content-Type") {
                words.extend(["--header".to_owned(), "Content-Type:".to_owned()]);
            }
            let name = format!("{number}.body");
            self.files.push((name.clone(), bytes.to_vec()));
            words.extend(["--data-binary".to_owned(), format!("@{name}")]);
        }
    }

    /// The URL: where an answer said that an upload goes on, it is what the answer says now.
    fn url(&self, request: &Request, server: &str) -> String {
        let target = &request.url.target;
        let path = |location: &str| location.split('?').next().unwrap_or_default().to_owned();
        for (number, of, location) in self.locations.iter().rev().filter(|(_, of, _)| of == server) {
            let origin = format!("\"${}\"", variable(of));
            if let Some(rest) = target.strip_prefix(location.as_str()) {
                return format!("\"$(location {number} {origin}){}\"", self.own(&escaped(rest)));
            }
            if let Some(rest) = target.strip_prefix(&path(location)) {
                let query = self.own(&escaped(rest));
                return format!("\"$(location {number} {origin} | cut -d '?' -f 1){query}\"");
            }
        }
        format!("\"${}{}\"", variable(server), self.own(&escaped(target)))
    }

    /// With a variable for the run's own repository.
    fn own(&self, text: &str) -> String {
        if self.repository.is_empty() {
            return text.to_owned();
        }
        text.replace(&self.repository, "${repo}")
    }

    fn text(&self, context: &Context, failure: &Failure, left_out: usize) -> String {
        let job = &context.job;
        let row = job.row_label().map_or_else(String::new, |row| format!(" ({row})"));
        let mut text = format!(
            "#!/usr/bin/env bash\n\
             # {}:{}:{}{row}, built with {}, seed {}\n\
             # {}\n\
             #\n\
             # What was asked until then, with the answers that came. Start a registry as the scenario has it, empty, and run\n\
             #     ./repro.sh http://127.0.0.1:5000\n\
             # It needs bash and curl, and says of each answer what it was then and what it is now. It ends with 0 if all are as\n\
             # they were. The variable REPO names another repository, and CURL_OPTIONS has further options, such as --user. Steps\n\
             # that ask nothing, such as a restart, are comments: do them by hand, or run all of it again with\n\
             #     {}\n",
            job.scenario.path.display(),
            failure.line,
            failure.column,
            job.combination,
            context.options.seed,
            failure.message.replace('\n', " "),
            failure.again,
        );
        if left_out > 0 {
            let _ = writeln!(
                text,
                "# {left_out} steps and requests after the first were not kept: this is not all of it."
            );
        }
        text.push_str("set -euo pipefail\ncd \"$(dirname \"$0\")\"\n");
        for (place, server) in self.servers.iter().enumerate() {
            let (name, environment) = (variable(server), server.to_uppercase().replace('-', "_"));
            let given = if place == 0 { "${1:-" } else { "" };
            let end = if place == 0 { "}" } else { "" };
            let _ = writeln!(
                text,
                "{name}={given}${{{environment}:?say the URL of {server}: as the argument, or in the variable {environment}}}{end}"
            );
        }
        let _ = writeln!(text, "repo=\"${{REPO:-{}}}\"", escaped(&self.repository));
        text.push_str(FUNCTIONS);
        text.push_str(&self.body);
        let _ = writeln!(text, "\nfinish {}", self.number);
        text
    }
}

/// A server as a variable of a shell.
fn variable(server: &str) -> String {
    server.replace(|character: char| !character.is_ascii_alphanumeric(), "_")
}

/// What stands between double quotes of a shell.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '\\' | '"' | '$' | '`') {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", escaped(text))
}
