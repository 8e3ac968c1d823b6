//! The command line's words.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum, builder::styling};

use super::{
    bench::BenchArguments, durability::DurabilityArguments, fmt::FmtArguments, kill::KillArguments, pairs::Pairs,
    power_cut, prove::ProveArguments, shard::Shard, url::UrlArguments,
};
use crate::{
    combination::Strategy,
    conformance::{Binding, Version},
    extension::{Format, Hook},
    report::{Baseline, Output},
    scenario::unit::parse_duration,
};

const STYLES: styling::Styles = styling::Styles::styled()
    .header(styling::AnsiColor::Green.on_default().bold())
    .usage(styling::AnsiColor::Green.on_default().bold())
    .literal(styling::AnsiColor::Cyan.on_default());

/// Builds a container registry in every combination of its extensions, and holds each to scenarios and OCI conformance
#[derive(Debug, Parser)]
#[command(name = "plimsoll", version, styles = STYLES, max_term_width = 100, after_help = "\
Examples:
  plimsoll run                                        everything, in every combination
  plimsoll run --extensions scrub,lint conformance    one combination, some scenarios
  plimsoll run --url http://127.0.0.1:5000            a registry that is already there
  plimsoll new-extension hello --hooks routes         a new extension, with all that goes with it
  plimsoll validate hello                             whether it is good, and what it costs
  plimsoll run --help                                 what can be said to a command, with examples

Exit status:
  0  everything that applies passed
  1  a check failed
  2  the command line, plimsoll.toml or a scenario file is wrong
  3  a build or a start failed")]
pub struct Arguments {
    /// The project's file or folder [default: plimsoll.toml here or in the nearest folder above]
    #[arg(long, global = true, value_name = "PATH", env = "PLIMSOLL_PROJECT")]
    pub(super) project: Option<PathBuf>,
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Build combinations, run scenarios against each, report
    Run(Box<RunArguments>),
    /// Run what was red in the last run again
    Rerun(RerunArguments),
    /// Put the parts of a run that several machines did together
    Merge(MergeArguments),
    /// Print the combinations that a run would build
    Plan(PlanArguments),
    /// Build combinations, and print where their binaries are
    Build(BuildArguments),
    /// Run the official OCI conformance suite alone (needs Go)
    Official(OfficialArguments),
    /// Hold the extensions to the guidelines that they are written by
    Check(CheckArguments),
    /// Look at every state that a power cut could leave on the disk (needs strace)
    PowerCut(PowerCutArguments),
    /// Kill the registry again and again while clients work, and look whether it has what it acknowledged
    Kill(KillArguments),
    /// Kill the registry and cut its power, and say in a table how much was tried and what was lost (needs strace)
    Durability(DurabilityArguments),
    /// Measure registries, beside each other and beside what the machine can do at most
    Bench(BenchArguments),
    /// Write a new extension, with everything that goes with one
    NewExtension(NewExtensionArguments),
    /// Say whether an extension is good: the guidelines, builds, scenarios, conformance, and what it costs
    Validate(ValidateArguments),
    /// Take an extension out again
    RemoveExtension(RemoveExtensionArguments),
    /// Prove that the conformance scenarios catch what is wrong, and nothing that is right
    Prove(ProveArguments),
    /// Put scenario files in order: keys, spaces, indentation
    Fmt(FmtArguments),
    /// Print the scenarios
    List(ListArguments),
    /// Say what a statement of the specification is and what checks it, or what a code means
    Explain(ExplainArguments),
    /// Print the JSON Schema of a sort of file, for editors
    Schema(SchemaArguments),
    /// Print what a shell needs to complete commands and options
    Completions(CompletionsArguments),
    /// Write the manual pages
    Man(ManArguments),
}

/// Which combinations.
#[derive(Clone, Debug, Args)]
pub(super) struct CombinationArguments {
    /// How combinations are chosen: all, each (none, each alone, all), pairwise, t=3 (any three extensions in every state)
    /// [default: all; pairwise from ten extensions on]
    #[arg(long, value_name = "HOW")]
    pub(super) combinations: Option<Strategy>,
    /// Just this combination: its extensions with commas, or `none`; may be given again. With --combinations: these too
    #[arg(long, value_name = "A,B")]
    pub(super) extensions: Vec<String>,
    /// Only combinations of these extensions; the others are left out of every build
    #[arg(long, value_name = "A,B", conflicts_with = "extensions")]
    pub(super) among: Option<String>,
}

