//! A registry that somebody else runs: where it is, who we are to it, and whether it lets us in.

use std::{path::PathBuf, sync::Arc};

use clap::Args;

use super::{arguments::RunArguments, error::CliError};
use crate::{
    client::{Access, AccessError, AccessSettings, Client, Password, Request, Url},
    project::{Elsewhere, Project, Recipe},
    scenario::{Account, Accounts},
    target::UrlTarget,
};

/// Where the password of `--user` is, unless a file is named.
const PASSWORD: &str = "PLIMSOLL_PASSWORD";

/// Where that of `--other-user` is.
const OTHER_PASSWORD: &str = "PLIMSOLL_OTHER_PASSWORD";

/// A registry at a URL.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "A registry that is already there")]
pub(super) struct UrlArguments {
    /// Run against a registry that is already there; --extensions says what it has
    #[arg(long, value_name = "URL", conflicts_with_all = ["combinations", "official"])]
    pub(super) url: Option<String>,
    /// Who we are to it, where it asks: with a password, or with the tokens that one gets for it. The password is in the
    /// variable `PLIMSOLL_PASSWORD`, or in a file
    #[arg(long, value_name = "NAME", requires = "url")]
    user: Option<String>,
    /// The file whose first line is the password
    #[arg(long, value_name = "PATH", requires = "user")]
    password_file: Option<PathBuf>,
    /// The beginning of the names of repositories that are ours [default: the user's name and a slash]
    #[arg(long, value_name = "PREFIX", requires = "user")]
    namespace: Option<String>,
    /// Somebody else who has an account there, with no right to what is ours: for scenarios that take two accounts, such as those
    /// of scenarios/security/any. The password is in the variable `PLIMSOLL_OTHER_PASSWORD`, or in a file
    #[arg(long, value_name = "NAME", requires = "user")]
    other_user: Option<String>,
    /// The file whose first line is the password of `--other-user`
    #[arg(long, value_name = "PATH", requires = "other_user")]
    other_password_file: Option<PathBuf>,
    /// The beginning of the names of repositories that are theirs [default: their name and a slash]
    #[arg(long, value_name = "PREFIX", requires = "other_user")]
    other_namespace: Option<String>,
    /// A token server on another host than the registry, which may have the password too
    #[arg(long, value_name = "URL", requires = "user")]
    token_server: Option<String>,
    /// Certificates in PEM of who may vouch for the registry, instead of the system's
    #[arg(long, value_name = "PATH", requires = "url")]
    ca: Option<PathBuf>,
    /// Our own certificate in PEM, for a registry that asks for one
    #[arg(long, value_name = "PATH", requires_all = ["url", "key"])]
    certificate: Option<PathBuf>,
    /// The key of our certificate in PEM
    #[arg(long, value_name = "PATH", requires_all = ["url", "certificate"])]
    key: Option<PathBuf>,
    /// Believe any certificate, and send a password over plain HTTP too
    #[arg(long, requires = "url")]
    insecure: bool,
}

impl UrlArguments {
    fn settings(&self) -> AccessSettings {
        let file = self.password_file.clone().map(Password::File);
        let variable = || Password::Variable(PASSWORD.to_owned());
        AccessSettings {
            user: self.user.clone(),
            password: self.user.as_ref().map(|_| file.unwrap_or_else(variable)),
            token_server: self.token_server.clone(),
            ca: self.ca.clone(),
            certificate: self.certificate.clone(),
            key: self.key.clone(),
            insecure: self.insecure,
        }
    }

    /// The two accounts, if two were named. The first is that of `access`.
    fn accounts(&self, access: &Access) -> Result<Option<Accounts>, CliError> {
        let (Some(user), Some(password), Some(other)) = (access.user(), access.password(), &self.other_user) else {
            return Ok(None);
        };
        let file = self.other_password_file.clone().map(Password::File);
        let theirs = file.unwrap_or_else(|| Password::Variable(OTHER_PASSWORD.to_owned()));
        let theirs = theirs.read().map_err(|error| {
            CliError::usage(
                error.to_string(),
                format!("set {OTHER_PASSWORD}, or name a file with --other-password-file"),
            )
        })?;
        let account = |user: &str, password: &str, namespace: &Option<String>| {
            let account = Account::new(user, password);
            let namespace = namespace.clone().unwrap_or_else(|| account.namespace.clone());
            Account { namespace, ..account }
        };
        Ok(Some(Accounts {
            owner: account(user, password, &self.namespace),
            other: account(other, &theirs, &self.other_namespace),
        }))
    }

