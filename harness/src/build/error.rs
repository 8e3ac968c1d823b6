//! Why there is no binary.

use std::{io, path::PathBuf};

use testcontainers::TestcontainersError;

use crate::extension::guest::GuestError;

/// Why a combination has no binary.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// A program could not be run.
    #[error("cannot run {program}: {source}")]
    Run {
        /// The program.
        program: String,
        /// Why.
        source: io::Error,
    },
    /// Cargo could not say where the project builds.
    #[error("cargo metadata failed:\n{0}")]
    Metadata(String),
    /// An extension that is not in the project cannot be built in.
    #[error(transparent)]
    Guest(#[from] GuestError),
    /// Cargo knows no such package.
    #[error("cargo knows no package `{0}`")]
    NoPackage(String),
    /// The build failed; this is what it printed.
    #[error("{0}")]
    Failed(String),
    /// Cargo built no binary for the package.
    #[error("cargo built no binary of the package `{0}`")]
    NoBinary(String),
    /// A command ended well, and its binary is not there.
    #[error("`{command}` left no file {}", output.display())]
    NoOutput {
        /// The command.
        command: String,
        /// Where the binary was to be.
        output: PathBuf,
    },
    /// A program that is there already is not there.
    #[error("there is no program {0}: neither at this path below the project nor in a folder of PATH")]
    NoProgram(PathBuf),
    /// An archive does not have it.
    #[error("{} does not have it; `plimsoll build --archive` with the same combinations makes one that does", .0.display())]
    NotInArchive(PathBuf),
    /// An image is not there, and cannot be pulled; or there is no engine.
    #[error("cannot use the image {image}: {source}")]
    Image {
        /// The image.
        image: String,
        /// Why.
        source: Box<TestcontainersError>,
    },
    /// Somebody else runs it.
    #[error("the project's registry is at {0}: there is nothing to build, and `plimsoll run` is what it is for")]
    Elsewhere(String),
    /// A file could not be read or written.
    #[error("cannot {what} {}: {source}", path.display())]
    File {
        /// What could not be done.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Cargo built other features than it was asked for.
    #[error(
        "cargo built {binary} with the features [{built}], not [{asked}]; does the package have a feature for each extension, and no feature that turns another on?"
    )]
    Features {
        /// What was built.
        binary: PathBuf,
        /// The features that it was built with.
        built: String,
        /// The combination.
        asked: String,
    },
    /// The binary says that it has other extensions than it was built with.
    #[error("`{command}` says that the binary has [{said}], not [{asked}]{stderr}")]
    Extensions {
        /// What was asked.
        command: String,
        /// What it printed.
        said: String,
        /// The combination.
        asked: String,
        /// What it printed beside, on a line of its own.
        stderr: String,
    },
}