/// Whether a run is all that it has to be.
#[derive(Clone, Debug, Args)]
pub(super) struct WholeArguments {
    /// Write into the project's census how much this run checks; a later one that checks less is red
    #[arg(long, conflicts_with_all = ["scenarios", "only", "shard", "url", "extensions"])]
    pub(super) update_census: bool,
    /// How long the run may take, such as `20m`: what did not begin by then is not run, and the run is partial
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    pub(super) time_limit: Option<std::time::Duration>,
}

/// When a run ends.
#[derive(Clone, Copy, Debug, Args)]
pub(super) struct EndArguments {
    /// Stay, and run again what a change concerns: the scenarios that were changed, or everything where something else was
    #[arg(long, conflicts_with_all = ["shard", "update_census", "localise"])]
    pub(super) watch: bool,
    /// End the run at the first failure
    #[arg(long)]
    pub(super) fail_fast: bool,
}

/// Where results go, and what they are compared with.
#[derive(Clone, Debug, Args)]
pub(super) struct ReportArguments {
    /// Write a report: junit=PATH, json=, html=, tap=, github= (annotations) or summary= (Markdown); may be given again
    #[arg(long = "report", value_name = "FORMAT=PATH")]
    pub(super) reports: Vec<Output>,
    /// The JSON report of an earlier run: what is newly red, mended, slower and faster is told
    #[arg(long, value_name = "REPORT", value_parser = Baseline::read)]
    pub(super) baseline: Option<Baseline>,
}

#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  plimsoll run --report html=report.html          everything, with a page to look at
  plimsoll run --combinations pairwise            fewer builds; any two extensions still meet
  plimsoll run --combinations t=3 --localise      any three meet; what breaks together is named
  plimsoll run --extensions none                  the build without extensions
  plimsoll run scenarios/extensions/scrub         the scenarios below a folder
  plimsoll run --seed 471193 conformance/push     the same content as in an earlier run
  plimsoll run --shard 2/8 --seed 7               one of eight parts; see `plimsoll merge --help`
  plimsoll run --archive builds.tar               what `plimsoll build --archive` has built
  plimsoll run --watch extensions/scrub           again after each change, until Ctrl-C
  plimsoll run --repeat 20 conformance/push       what does not always pass is flaky
  plimsoll run --only PUSH,REF-03                 the scenarios that check these statements
  plimsoll run --url http://127.0.0.1:5000 --level should --spec dev
  PLIMSOLL_PASSWORD=… plimsoll run --url https://registry.example.org --user ci --ca ca.pem")]
pub(super) struct RunArguments {
    /// Scenario files or folders, as paths or as names below the scenario folder [default: all]
    #[arg(value_name = "SCENARIO")]
    pub(super) scenarios: Vec<String>,
    #[command(flatten)]
    pub(super) combinations: CombinationArguments,
    /// Only scenarios that check one of these statements or areas: PUSH,REF-03
    #[arg(long, value_name = "ID,…", value_delimiter = ',')]
    pub(super) only: Vec<String>,
    /// The least of what fails the run; what binds less is told [default: may; must with --url]
    #[arg(long, value_enum, value_name = "LEVEL")]
    pub(super) level: Option<Binding>,
    /// Which version of the specification the registry is held to [default: dev; 1.1 with --url]
    #[arg(long, value_enum, value_name = "VERSION")]
    pub(super) spec: Option<Version>,
    /// Decides all generated content [default: another every time]
    #[arg(long, value_name = "N")]
    pub(super) seed: Option<u64>,
    /// How many scenarios run side by side [default: eight for each processor]
    #[arg(long, short, value_name = "N")]
    pub(super) jobs: Option<std::num::NonZeroUsize>,
    /// Run each scenario so often; one that does not always end the same is flaky, and red
    #[arg(long, value_name = "N", default_value = "1")]
    pub(super) repeat: std::num::NonZeroUsize,
    /// One of several parts of the scenarios, for a machine of its own; `plimsoll merge` puts them together
    #[arg(long, value_name = "K/N", requires = "seed")]
    pub(super) shard: Option<Shard>,
    /// The events.jsonl of an earlier run, for parts that take the same time
    #[arg(long, value_name = "PATH", requires = "shard")]
    pub(super) durations: Option<PathBuf>,
    /// The file of the failures that are known [default: what plimsoll.toml says]
    #[arg(long, value_name = "PATH")]
    pub(super) expectations: Option<PathBuf>,
    #[command(flatten)]
    pub(super) whole: WholeArguments,
    #[command(flatten)]
    pub(super) end: EndArguments,
    /// Build and ask further combinations until it is certain which extensions are responsible for what fails
    #[arg(long, conflicts_with = "url")]
    pub(super) localise: bool,
    /// How many other builds open what each build has written: a number, which the seed decides about, or all
    #[arg(long, value_name = "N|all", default_value = "1")]
    pub(super) pairs: Pairs,
    /// Run the official OCI conformance suite too
    #[arg(long)]
    pub(super) official: bool,
    #[command(flatten)]
    pub(super) at: UrlArguments,
    /// Build nothing: take the binaries from what `plimsoll build --archive` wrote
    #[arg(long, value_name = "FILE", conflicts_with_all = ["url", "image"])]
    pub(super) archive: Option<PathBuf>,
    /// Run against containers of this image instead of builds; --extensions says what it has, or `none`
    #[arg(long, value_name = "NAME:TAG", conflicts_with_all = ["url", "combinations", "official", "localise"], help_heading = "A container image")]
    pub(super) image: Option<String>,
    #[command(flatten)]
    pub(super) reports: ReportArguments,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  plimsoll plan --combinations each
  plimsoll plan --format github >> \"$GITHUB_OUTPUT\"     matrix=…, for a job's `fromJSON`")]
