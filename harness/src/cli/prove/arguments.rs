//! The words of `plimsoll prove`.

use std::{num::NonZeroUsize, path::PathBuf};

use clap::{Args, ValueEnum};

use crate::figures::FiguresOutput;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  plimsoll prove                                  every mutant is killed, every variation accepted
  plimsoll prove --only tags                      those of an area, or of statements: PUSH-DIG
  plimsoll prove --mutant tags/link-dropped       one of them
  plimsoll prove --list                           what there is
  plimsoll prove --compare official               the official suite on the same mutants (needs Go)
  plimsoll prove --declarations mine.toml         mutants of your own")]
pub(in crate::cli) struct ProveArguments {
    /// Only this mutant; may be given again
    #[arg(long = "mutant", value_name = "ID")]
    pub(in crate::cli) mutants: Vec<String>,
    /// Only this variation; may be given again
    #[arg(long = "variation", value_name = "ID")]
    pub(in crate::cli) variations: Vec<String>,
    /// Only those whose id, or one of whose statements, begins like this; may be given again
    #[arg(long, value_name = "PREFIX", value_delimiter = ',')]
    pub(in crate::cli) only: Vec<String>,
    /// Only so many of each kind, as the seed decides
    #[arg(long, value_name = "N")]
    pub(in crate::cli) sample: Option<NonZeroUsize>,
    /// Print what there is, and try nothing
    #[arg(long)]
    pub(in crate::cli) list: bool,
    /// Ask every scenario that could see a mutant, not only until one catches it, and say which never catch any
    #[arg(long)]
    pub(in crate::cli) full: bool,
    /// Show the same mutants to another suite
    #[arg(long, value_enum, value_name = "SUITE")]
    pub(in crate::cli) compare: Option<Suite>,
    /// Mutants and variations from a file, instead of those that are built in; may be given again
    #[arg(long, value_name = "PATH")]
    pub(in crate::cli) declarations: Vec<PathBuf>,
    /// The extensions that the registry is built with, with commas, or `none` [default: all]
    #[arg(long, value_name = "A,B")]
    pub(in crate::cli) extensions: Option<String>,
    /// Build with this cargo profile [default: that of plimsoll.toml]
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) profile: Option<String>,
    /// Decides all generated content [default: another every time]
    #[arg(long, value_name = "N")]
    pub(in crate::cli) seed: Option<u64>,
    /// How many scenarios run side by side [default: eight for each processor]
    #[arg(long, short, value_name = "N")]
    pub(in crate::cli) jobs: Option<NonZeroUsize>,
    /// Write a report: json=PATH, html=PATH or markdown=PATH; may be given again
    #[arg(long = "report", value_name = "FORMAT=PATH")]
    pub(in crate::cli) reports: Vec<FiguresOutput>,
}

/// A suite to compare with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Suite {
    /// The official OCI conformance suite
    Official,
}
