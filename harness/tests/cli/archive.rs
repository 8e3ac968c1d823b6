//! Builds that one machine makes and others run.

use std::{fs, process::Output};

use super::{
    interactions::{has_python, project},
    run_in as run,
};

const ARCHIVE: &str = "builds.tar";

#[track_caller]
fn ends(output: &Output, status: i32, says: &str) {
    let said = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    let said = said.concat();
    assert_eq!(output.status.code(), Some(status), "{said}");
    assert!(said.contains(says), "{says}: {said}");
}

#[test]
fn what_one_machine_builds_another_runs_and_nothing_that_is_not_its_own() {
    if !has_python() {
        return;
    }
    let project = project();
    let here = project.path();
    let build = [
        "build",
        "--extensions",
        "none",
        "--extensions",
        "audit",
        "--archive",
        ARCHIVE,
    ];
    ends(&run(here, &build), 0, "audit");

    // Nothing is built any more: where the sources do not build, the binaries run all the same.
    fs::remove_dir_all(here.join("target")).unwrap();
    let file = here.join("plimsoll.toml");
    let text = fs::read_to_string(&file).unwrap();
    let command = text.lines().find(|line| line.starts_with("run = ")).unwrap();
    fs::write(
        &file,
        text.replace(command, r#"run = ["false", "{extensions}", "{output}"]"#),
    )
    .unwrap();
    let both = ["run", "--archive", ARCHIVE, "--among", "audit"];
    ends(&run(here, &both), 0, "2 combinations × 3 scenarios");
    ends(&run(here, &["run", "--among", "audit"]), 3, "");

    // What is not in it is not built either.
    let other = ["run", "--archive", ARCHIVE, "--extensions", "events"];
    ends(&run(here, &other), 3, "builds.tar does not have it");

    let archive = here.join(ARCHIVE);
    let good = fs::read(&archive).unwrap();
    let mut bad = good.clone();
    let program = bad.windows(2).rposition(|bytes| bytes == b"#!").unwrap();
    bad[program] ^= 1;
    for (bytes, says) in [
        (&bad[..], "is damaged or missing"),
        (&good[..good.len() / 2], "builds.tar cannot be used"),
        (&good[..100], "it is no archive of builds"),
        (&[], "it is no archive of builds"),
    ] {
        fs::write(&archive, bytes).unwrap();
        ends(&run(here, &both), 2, says);
    }
    fs::remove_file(&archive).unwrap();
    ends(&run(here, &both), 3, "cannot open builds.tar");

    fs::write(&archive, &good).unwrap();
    fs::write(&file, text.replacen("\"audit\", ", "", 1)).unwrap();
    ends(&run(here, &["run", "--archive", ARCHIVE]), 2, "its extensions are [");
    fs::write(&file, text.replacen("name = \"", "name = \"another-", 1)).unwrap();
    ends(&run(here, &["run", "--archive", ARCHIVE]), 2, "and this is another-");
}
