//! `build`: where the binary of a combination comes from.

use toml::Spanned;

use super::reader::Reader;
use crate::project::{Build, BuildCommand, CargoBuild, CommandBuild, Output, Recipe, keys};

pub(super) fn read(reader: &mut Reader<'_, '_>, has_extensions: bool) -> Option<Build> {
    reader.known(&keys::BUILD);
    let recipe = match reader.one_of(&["cargo", "command", "program", "image"]) {
        Some("cargo") => reader.table("cargo", cargo).flatten().map(Recipe::Cargo),
        Some("command") => {
            let command = reader.table("command", |reader| command(reader, has_extensions));
            command.flatten().map(Recipe::Command)
        }
        Some(one) => reader.text(one).and_then(|name| {
            if has_extensions {
                let message =
                    format!("`{one}` is one build, and the project has extensions that differ from build to build");
                reader.problem(name.span(), message, "write how it is built, or `extensions = []`");
                return None;
            }
            let name = name.into_inner();
            Some(match one {
                "image" => Recipe::Image(name),
                _ => Recipe::Program(name.into()),
            })
        }),
        None => None,
    };
    let verify = reader.has("verify").then(|| reader.texts("verify")).flatten();
    Some(Build {
        recipe: recipe?,
        verify: verify.map(inner),
    })
}

fn cargo(reader: &mut Reader<'_, '_>) -> Option<CargoBuild> {
    reader.known(&keys::CARGO);
    let package = reader.text("package");
    let profile = reader.optional_text("profile");
    Some(CargoBuild {
        package: package?.into_inner(),
        profile: profile.map_or_else(|| "release".to_owned(), Spanned::into_inner),
    })
}

fn command(reader: &mut Reader<'_, '_>, has_extensions: bool) -> Option<CommandBuild> {
    reader.known(&keys::COMMAND);
    let command = one_command(reader);
    if let Some(command) = &command
        && has_extensions
        && !mentions(&command.run, "{extensions}")
    {
        let span = reader.value("run").map_or(0..0, Spanned::span);
        let message = "no word has `{extensions}`: every combination would be the same binary";
        let help = "write it where the extensions go, such as [\"make\", \"EXTENSIONS={extensions}\"]";
        reader.problem(span, message, help);
    }
    let minimal = reader.has("minimal").then(|| {
        reader.table("minimal", |reader| {
            reader.known(&keys::MINIMAL);
            one_command(reader)
        })
    });
    let separator = reader.optional_text("separator");
    Some(CommandBuild {
        command: command?,
        minimal: minimal.flatten().flatten(),
        separator: separator.map_or_else(|| ",".to_owned(), Spanned::into_inner),
    })
}

/// A command, and where it leaves the binary.
fn one_command(reader: &mut Reader<'_, '_>) -> Option<BuildCommand> {
    let run = words(reader, "run")?;
    let output = match (mentions(&run, "{output}"), reader.has("output")) {
        (true, false) => Output::Chosen,
        (true, true) => {
            let span = reader.value("output").map_or(0..0, Spanned::span);
            let message = "`run` says `{output}`, which is a path that the harness chooses, and here is another";
            reader.problem(span, message, "remove `output`, or write its path into `run`");
            return None;
        }
        (false, _) => {
            let path = reader.text("output")?;
            Output::Fixed(reader.below(&path)?)
        }
    };
    Some(BuildCommand { run, output })
}

fn mentions(words: &[String], what: &str) -> bool {
    words.iter().any(|word| word.contains(what))
}

/// A program and its arguments.
fn words(reader: &mut Reader<'_, '_>, key: &str) -> Option<Vec<String>> {
    let words = reader.texts(key)?;
    if words.is_empty() {
        let span = reader.value(key).map_or(0..0, Spanned::span);
        reader.problem(
            span,
            format!("`{key}` is empty"),
            "write a program and its arguments, each a text",
        );
        return None;
    }
    Some(inner(words))
}

fn inner(texts: Vec<Spanned<String>>) -> Vec<String> {
    texts.into_iter().map(Spanned::into_inner).collect()
}
