//! What ends a command early, and with which status.

use std::io;

use miette::Diagnostic;

use crate::{
    bench::{BenchError, PlanError},
    build::{ArchiveError, BuildError},
    combination::{Excluded, TooMany, UnknownExtension},
    conformance::OfficialError,
    exit::Exit,
    extension::{ScaffoldError, TreeError, guest::GuestError, validate::MeasureError},
    kill::KillError,
    mutation::DeclarationError,
    output::OutputError,
    powercut::PowerCutError,
    project::ProjectError,
    scenario::LoadError,
};

/// What ends a command early.
#[derive(Debug, thiserror::Error)]
pub(super) enum CliError {
    #[error(transparent)]
    Project(#[from] ProjectError),
    #[error("the scenarios cannot be run as they are")]
    Scenarios(Vec<LoadError>),
    #[error("{message}")]
    Usage { message: String, help: String },
    #[error(transparent)]
    Build(#[from] BuildError),
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    #[error(transparent)]
    Guest(#[from] GuestError),
    #[error(transparent)]
    Official(#[from] OfficialError),
    #[error(transparent)]
    PowerCut(#[from] PowerCutError),
    #[error(transparent)]
    Kill(#[from] KillError),
    #[error(transparent)]
    Plan(#[from] PlanError),
    #[error(transparent)]
    Bench(#[from] BenchError),
    #[error(transparent)]
    Declarations(#[from] DeclarationError),
    #[error(transparent)]
    Report(#[from] OutputError),
    #[error(transparent)]
    Tree(#[from] TreeError),
    #[error("the costs cannot be measured: {0}")]
    Measure(#[from] MeasureError),
    #[error("cannot reach {url}: {reason}")]
    Unreachable { url: String, reason: String },
    #[error("cannot {what}: {source}")]
    Surroundings { what: String, source: io::Error },
    #[error("cannot write to the terminal: {0}")]
    Output(#[from] io::Error),
}

impl CliError {
    pub(super) fn usage(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self::Usage {
            message: message.into(),
            help: help.into(),
        }
    }

    pub(super) fn surroundings(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |source| Self::Surroundings { what, source }
    }

    pub(super) const fn exit(&self) -> Exit {
        match self {
            Self::Project(_)
            | Self::Scenarios(_)
            | Self::Declarations(_)
            | Self::Plan(_)
            | Self::Archive(ArchiveError::Refused { .. })
            | Self::Usage { .. } => Exit::Usage,
            Self::Build(_)
            | Self::Archive(ArchiveError::File { .. })
            | Self::Guest(_)
            | Self::Official(_)
            | Self::PowerCut(_)
            | Self::Kill(_)
            | Self::Bench(_)
            | Self::Report(_)
            | Self::Tree(_)
            | Self::Measure(_)
            | Self::Unreachable { .. }
            | Self::Surroundings { .. }
            | Self::Output(_) => Exit::Broken,
        }
    }

    /// Says on standard error what is wrong.
    pub(super) fn print(self) {
        match self {
            Self::Project(error) => print_diagnostic(&error),
            Self::Scenarios(errors) => errors.iter().for_each(|error| print_diagnostic(error)),
            Self::Usage { message, help } => anstream::eprintln!("error: {message}\n  help: {help}"),
            other => anstream::eprintln!("error: {other}"),
        }
    }
}

impl From<Vec<LoadError>> for CliError {
    fn from(errors: Vec<LoadError>) -> Self {
        Self::Scenarios(errors)
    }
}

impl From<ScaffoldError> for CliError {
    fn from(error: ScaffoldError) -> Self {
        let help = match &error {
            ScaffoldError::Name(_) => "choose another name",
            ScaffoldError::Layout => "write it by hand; `plimsoll check` says what is missing",
            ScaffoldError::Place { .. } => {
                "put it back as it was, or write the extension by hand; `plimsoll check` says what is missing"
            }
            ScaffoldError::Unknown(_) => "`extensions` in plimsoll.toml lists those that are there",
            ScaffoldError::Template { .. } => "this is a bug of plimsoll",
        };
        Self::usage(error.to_string(), help)
    }
}

impl From<UnknownExtension> for CliError {
    fn from(error: UnknownExtension) -> Self {
        Self::usage(error.to_string(), error.help)
    }
}

impl From<Excluded> for CliError {
    fn from(error: Excluded) -> Self {
        Self::usage(error.to_string(), "look at `constraints` in the project file")
    }
}

impl From<TooMany> for CliError {
    fn from(error: TooMany) -> Self {
        Self::usage(
            error.to_string(),
            "plan fewer with --combinations pairwise or each, or name one with --extensions",
        )
    }
}

/// Shows a diagnostic as the terminal can: colours and lines, or plain text where it is no terminal.
fn print_diagnostic(error: &dyn Diagnostic) {
    use std::io::IsTerminal;
    let coloured = io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let theme = if coloured {
        miette::GraphicalTheme::unicode()
    } else {
        miette::GraphicalTheme::unicode_nocolor()
    };
    let mut shown = String::new();
    let handler = miette::GraphicalReportHandler::new_themed(theme)
        .with_links(false)
        .with_context_lines(1);
    if handler.render_report(&mut shown, error).is_ok() {
        anstream::eprintln!("{}", shown.trim_end());
    } else {
        anstream::eprintln!("error: {error}");
    }
}
