//! The command line.

use super::{plimsoll, run};

/// A project with five extensions, whatever becomes of ours.
const EXAMPLE: &str = "fixtures/projects/five";

#[test]
fn every_command_teaches_by_examples() {
    for command in super::manual::commands().iter().filter(|command| *command != "help") {
        let (help, _, status) = run(&[command.as_str(), "--help"]);
        assert_eq!(status, Some(0));
        assert!(help.contains("Example"), "{command}: {help}");
    }
}

#[test]
fn the_help_names_every_command_and_exit_status() {
    let (help, _, status) = run(&["--help"]);
    assert_eq!(status, Some(0));
    insta::assert_snapshot!(help);
}

#[test]
fn what_cannot_be_meant_is_refused_with_status_2() {
    for arguments in [
        &["rnu"][..],
        &[],
        &["run", "--report", "pdf=x"],
        &["run", "--combinations", "some"],
        &["run", "--combinations", "t=7"],
        &[
            "run",
            "--url",
            "http://127.0.0.1:1",
            "--extensions",
            "lint",
            "--extensions",
            "none",
        ],
        &["run", "--url", "http://127.0.0.1:1", "--official"],
        &["run", "--jobs", "0"],
        &["run", "--seed", "x"],
        &["plan", "--format", "yaml"],
    ] {
        let (out, error, status) = run(arguments);
        assert_eq!(status, Some(2), "{arguments:?}: {out}{error}");
        assert!(!error.is_empty(), "{arguments:?}");
        assert!(out.is_empty(), "{arguments:?}: {out}");
    }
}

