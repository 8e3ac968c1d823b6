//! A build by any command, which leaves a binary somewhere.

use std::{
    fs::{self, File},
    io::{self, BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
};

use super::BuildError;
use crate::{
    combination::Combination,
    project::{CommandBuild, Output},
};

/// How many lines of what a command printed stand in an error.
const LAST_LINES: usize = 200;

/// Builds `combination`, and keeps its binary in `folder`. The second value says whether it is the binary that was there.
pub(super) fn build(
    recipe: &CommandBuild,
    root: &Path,
    folder: &Path,
    combination: &Combination,
    progress: &(dyn Fn(&str) + Sync),
) -> Result<(PathBuf, bool), BuildError> {
    fs::create_dir_all(folder).map_err(cannot("make", folder))?;
    let command = match &recipe.minimal {
        Some(minimal) if combination.extensions().is_empty() => minimal,
        _ => &recipe.command,
    };
    let (built, kept) = match &command.output {
        Output::Chosen => {
            let kept = folder.join("binary");
            (folder.join("binary.new"), kept)
        }
        Output::Fixed(path) => {
            let kept = folder.join(path.file_name().unwrap_or(path.as_os_str()));
            (root.join(path), kept)
        }
    };
    // What an earlier build left must not be taken for what this one was to make.
    remove(&built)?;
    let extensions = combination.extensions().join(&recipe.separator);
    let words: Vec<String> = command
        .run
        .iter()
        .map(|word| {
            let word = word.replace("{extensions}", &extensions);
            word.replace("{output}", &built.display().to_string())
        })
        .collect();
    run(&words, root, progress)?;
    if !built.is_file() {
        return Err(BuildError::NoOutput {
            command: words.join(" "),
            output: built,
        });
    }
    let fresh = same_content(&built, &kept).unwrap_or(false);
    if !fresh {
        // A binary that runs cannot be written to, but another can take its name.
        let copy = folder.join("binary.copy");
        fs::copy(&built, &copy).map_err(cannot("copy", &built))?;
        fs::rename(&copy, &kept).map_err(cannot("keep", &kept))?;
    }
    if command.output == Output::Chosen {
        remove(&built)?;
    }
    Ok((kept, fresh))
}

fn run(words: &[String], root: &Path, progress: &(dyn Fn(&str) + Sync)) -> Result<(), BuildError> {
    let cannot_run = |source| BuildError::Run {
        program: words[0].clone(),
        source,
    };
    let mut child = Command::new(&words[0])
        .args(&words[1..])
        .current_dir(root)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(cannot_run)?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let (mut said, last) = thread::scope(|scope| {
        let said = scope.spawn(|| lines(stdout, progress));
        let last = lines(stderr, progress);
        (said.join().unwrap_or_default(), last)
    });
    let status = child.wait().map_err(cannot_run)?;
    if status.success() {
        return Ok(());
    }
    // Errors are what people look for: they come last.
    said.extend(last);
    let begin = said.len().saturating_sub(LAST_LINES);
    let said = said[begin..].join("\n");
    Err(BuildError::Failed(format!(
        "`{}` failed ({status})\n{said}",
        words.join(" ")
    )))
}

fn lines(stream: Option<impl Read>, progress: &(dyn Fn(&str) + Sync)) -> Vec<String> {
    let mut said = Vec::new();
    for line in stream
        .into_iter()
        .flat_map(|stream| BufReader::new(stream).split(b'\n'))
    {
        let Ok(line) = line else { break };
        let line = String::from_utf8_lossy(&line).trim_end().to_owned();
        progress(line.trim());
        said.push(line);
    }
    said
}

fn same_content(one: &Path, other: &Path) -> io::Result<bool> {
    if fs::metadata(one)?.len() != fs::metadata(other)?.len() {
        return Ok(false);
    }
    let (mut one, mut other) = (BufReader::new(File::open(one)?), BufReader::new(File::open(other)?));
    loop {
        let (left, right) = (one.fill_buf()?, other.fill_buf()?);
        let length = left.len().min(right.len());
        if left[..length] != right[..length] {
            return Ok(false);
        }
        if length == 0 {
            return Ok(left.is_empty() && right.is_empty());
        }
        one.consume(length);
        other.consume(length);
    }
}

fn remove(path: &Path) -> Result<(), BuildError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(cannot("remove", path)(error)),
        _ => Ok(()),
    }
}

