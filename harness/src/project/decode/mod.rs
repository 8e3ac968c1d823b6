//! What the tables of a project file have to hold.

mod build;
mod constraints;
mod durability;
mod guests;
mod guidelines;
mod reader;
mod serve;
mod target;

use std::{path::Path, sync::Arc};

use serde_json::Value;
use toml::{Spanned, de::DeTable};

use super::{Build, Elsewhere, Project, Recipe, keys, load};
use crate::target::Serve;
pub(super) use reader::{Problems, Reader, table_as_json};

/// The project that `table` describes. Problems are added to `problems`; a project comes only with what it needs.
pub(super) fn project(table: &Spanned<DeTable<'_>>, root: &Path, problems: &mut Problems) -> Option<Project> {
    let mut reader = Reader::new("the file", table.span(), table.get_ref(), problems);
    if reader.has("registry") {
        return of_another(&mut reader, root);
    }
    reader.known(&keys::PROJECT);
    let name = reader.text("name");
    let scenarios = reader.text("scenarios").and_then(|path| reader.folder(&path, root));
    let any_registry = reader
        .has("any-registry")
        .then(|| reader.texts("any-registry"))
        .flatten();
    let extensions = reader.extensions("extensions");
    let constraints = match &extensions {
        Some(extensions) if reader.has("constraints") => {
            let read = reader.table("constraints", |reader| constraints::read(reader, extensions));
            read.unwrap_or_default()
        }
        _ => crate::combination::Constraints::default(),
    };
    let has_extensions = extensions.as_ref().is_some_and(|extensions| !extensions.is_empty());
    reader.one_of(&["build", "target"]);
    let (build, serve) = if reader.has("target") {
        let read = reader.table("target", |reader| target::read(reader, root));
        (
            read.map(|read| read.map(elsewhere)),
            Some(Some((Serve::nothing(), None))),
        )
    } else {
        let build = reader
            .has("build")
            .then(|| reader.table("build", |reader| build::read(reader, has_extensions)));
        let is_image = matches!(
            &build,
            Some(Some(Some(Build {
                recipe: Recipe::Image(_),
                ..
            })))
        );
        (
            build.flatten(),
            reader.table("serve", |reader| serve::read(reader, is_image)),
        )
    };
    let [official, bench] =
        ["official", "bench"].map(|key| reader.has(key).then(|| reader.table(key, config_alone)).flatten());
    let sweep = reader
        .has("durability")
        .then(|| reader.table("durability", durability::read))
        .flatten();
    let guidelines = reader
        .has("guidelines")
        .then(|| reader.table("guidelines", guidelines::read))
        .flatten();
    let mut guidelines = guidelines.flatten();
    if let (Some(guidelines), Some(scenarios)) = (&mut guidelines, &scenarios) {
        guidelines.scenarios.clone_from(scenarios);
    }
    let expectations = reader
        .optional_text("expectations")
        .and_then(|path| reader.below(&path));
    let census = reader.optional_text("census").and_then(|path| reader.below(&path));
    let (serve, container) = serve??;
    let mut project = Project {
        root: root.to_owned(),
        name: name?.into_inner(),
        scenarios: scenarios?,
        any_registry: any_registry.map(|names| names.into_iter().map(Spanned::into_inner).collect()),
        extensions: extensions?,
        constraints,
        build: build??,
        serve: Arc::new(serve),
        container,
        official_config: official.flatten(),
        bench_config: bench.flatten(),
        sweep: sweep.flatten(),
        guidelines,
        expectations,
        census,
        guests: Vec::new(),
    };
    guests::read(&mut reader, root, &mut project);
    if let Recipe::Image(image) = &project.build.recipe {
        project.put_in_container(image.clone());
    }
    Some(project)
}

/// The project at `registry`, with extensions beside it. It is what the repository of an extension has.
fn of_another(reader: &mut Reader<'_, '_>, root: &Path) -> Option<Project> {
    reader.known(&keys::OF_ANOTHER);
    let registry = reader.text("registry")?;
    reader.required(guests::KEY)?;
    match load(&root.join(registry.get_ref())) {
        Ok(mut project) => {
            guests::read(reader, root, &mut project);
            // What a run of the registry checks says nothing about one with more in it.
            project.census = None;
            Some(project)
        }
        Err(error) => {
            let message = format!("the project of the registry cannot be used: {error}");
            let help = "write the folder of a checkout of the registry, relative to this file";
            reader.problem(registry.span(), message, help);
            None
        }
    }
}

/// What is not built.
fn elsewhere(elsewhere: Elsewhere) -> Build {
    Build {
        recipe: Recipe::Elsewhere(elsewhere),
        verify: None,
    }
}

fn config_alone(reader: &mut Reader<'_, '_>) -> Option<Value> {
    reader.known(&keys::CONFIG_ALONE);
    reader.config().map(|(_, config)| config)
}