#[test]
fn an_unknown_extension_is_refused_with_what_there_is() {
    let (_, error, status) = run(&["plan", "--project", EXAMPLE, "--extensions", "scrub,lnit"]);
    assert_eq!(status, Some(2));
    insta::assert_snapshot!(error, @r"
    error: there is no extension `lnit`
      help: did you mean `lint`? What may stand here: `metrics`, `sync`, `search`, `scrub`, `lint` or `none`
    ");
}

#[test]
fn a_filter_that_selects_nothing_is_refused() {
    let (_, error, status) = run(&["run", "conformance/push", "conformance/pusch"]);
    assert_eq!(status, Some(2));
    insta::assert_snapshot!(error, @r"
    error: `conformance/pusch` selects no scenario
      help: did you mean `conformance/push`? A scenario is a file or folder below the scenario folder; `plimsoll list` prints them
    ");
}

#[test]
fn a_url_that_is_none_is_refused_before_anything_runs() {
    for url in ["127.0.0.1:5000", "ftp://127.0.0.1", "nonsense"] {
        let (_, error, status) = run(&["run", "--url", url]);
        assert_eq!(status, Some(2), "{error}");
        assert!(error.contains("http://127.0.0.1:5000"), "{error}");
    }
}

#[test]
fn a_plan_is_a_name_a_line_and_says_what_it_covers() {
    let (plan, coverage, status) = run(&["plan", "--project", EXAMPLE, "--combinations", "each"]);
    assert_eq!(status, Some(0));
    insta::assert_snapshot!(plan, @r"
    minimal
    metrics
    sync
    search
    scrub
    lint
    metrics+sync+search+scrub+lint
    ");
    insta::assert_snapshot!(coverage, @"7 combinations: all single states, all pairs, 62.5 % of triples (50 of 80)");
}

#[test]
fn combinations_that_are_named_are_in_the_plan_once() {
    let (plan, _, status) = run(&[
        "plan",
        "--extensions",
        "lint,scrub",
        "--extensions",
        "none",
        "--extensions",
        "scrub,lint",
    ]);
    assert_eq!((plan.as_str(), status), ("scrub+lint\nminimal\n", Some(0)));
    let (plan, _, status) = run(&["plan", "--combinations", "each", "--extensions", "lint,scrub"]);
    assert_eq!((plan.lines().any(|line| line == "scrub+lint"), status), (true, Some(0)));
    assert_eq!(plan.lines().next(), Some("minimal"));
}

/// A project with many extensions, and constraints.
fn large_project() -> tempfile::TempDir {
    let project = tempfile::tempdir().expect("there is room for a folder");
    std::fs::create_dir(project.path().join("scenarios")).expect("the folder is empty");
    std::fs::write(
        project.path().join("plimsoll.toml"),
        "name = \"large\"\nscenarios = \"scenarios\"\n\
         extensions = [\"a\", \"b\", \"c\", \"d\", \"e\", \"f\", \"g\", \"h\", \"i\", \"j\", \"k\", \"l\"]\n\
         [constraints]\nrequires = { b = [\"a\"] }\nconflicts = [[\"c\", \"d\"]]\n\
         [build.command]\nrun = [\"make\", \"EXTENSIONS={extensions}\"]\noutput = \"x\"\n\
         [serve]\narguments = [\"{root}\"]\naddress-from-log = \"address\"\n",
    )
    .expect("the file is not there yet");
    project
}

#[test]
fn many_extensions_are_planned_in_pairs_unless_somebody_asks_for_all() {
    let project = large_project();
    let plan = |arguments: &[&str]| {
        let output = plimsoll()
            .arg("plan")
            .args(arguments)
            .current_dir(project.path())
            .output()
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (text(&output.stdout).lines().count(), text(&output.stderr))
    };
    let (pairs, said) = plan(&[]);
    assert!((6..20).contains(&pairs), "{pairs}");
    assert!(said.contains("all pairs") && said.contains("% of triples"), "{said}");
    let (triples, said) = plan(&["--combinations", "t=3"]);
    assert!(triples > pairs && said.contains("all triples"), "{said}");
    // Of four states of a and b three are possible, of c and d too.
    assert_eq!(plan(&["--combinations", "all"]).0, 3 * 3 * 256);
}

#[test]
fn what_is_named_comes_with_what_it_requires_and_what_cannot_be_is_refused() {
    let project = large_project();
    let plan = |extensions: &str| {
        let output = plimsoll()
            .args(["plan", "--extensions", extensions])
            .current_dir(project.path())
            .output()
            .unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (text(output.stdout), text(output.stderr), output.status.code())
    };
    assert_eq!(plan("b").0, "a+b\n");
    let (_, error, status) = plan("c,d");
    assert_eq!(status, Some(2));
    insta::assert_snapshot!(error, @r"
    error: the project's constraints admit no combination with c+d
      help: look at `constraints` in the project file
    ");
}

#[test]
fn a_plan_is_restricted_to_some_extensions() {
    let plan = |among: &str, how: &[&str]| run(&[&["plan", "--project", EXAMPLE, "--among", among], how].concat());
    assert_eq!(plan("lint", &[]).0, "minimal\nlint\n");
    let each = plan("lint,metrics,scrub", &["--combinations", "each"]).0;
    assert_eq!(each, "minimal\nmetrics\nscrub\nlint\nmetrics+scrub+lint\n");
    assert_eq!(plan("none", &[]).0, "minimal\n");
    let (_, error, status) = plan("lnit", &[]);
    assert_eq!(status, Some(2));
    assert!(error.contains("did you mean `lint`?"), "{error}");
}

#[test]
fn a_plan_for_github_is_one_line_with_a_matrix() {
    let (plan, _, status) = run(&[
        "plan",
        "--project",
        EXAMPLE,
        "--combinations",
        "each",
        "--format",
        "github",
    ]);
    assert_eq!(status, Some(0));
    let matrix = plan
        .strip_prefix("matrix=")
        .and_then(|line| line.strip_suffix('\n'))
        .unwrap();
    assert!(!matrix.contains('\n'));
    let matrix: serde_json::Value = serde_json::from_str(matrix).unwrap();
    let include = matrix["include"].as_array().unwrap();
    assert_eq!(include.len(), 7);
    assert_eq!(include[0]["extensions"], "none");
    assert_eq!(include[6]["combination"], "metrics+sync+search+scrub+lint");
    assert_eq!(include[6]["extensions"], "metrics,sync,search,scrub,lint");
}

#[test]
fn what_a_plan_for_json_says_is_taken_by_extensions() {
    let (plan, _, _) = run(&["plan", "--format", "json"]);
    let plan: serde_json::Value = serde_json::from_str(&plan).unwrap();
    for entry in plan.as_array().unwrap() {
        let (one, _, status) = run(&["plan", "--extensions", entry["extensions"].as_str().unwrap()]);
        assert_eq!(status, Some(0));
        assert_eq!(one.trim_end(), entry["combination"].as_str().unwrap());
    }
}

#[test]
fn a_statement_is_explained_with_the_scenarios_that_check_it_and_the_mutants_that_prove_them() {
    let (explained, _, status) = run(&["explain", "del-man-07"]);
    assert_eq!(status, Some(0));
    insta::assert_snapshot!(explained, @r"
    DEL-MAN-07  MUST
        deleting a manifest from a repository that does not exist is 404

    section  Deleting Manifests
    since    1.0
    seen     in requests and their answers
    state    checked

    scenarios
      scenarios/conformance/delete/manifest-of-unknown-repository.yaml
        the deletion of a manifest in a repository that does not exist is answered with 404

    mutants
      delete/unknown-repository-202
        a registry that answers 202 to a deletion in a repository that does not exist
      delete/unknown-repository-500
        a registry that answers 500 to a deletion in a repository that does not exist
    ");
    let (explained, _, _) = run(&["explain", "REF-13"]);
    let variation = "\nvariations\n  choices/small-pages-of-referrers\n    a registry that lists one referrer at once";
    assert!(explained.contains(variation), "{explained}");
    let (explained, _, _) = run(&["explain", "REF-18"]);
    assert!(explained.contains("state    not testable: "), "{explained}");
}

#[test]
fn what_changed_its_level_says_since_when() {
    let (explained, _, _) = run(&["explain", "PULL-BLOB-03"]);
    assert!(explained.contains("since    dev; SHOULD since 1.0"), "{explained}");
}

#[test]
fn an_area_is_explained_by_its_statements_and_none_by_all_areas() {
    let (explained, _, status) = run(&["explain", "SUBJ"]);
    assert_eq!(status, Some(0));
    insta::assert_snapshot!(explained, @r"
    SUBJ-01           MUST        checked       where referrers are listed, a manifest with a subject is answered with `OCI-Subject`
    SUBJ-02           STATED      checked       `OCI-Subject` is the subject's digest
    ");
    let (explained, _, status) = run(&["explain"]);
    assert_eq!(status, Some(0));
    assert!(explained.contains("\nPUSH "), "{explained}");
    assert!(explained.contains("\nall            201 "), "{explained}");
}

#[test]
fn a_code_is_explained() {
    let (explained, _, status) = run(&["explain", "plm0201"]);
    assert_eq!(status, Some(0));
    insta::assert_snapshot!(explained, @r"
    PLM0201  A key that may not stand there.

    A key that is misspelt or stands in the wrong place would check nothing, silently. docs/scenarios.md lists what may stand where.
    ");
}

#[test]
fn what_cannot_be_explained_is_refused_with_what_is_near() {
    for (word, near) in [
        ("PUSH-DIG-4", "PUSH-DIG-04"),
        ("CHNK", "CHUNK"),
        ("PLM0202x", "PLM0202"),
    ] {
        let (out, error, status) = run(&["explain", word]);
        assert_eq!((out.as_str(), status), ("", Some(2)));
        assert!(error.contains(&format!("did you mean `{near}`?")), "{error}");
    }
}

#[test]
fn output_that_nobody_reads_to_its_end_is_no_failure() {
    use std::{io::Read, process::Stdio};

    let program = plimsoll().get_program().to_owned();
    let mut child = std::process::Command::new(program)
        .arg("list")
        .current_dir(super::repository())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Dropped at the end of the statement: the pipe is closed.
    child.stdout.take().unwrap().read_exact(&mut [0; 1]).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn what_a_record_needs_is_looked_for_before_anything_is_built() {
    for command in ["power-cut", "durability"] {
        let empty = tempfile::tempdir().unwrap();
        let mut without_strace = plimsoll();
        without_strace
            .args(["--project", EXAMPLE, command])
            .env("PATH", empty.path());
        let output = without_strace.output().unwrap();
        assert_eq!(
            String::from_utf8_lossy(&output.stderr),
            "error: strace is not installed; on Debian: apt-get install strace\n"
        );
        assert_eq!(output.status.code(), Some(3));
    }
}

#[test]
fn a_tally_that_is_none_is_refused_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let tally = folder.path().join("tally.jsonl");
    std::fs::write(&tally, "{\"proof\": \"corruption\", \"unit\": \"damages\"}\n").unwrap();
    let tally = tally.to_str().unwrap();
    let (_, error, status) = run(&["--project", EXAMPLE, "durability", "--tally", tally]);
    assert_eq!(status, Some(2), "{error}");
    assert!(error.contains("tally.jsonl, line 1: missing field `tried`"), "{error}");
}

#[test]
fn what_a_proof_is_about_is_listed_and_what_was_meant_is_said() {
    let (list, error, status) = run(&["prove", "--list", "--only", "tags/link"]);
    assert_eq!((error.as_str(), status), ("", Some(0)));
    assert!(list.contains("mutant tags/link-without-rel (TAGS-09)"), "{list}");
    let (one, _, _) = run(&["prove", "--list", "--variation", "choices/no-ranges"]);
    assert_eq!(one.lines().count(), 2, "{one}");
    let (_, error, status) = run(&["prove", "--mutant", "tags/link-without-rle"]);
    assert_eq!(status, Some(2));
    assert!(error.contains("did you mean `tags/link-without-rel`?"), "{error}");
}

#[test]
fn a_seed_decides_a_sample_of_a_proof() {
    let sample = |seed| run(&["prove", "--list", "--sample", "5", "--seed", seed]).0;
    assert_eq!(sample("1").lines().count(), 20);
    assert_eq!(sample("1"), sample("1"));
    assert_ne!(sample("1"), sample("2"));
}