fn cannot(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> BuildError {
    let path = path.to_owned();
    move |source| BuildError::File { what, path, source }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::BuildCommand;

    fn combination(names: &[&str]) -> Combination {
        let known = ["scrub", "lint"].map(str::to_owned);
        Combination::new(&known, names.iter().copied())
    }

    fn shell(script: &str, output: Output) -> BuildCommand {
        BuildCommand {
            run: ["sh", "-c", script].map(str::to_owned).into(),
            output,
        }
    }

    fn recipe(script: &str, output: Output) -> CommandBuild {
        CommandBuild {
            command: shell(script, output),
            minimal: None,
            separator: ",".to_owned(),
        }
    }

    fn built(recipe: &CommandBuild, root: &Path, names: &[&str]) -> Result<(String, bool), String> {
        let folder = root.join("kept").join(names.join("+"));
        let (binary, fresh) =
            build(recipe, root, &folder, &combination(names), &|_| {}).map_err(|error| error.to_string())?;
        Ok((fs::read_to_string(binary).unwrap(), fresh))
    }

    #[test]
    fn each_combination_keeps_the_binary_that_its_command_left() {
        let root = tempfile::tempdir().unwrap();
        let mut recipe = recipe(
            "mkdir -p bin; echo '{extensions}' > bin/registry",
            Output::Fixed("bin/registry".into()),
        );
        assert_eq!(
            built(&recipe, root.path(), &["scrub", "lint"]),
            Ok(("scrub,lint\n".to_owned(), false))
        );
        assert_eq!(built(&recipe, root.path(), &[]), Ok(("\n".to_owned(), false)));
        // The same command again gives the same binary; the first is not touched by the second.
        assert_eq!(
            built(&recipe, root.path(), &["scrub", "lint"]),
            Ok(("scrub,lint\n".to_owned(), true))
        );
        recipe.minimal = Some(shell(
            "mkdir -p bin; echo none > bin/none",
            Output::Fixed("bin/none".into()),
        ));
        assert_eq!(built(&recipe, root.path(), &[]), Ok(("none\n".to_owned(), false)));
    }

    #[test]
    fn a_command_may_be_told_where_the_binary_goes() {
        let root = tempfile::tempdir().unwrap();
        let recipe = recipe("echo '{extensions}' > '{output}'", Output::Chosen);
        assert_eq!(built(&recipe, root.path(), &["lint"]), Ok(("lint\n".to_owned(), false)));
        assert_eq!(built(&recipe, root.path(), &["lint"]), Ok(("lint\n".to_owned(), true)));
    }

    #[test]
    fn a_command_that_fails_is_shown_with_what_it_printed() {
        let root = tempfile::tempdir().unwrap();
        let recipe = recipe("echo compiling; echo 'no such module' >&2; exit 3", Output::Chosen);
        let error = built(&recipe, root.path(), &[]).unwrap_err();
        assert!(
            error.contains("exit status: 3") && error.ends_with("compiling\nno such module"),
            "{error}"
        );
    }

    #[test]
    fn a_command_that_leaves_nothing_is_an_error_even_if_an_earlier_one_did() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("registry"), "old").unwrap();
        let recipe = recipe("true", Output::Fixed("registry".into()));
        let error = built(&recipe, root.path(), &[]).unwrap_err();
        assert!(error.contains("left no file") && error.contains("registry"), "{error}");
    }
}
