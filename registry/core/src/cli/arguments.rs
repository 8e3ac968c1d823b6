//! The arguments, and the help that goes with them.

use std::path::PathBuf;

use clap::{CommandFactory as _, Parser, Subcommand, ValueEnum};

use crate::{
    config::Config,
    extension::{Extension, ExtensionCommand},
    hooks::Hooks,
};

/// What the thin binary is.
#[derive(Clone, Copy, Debug)]
pub struct Binary {
    /// Its version.
    pub version: &'static str,
    /// Every extension there is, in the recommended order, included or not.
    pub extensions: &'static [Extension],
}

impl Binary {
    /// The names of the extensions that the binary includes.
    pub fn included(&self) -> Vec<&'static str> {
        self.extensions
            .iter()
            .filter(|extension| extension.included)
            .map(|extension| extension.name)
            .collect()
    }

    /// What the extensions ask for with a configuration.
    pub fn hooks(&self, config: &Config) -> Hooks {
        let mut hooks = Hooks::default();
        for extension in self.extensions {
            (extension.enable)(config, &mut hooks);
        }
        hooks
    }
}

/// An OCI registry, with extensions that are compiled in or left out.
#[derive(Debug, Parser)]
#[command(name = "plimsoll-registry", disable_help_subcommand = true, after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Command,
}

const EXAMPLES: &str = "\
Examples:
  plimsoll-registry serve                   on 127.0.0.1:5000, with content in ./plimsoll-data
  plimsoll-registry serve config.yaml       as the file says
  plimsoll-registry verify config.yaml      show every problem of a file, without serving
  plimsoll-registry extensions              what this binary includes

Exit status: 0 success, 1 failure, 2 wrong usage or configuration.";

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Serve until SIGTERM or SIGINT, then let the requests in flight end.
    #[command(display_order = 1, after_help = SERVE_EXAMPLES)]
    Serve {
        /// The configuration, JSON or YAML. Without one: 127.0.0.1:5000, ./plimsoll-data, every built-in extension on.
        config: Option<PathBuf>,
    },
    /// Show every problem of a configuration.
    #[command(display_order = 2, after_help = VERIFY_EXAMPLES)]
    Verify {
        /// The configuration, JSON or YAML.
        config: PathBuf,
    },
    /// List the extensions that this binary includes, one a line.
    #[command(display_order = 4, after_help = EXTENSIONS_EXAMPLES)]
    Extensions {
        /// As a JSON array.
        #[arg(long)]
        json: bool,
    },
    /// Print what can be configured.
    #[command(display_order = 5, after_help = SCHEMA_EXAMPLES)]
    Schema {
        /// As what.
        #[arg(long, value_enum, default_value_t = SchemaFormat::Json)]
        format: SchemaFormat,
    },
    /// Print what a shell needs to complete commands and options.
    #[command(display_order = 6, after_help = COMPLETIONS_EXAMPLES)]
    Completions {
        /// The shell.
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
    /// Write the manual pages.
    #[command(display_order = 7, after_help = MAN_EXAMPLES)]
    Man {
        /// The folder for the pages. It is made if it is not there.
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
}

const SERVE_EXAMPLES: &str = "\
Examples:
  plimsoll-registry serve
  plimsoll-registry serve /etc/plimsoll/config.json

The log's first line announces the address, also where the configured port is 0:
  {\"level\":\"info\",\"message\":\"listening\",...,\"address\":\"127.0.0.1:5000\"}";

const VERIFY_EXAMPLES: &str = "\
Example:
  plimsoll-registry verify config.yaml && systemctl restart plimsoll-registry";

const EXTENSIONS_EXAMPLES: &str = "\
Examples:
  plimsoll-registry extensions
  plimsoll-registry extensions --json       [\"metrics\",\"scrub\"]";

const SCHEMA_EXAMPLES: &str = "\
Examples:
  plimsoll-registry schema > config.schema.json                  for editors
  plimsoll-registry schema --format markdown                     for people";

const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  source <(plimsoll-registry completions bash)                   in ~/.bashrc
  plimsoll-registry completions zsh > ~/.zfunc/_plimsoll-registry
  plimsoll-registry completions fish > ~/.config/fish/completions/plimsoll-registry.fish";

const MAN_EXAMPLES: &str = "\
Example:
  plimsoll-registry man ~/.local/share/man/man1                  then: man plimsoll-registry-serve";

/// How [`Command::Schema`] prints.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum SchemaFormat {
    /// JSON Schema, draft 2020-12.
    Json,
    /// The page of the documentation.
    Markdown,
}

/// The whole command line, with what the included extensions add.
pub(super) fn command_line(binary: &Binary, additional: &[ExtensionCommand]) -> clap::Command {
    let included = binary.included();
    let extensions = if included.is_empty() {
        "none".to_owned()
    } else {
        included.join(", ")
    };
    // Leaked: clap takes only what lives as long as the program, which this does.
    let version: &'static str = format!("{} (extensions: {extensions})", binary.version).leak();
    Arguments::command()
        .version(version)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommands(additional.iter().map(|added| added.command.clone().display_order(3)))
}
