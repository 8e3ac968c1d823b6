//! An extension in a repository of its own, built into the registry and held to its scenarios.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

use libtest_mimic::{Failed, Trial};
use plimsoll::{
    build::Builder,
    combination::select,
    conformance,
    extension::guest,
    project,
    runner::{self, RunOptions, Variant, Verdict},
    scenario::{self, Vocabulary},
    target::{ProcessTarget, Target},
};
use plimsoll_blackbox::{build, checkout::Checkout};
use tokio_util::sync::CancellationToken;

use super::HARNESS;

/// The example.
const EXAMPLE: &str = "fixtures/out-of-tree/motto";

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        Trial::test("out_of_tree::it_is_built_in_and_does_what_its_scenarios_say", built_in),
        Trial::test(
            "out_of_tree::it_keeps_to_the_guidelines_and_is_told_where_not",
            guidelines,
        ),
        Trial::test("out_of_tree::it_may_be_in_a_git_repository", from_git),
    ]
}

/// Without it, alone, with another, and with all: each binary and each scenario is right.
fn built_in() -> Result<(), Failed> {
    let root = build::project().root.clone();
    let project = project::load(&root.join(EXAMPLE))?;
    assert_eq!(project.root, root);
    let vocabulary = Vocabulary {
        extensions: Some(&project.extensions),
        statements: Some(conformance::statement_ids()),
    };
    let mut scenarios = Vec::new();
    for folder in guest::scenario_folders(&project)? {
        let loaded = scenario::load_folder(&folder, &root, &vocabulary).map_err(|errors| format!("{errors:?}"))?;
        scenarios.extend(loaded.into_iter().map(Arc::new));
    }
    let builder = Builder::new(&project)?;
    let mut passed: BTreeMap<(String, Variant), usize> = BTreeMap::new();
    for extensions in ["none", "motto", "metrics,motto", "metrics,sync,search,scrub,lint,motto"] {
        let combination = select(extensions, &project.extensions)?;
        let built = builder.build(&combination, &|_| {})?;
        let target = Arc::new(Target::Process(ProcessTarget {
            front: None,
            binary: built.binary,
            companions: BTreeMap::new(),
            serve: Arc::clone(&project.serve),
        }));
        for job in runner::jobs(&scenarios, &combination, &target) {
            let options = RunOptions {
                seed: 1,
                project_root: root.clone(),
                logs: None,
                bar: runner::Bar::default(),
                cancel: CancellationToken::new(),
            };
            let finished = runner::run_job(&job, &options);
            match finished.verdict {
                Verdict::Pass => *passed.entry((extensions.to_owned(), job.variant)).or_default() += 1,
                Verdict::Excluded => {}
                _ => return Err(plimsoll::report::describe(&finished).into()),
            }
        }
    }
    let passed = |extensions: &str, variant| passed.get(&(extensions.to_owned(), variant)).copied().unwrap_or(0);
    assert_eq!(passed("none", Variant::Absent), 2);
    assert_eq!((passed("motto", Variant::On), passed("motto", Variant::Off)), (4, 2));
    assert_eq!(passed("metrics,motto", Variant::On), 5);
    assert_eq!(passed("metrics,sync,search,scrub,lint,motto", Variant::On), 5);
    Ok(())
}

fn guidelines() -> Result<(), Failed> {
    let checkout = Checkout::new(HARNESS)?;
    let project = ["--project", EXAMPLE];
    let check = project.iter().chain(&["check"]).copied();
    checkout.plimsoll_succeeds(check.clone())?;
    fs::remove_file(
        checkout
            .path(EXAMPLE)
            .join("scenarios/combinations/metrics-and-motto.yaml"),
    )?;
    let manifest = format!("{EXAMPLE}/Cargo.toml");
    checkout.replace(&manifest, "serde =", "plimsoll-extension-lint = \"0.1\"\nserde =")?;
    let said = checkout.plimsoll(check)?;
    assert_eq!(said.status, Some(1), "{}{}", said.output, said.errors);
    for expected in ["PLE0304", &manifest, "PLE0606", "2 findings"] {
        assert!(said.output.contains(expected), "{expected}: {}", said.output);
    }
    Ok(())
}

fn from_git() -> Result<(), Failed> {
    let checkout = Checkout::new(HARNESS)?;
    let repository = Repository::new(&checkout.path(EXAMPLE))?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("plimsoll.toml");
    let text = format!(
        "registry = \"{}\"\n\n[[out-of-tree]]\nname = \"motto\"\ngit = \"file://{}\"\ntag = \"v1\"\n",
        checkout.path("").display(),
        repository.folder.path().display()
    );
    fs::write(&file, text)?;
    let project = file.display().to_string();
    let listed = checkout.plimsoll_succeeds(["--project", &project, "list", "extensions/motto"])?;
    assert!(listed.contains("the registry tells its motto"), "{listed}");
    checkout.plimsoll_succeeds(["--project", &project, "check"])?;
    fs::write(&file, fs::read_to_string(&file)?.replace("v1", "v2"))?;
    let said = checkout.plimsoll(["--project", &project, "list"])?;
    assert_eq!(said.status, Some(3), "{}", said.output);
    assert!(
        said.errors.contains("`motto` cannot be found") && said.errors.contains("v2"),
        "{}",
        said.errors
    );
    Ok(())
}

/// A git repository, which cargo keeps a copy of. All of it goes when this is dropped.
struct Repository {
    folder: tempfile::TempDir,
}

impl Repository {
    /// One whose tag `v1` has the files of `from`.
    fn new(from: &Path) -> Result<Self, Failed> {
        let folder = tempfile::Builder::new().prefix("plimsoll-git-").tempdir()?;
        let commit = [
            "-c",
            "user.name=a",
            "-c",
            "user.email=a@example.org",
            "commit",
            "--quiet",
            "--message",
            "a",
        ];
        for arguments in [&["init", "--quiet"][..], &["add", "--all"], &commit, &["tag", "v1"]] {
            let done = Command::new("git")
                .env("GIT_DIR", folder.path().join(".git"))
                .env("GIT_WORK_TREE", from)
                .args(arguments)
                .current_dir(from)
                .output()?;
            if !done.status.success() {
                return Err(String::from_utf8_lossy(&done.stderr).into_owned().into());
            }
        }
        Ok(Self { folder })
    }
}

impl Drop for Repository {
    fn drop(&mut self) {
        let Some(name) = self
            .folder
            .path()
            .file_name()
            .map(|name| name.to_string_lossy().to_lowercase())
        else {
            return;
        };
        let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
        let home = home.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo")));
        for kept in ["git/db", "git/checkouts"] {
            let entries = home.iter().filter_map(|home| fs::read_dir(home.join(kept)).ok());
            for entry in entries.flatten().flatten() {
                if entry.file_name().to_string_lossy().starts_with(&name) {
                    // What cannot be removed is cargo's to clean up.
                    let _ = fs::remove_dir_all(entry.path());
                }
            }
        }
    }
}
