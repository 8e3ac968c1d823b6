//! Completions and manual pages.

use std::{fs, process::Command};

use super::run;

/// The commands, as the help lists them.
pub(super) fn commands() -> Vec<String> {
    let (help, _, _) = run(&["--help"]);
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let listed = listed.take_while(|line| !line.is_empty());
    let names = listed.filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    let names: Vec<String> = names.filter(|name| !name.is_empty()).map(str::to_owned).collect();
    assert!(names.len() > 10, "{help}");
    names
}

#[test]
fn each_shell_completes_every_command() {
    for shell in ["bash", "zsh", "fish"] {
        let (script, error, status) = run(&["completions", shell]);
        assert_eq!(status, Some(0), "{error}");
        for command in commands() {
            assert!(script.contains(&command), "{shell} does not know {command}");
        }
        assert!(script.contains("--combinations"), "{shell}");
    }
    let (_, error, status) = run(&["completions", "csh"]);
    assert_eq!(status, Some(2));
    assert!(error.contains("bash") && error.contains("fish"), "{error}");
}

#[test]
fn bash_completes_commands_options_and_values() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("plimsoll.bash");
    fs::write(&script, run(&["completions", "bash"]).0).unwrap();
    let completed = |words: &str| {
        let words: Vec<&str> = words.split(' ').collect();
        let (last, before) = (words.len() - 1, words[words.len() - 2]);
        let ask = format!(
            "source {}; COMP_WORDS=({}); COMP_CWORD={last}; _plimsoll plimsoll '{}' {before}; echo ${{COMPREPLY[@]}}",
            script.display(),
            words
                .iter()
                .map(|word| format!("'{word}'"))
                .collect::<Vec<_>>()
                .join(" "),
            words[last]
        );
        let output = Command::new("bash").args(["--norc", "-c", &ask]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    assert_eq!(completed("plimsoll val"), "validate");
    assert_eq!(completed("plimsoll new-extension --ho"), "--hooks");
    assert_eq!(completed("plimsoll plan --format j"), "json");
}

#[test]
fn there_is_a_page_for_the_program_and_each_command() {
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("share/man1");
    let (_, error, status) = run(&["man", pages.to_str().unwrap()]);
    assert_eq!(status, Some(0), "{error}");
    let page = |name: &str| fs::read_to_string(pages.join(format!("{name}.1"))).unwrap_or_default();
    assert!(page("plimsoll").contains("Exit status"));
    for command in commands().iter().filter(|command| *command != "help") {
        let text = page(&format!("plimsoll-{command}"));
        assert!(text.contains(".TH"), "{command} has no page");
        assert!(text.contains("Example"), "{command}: {text}");
    }
    let blocked = folder.path().join("file");
    fs::write(&blocked, "").unwrap();
    let (_, error, status) = run(&["man", blocked.to_str().unwrap()]);
    assert_eq!(status, Some(3));
    assert!(error.contains("cannot write the pages"), "{error}");
}