    /// The same again, as words.
    fn words(&self, url: &Url) -> String {
        let path = |path: &PathBuf| path.display().to_string();
        let options = [
            ("--url", Some(url.origin())),
            ("--user", self.user.clone()),
            ("--password-file", self.password_file.as_ref().map(path)),
            ("--namespace", self.namespace.clone()),
            ("--other-user", self.other_user.clone()),
            ("--other-password-file", self.other_password_file.as_ref().map(path)),
            ("--other-namespace", self.other_namespace.clone()),
            ("--token-server", self.token_server.clone()),
            ("--ca", self.ca.as_ref().map(path)),
            ("--certificate", self.certificate.as_ref().map(path)),
            ("--key", self.key.as_ref().map(path)),
        ];
        let said = options
            .into_iter()
            .filter_map(|(name, value)| Some(format!("{name} {}", value?)));
        let mut words: Vec<String> = said.collect();
        words.extend(self.insecure.then(|| "--insecure".to_owned()));
        words.join(" ")
    }
}

/// The registry at a URL that the command line or the project names; none if the project's own is built.
pub(super) fn target(project: &Project, arguments: &RunArguments) -> Result<Option<UrlTarget>, CliError> {
    let (url, settings, words) = match (&arguments.at.url, &project.build.recipe) {
        (Some(text), _) => {
            let url = Url::of_server(text).map_err(|error| CliError::usage(error.to_string(), error.help()))?;
            let words = arguments.at.words(&url);
            (url, arguments.at.settings(), words)
        }
        (None, Recipe::Elsewhere(Elsewhere { url, settings })) => (url.clone(), settings.clone(), String::new()),
        (None, _) => return Ok(None),
    };
    let access = Access::new(url.clone(), &settings).map_err(|error| not_so(&error))?;
    Ok(Some(UrlTarget {
        accounts: arguments.at.accounts(&access)?,
        url,
        extensions_known: !arguments.combinations.extensions.is_empty(),
        access: Arc::new(access),
        words,
    }))
}

fn not_so(error: &AccessError) -> CliError {
    let help = match error {
        AccessError::NoPassword(_) => {
            "put it into a file and name that with --password-file (`password-file` or `password-variable` in the project file)"
        }
        AccessError::NoUser => "name the user, or remove the password",
        AccessError::Secret(_) => "set PLIMSOLL_PASSWORD, or name a file with --password-file",
        AccessError::Unprotected(_) => "use https; --insecure says that it may, all the same",
        AccessError::TokenServer(_) => "write it like https://auth.example.org",
        AccessError::NotTls(_) => "write the URL with https, or leave out what is about certificates",
        AccessError::Tls(_) => "certificates and keys are files in PEM, which begin with -----BEGIN",
    };
    CliError::usage(error.to_string(), help)
}

/// Asks for `/v2/`: nobody who is not there, or does not let us in, is a registry that fails.
pub(super) fn knock(target: &UrlTarget) -> Result<(), CliError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(CliError::surroundings("make a runtime"))?;
    let url = Url {
        target: "/v2/".to_owned(),
        ..target.url.clone()
    };
    let client = Client::new(Some(Arc::clone(&target.access)));
    let exchange = runtime.block_on(client.send(Request::new("GET", url), true));
    let unreachable = |reason: String| CliError::Unreachable {
        url: target.url.origin(),
        reason,
    };
    match (exchange.answer, target.access.user()) {
        (Err(error), _) => Err(unreachable(error.to_string())),
        (Ok(response), Some(user)) if matches!(response.status, 401 | 403) => {
            let status = response.status;
            Err(unreachable(format!(
                "it answers {status} to the user `{user}`; is the password right?"
            )))
        }
        (Ok(_), _) => Ok(()),
    }
}
