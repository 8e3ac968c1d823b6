//! Each combination × scenario is a test of its own: `cargo test -p plimsoll-blackbox --test matrix -- scrub+lint::`
//! selects one combination, `-- ::conformance/tags` a folder in all of them.

use std::{collections::BTreeMap, path::PathBuf, process::ExitCode, sync::Arc};

use libtest_mimic::{Arguments, Completion, Failed, Trial};
use plimsoll::{
    combination::{Combination, Strategy},
    conformance, report,
    runner::{self, Job, RunOptions, Variant, Verdict},
    scenario::{self, Vocabulary},
    target::{ProcessTarget, Target},
};
use plimsoll_blackbox::{build, tool};
use tokio_util::sync::CancellationToken;

/// Decides all generated content. Always the same, so that a test that fails fails again.
const SEED: u64 = 1;

/// How many tests run side by side for each processor, unless the command line says: they wait more than they compute.
const TESTS_PER_PROCESSOR: usize = 8;

/// The longest label of a row, in characters, that stands in the name of a test.
const LONGEST_LABEL: usize = 48;

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    arguments.test_threads.get_or_insert(processors * TESTS_PER_PROCESSOR);
    let cancel = CancellationToken::new();
    if let Err(error) = runner::cancel_when_interrupted(cancel.clone()) {
        eprintln!("cannot listen to signals: {error}");
        return ExitCode::FAILURE;
    }
    match trials(&cancel) {
        Ok(trials) => libtest_mimic::run(&arguments, trials).exit_code(),
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn trials(cancel: &CancellationToken) -> Result<Vec<Trial>, String> {
    let project = build::project();
    let vocabulary = Vocabulary {
        extensions: Some(&project.extensions),
        statements: Some(conformance::statement_ids()),
    };
    let scenarios: Vec<_> = scenario::load_folder(&project.scenario_folder(), &project.root, &vocabulary)
        .map_err(|errors| errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))?
        .into_iter()
        .map(Arc::new)
        .collect();
    let combinations = Strategy::All
        .combinations(&project.space(), &[])
        .map_err(|error| error.to_string())?;
    let mut trials = Vec::new();
    for combination in combinations {
        // Listing the tests builds nothing: which binary it is, each test finds out itself.
        let target = Arc::new(target(PathBuf::new(), BTreeMap::new()));
        trials.extend(
            runner::jobs(&scenarios, &combination, &target)
                .into_iter()
                .map(|job| trial(job, cancel.clone())),
        );
    }
    Ok(trials)
}

fn target(binary: PathBuf, companions: BTreeMap<Combination, PathBuf>) -> Target {
    Target::Process(ProcessTarget {
        front: None,
        binary,
        companions,
        serve: build::project().serve.clone(),
    })
}

fn trial(job: Job, cancel: CancellationToken) -> Trial {
    let script = match job.variant {
        Variant::On => "",
        Variant::Off => "::off",
        Variant::Absent => "::absent",
    };
    // A label that is a whole document would make the list of tests unreadable; its number is as good.
    let label = job.row_label().map(|label| match label.chars().count() {
        0..=LONGEST_LABEL => format!("[{label}]"),
        _ => format!("[row {}]", job.row + 1),
    });
    let row = label.unwrap_or_default();
    let name = format!("{}::{}{script}{row}", job.combination, job.scenario.name);
    Trial::ignorable_test(name, move || run(job, cancel))
}

fn run(mut job: Job, cancel: CancellationToken) -> Result<Completion, Failed> {
    if job.meets_another() {
        // What is left out of one is in the other.
        let extensions = &build::project().extensions;
        let left_out = extensions.iter().map(String::as_str);
        let left_out = left_out.filter(|name| !job.combination.has(name));
        job.other = Some(Combination::new(extensions, left_out));
    }
    let named = job.scenario.combinations().into_iter().chain(&job.other);
    let companions = named.map(|named| Ok((named.clone(), build::binary_of(named)?)));
    let companions = companions.collect::<Result<_, Failed>>()?;
    job.target = Arc::new(target(build::binary_of(&job.combination)?, companions));
    let options = RunOptions {
        seed: SEED,
        project_root: build::project().root.clone(),
        logs: None,
        bar: runner::Bar::default(),
        cancel,
    };
    let finished = runner::run_job(&job, &options);
    match finished.verdict {
        Verdict::Pass => Ok(Completion::Completed),
        Verdict::KnownFailure => Ok(Completion::ignored_with(finished.reason.unwrap_or_default())),
        Verdict::Fail | Verdict::UnexpectedPass | Verdict::Flaky | Verdict::Error | Verdict::Warn => {
            Err(report::describe(&finished).into())
        }
        Verdict::NotReached => Err("the run was interrupted".into()),
        // What the machine does not let be done, CI has to.
        Verdict::PreconditionFailed if std::env::var_os(tool::REQUIRE).is_some() => {
            Err(finished.reason.unwrap_or_default().into())
        }
        Verdict::Unsupported | Verdict::PreconditionFailed | Verdict::Excluded => {
            Ok(Completion::ignored_with(finished.reason.unwrap_or_default()))
        }
    }
}