pub(super) struct PlanArguments {
    #[command(flatten)]
    pub(super) combinations: CombinationArguments,
    /// How they are printed
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: PlanFormat,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(super) enum PlanFormat {
    /// A name a line
    #[default]
    Text,
    /// A list of names and extensions
    Json,
    /// A line for GitHub Actions: matrix={"include": …}
    Github,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  plimsoll build
  \"$(plimsoll build --extensions scrub,lint)\" serve config.json
  plimsoll build --archive builds.tar                 for machines that run with --archive")]
pub(super) struct BuildArguments {
    #[command(flatten)]
    pub(super) combinations: CombinationArguments,
    /// Put the binaries into a file too, so that other machines need not build them
    #[arg(long, value_name = "FILE")]
    pub(super) archive: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  plimsoll official
  plimsoll official --extensions none --report html=official.html")]
pub(super) struct OfficialArguments {
    #[command(flatten)]
    pub(super) combinations: CombinationArguments,
    #[command(flatten)]
    pub(super) reports: ReportArguments,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  plimsoll check                                each place that breaks a rule, and why
  plimsoll check --fix                          mend what a machine can mend, and show the rest
  plimsoll check --fix --dry-run                show what that would change
  plimsoll check --format sarif > check.sarif   for code scanning; --format github for annotations")]
pub(super) struct CheckArguments {
    /// Mend what can be mended
    #[arg(long)]
    pub(super) fix: bool,
    /// With --fix: print the changes as a diff, and make none
    #[arg(long, requires = "fix")]
    pub(super) dry_run: bool,
    /// How findings are written
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: Format,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  plimsoll power-cut
  plimsoll power-cut --extensions scrub,lint --rounds 5
  plimsoll power-cut --seed 471193 --steps 20      longer, and with the same clients as before

A run of the registry is recorded: what it does to its disk, and what it answers. Whatever was not synced by then may be \
missing after a power cut, in any order. A server is started on each state that this could leave, and has to have what \
clients had been told by then, whole; what was deleted stays deleted; and it goes on to take a push.")]
pub(super) struct PowerCutArguments {
    /// The combination to record: its extensions with commas, or `none`
    #[arg(long, value_name = "A,B", default_value = "none")]
    pub(super) extensions: String,
    /// Decides what clients do, and which states are drawn by chance [default: another every time]
    #[arg(long, value_name = "N")]
    pub(super) seed: Option<u64>,
    /// How many things each of three clients does in a round
    #[arg(long, value_name = "N", default_value_t = power_cut::STEPS)]
    pub(super) steps: usize,
    /// How many runs are recorded, each with the next seed
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(super) rounds: u64,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  plimsoll new-extension hello                             asks which hooks it shall have
  plimsoll new-extension hello --hooks routes,observer
  plimsoll new-extension hello --hooks task --dry-run      shows what would be written
  make matrix EXTENSIONS=metrics,hello                     then: with and without metrics")]
pub(super) struct NewExtensionArguments {
    /// What it is called: lower-case letters and digits
    #[arg(value_name = "NAME")]
    pub(super) name: String,
    /// What it reaches the registry through [default: asked on a terminal]
    #[arg(long, value_enum, value_delimiter = ',', value_name = "A,B")]
    pub(super) hooks: Vec<Hook>,
    /// Print the changes as a diff, and make none
    #[arg(long)]
    pub(super) dry_run: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  plimsoll validate scrub
  plimsoll validate scrub --page scrub.html        where the page goes
  plimsoll validate hello --no-costs               without measuring, in a fraction of the time

Builds without it, with it alone, with each other extension, with all and with all others are held to every scenario, and their \
answers compared. The costs are measured on the binary with it alone, against the one with nothing, in turn.")]
pub(super) struct ValidateArguments {
    /// Which
    #[arg(value_name = "NAME")]
    pub(super) name: String,
    /// Where the page goes [default: target/plimsoll/validate-NAME.html]
    #[arg(long, value_name = "PATH")]
    pub(super) page: Option<PathBuf>,
    /// Measure no costs
    #[arg(long)]
    pub(super) no_costs: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  plimsoll remove-extension hello --dry-run
  plimsoll remove-extension hello")]
pub(super) struct RemoveExtensionArguments {
    /// Which
    #[arg(value_name = "NAME")]
    pub(super) name: String,
    /// Print the changes as a diff, and make none
    #[arg(long)]
    pub(super) dry_run: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  plimsoll list
  plimsoll list extensions/lint")]
pub(super) struct ListArguments {
    /// Scenario files or folders [default: all]
    #[arg(value_name = "SCENARIO")]
    pub(super) scenarios: Vec<String>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  plimsoll explain                 the areas of the specification
  plimsoll explain PUSH            the statements of one
  plimsoll explain PUSH-DIG-04     a statement, and what checks it
  plimsoll explain PLM0201         what a problem of a scenario file means
  plimsoll explain PLM1009         what a kind of failure means, and what to look at")]
pub(super) struct ExplainArguments {
    /// A statement, as scenarios name it in `spec`, an area, or the code of a problem [default: all areas]
    #[arg(value_name = "WORD")]
    pub(super) word: Option<String>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  plimsoll rerun
  plimsoll rerun --report html=report.html")]
pub(super) struct RerunArguments {
    #[command(flatten)]
    pub(super) reports: ReportArguments,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  source <(plimsoll completions bash)                      in ~/.bashrc
  plimsoll completions zsh > ~/.zfunc/_plimsoll            a folder of $fpath, before compinit
  plimsoll completions fish > ~/.config/fish/completions/plimsoll.fish")]
pub(super) struct CompletionsArguments {
    /// The shell
    #[arg(value_enum, value_name = "SHELL")]
    pub(super) shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  plimsoll man ~/.local/share/man/man1      then: man plimsoll-run")]
pub(super) struct ManArguments {
    /// The folder for the pages; it is made if it is not there
    #[arg(value_name = "DIR")]
    pub(super) folder: PathBuf,
}

impl RerunArguments {
    /// The run of these scenarios with these combinations.
    pub(super) fn again(&self, scenarios: Vec<String>, combinations: Vec<String>, seed: u64) -> Option<RunArguments> {
        let mut words: Vec<String> = ["plimsoll", "run", "--pairs=all"].map(str::to_owned).into();
        words.push(format!("--seed={seed}"));
        words.extend(combinations.into_iter().map(|one| format!("--extensions={one}")));
        words.extend(scenarios);
        match Arguments::try_parse_from(words).ok()?.command {
            Command::Run(mut run) => {
                run.reports = self.reports.clone();
                Some(*run)
            }
            _ => None,
        }
    }
}

#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  plimsoll merge part-*/events.jsonl --census census.toml --report html=report.html")]
pub(super) struct MergeArguments {
    /// The events.jsonl of each part
    #[arg(value_name = "EVENTS", required = true)]
    pub(super) events: Vec<PathBuf>,
    /// The project's census, where the parts are a run of everything: checking less than it says is red
    #[arg(long, value_name = "FILE")]
    pub(super) census: Option<PathBuf>,
    #[command(flatten)]
    pub(super) reports: ReportArguments,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  plimsoll schema scenario > scenario.schema.json
  plimsoll schema scenario --format markdown        the same as a page, with an example for each key

A scenario that begins with this line is completed and explained by editors that have a YAML language server:
  # yaml-language-server: $schema=scenario.schema.json")]
pub(super) struct SchemaArguments {
    /// Of what
    #[arg(value_enum, value_name = "FILE")]
    pub(super) file: SchemaFile,
    /// How it is printed
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: SchemaFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum SchemaFile {
    /// Scenario files
    Scenario,
    /// plimsoll.toml
    Project,
    /// The file of the failures that are known
    Expectations,
    /// What `--report json=PATH` writes
    Report,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum SchemaFormat {
    /// JSON Schema, draft 2020-12
    #[default]
    Json,
    /// A page; of scenarios alone
    Markdown,
}
