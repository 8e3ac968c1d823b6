//! How long the binary takes to build again once its own source has changed.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    time::SystemTime,
};

use super::{Cost, Sample};
use crate::{
    build::{BuildError, Builder},
    combination::Combination,
    project::Project,
};

/// How often each is built.
const ROUNDS: usize = 3;

/// What the build of `with` costs against that of `without`; none where cargo does not build it.
///
/// # Errors
/// A build fails.
pub fn build_times(project: &Project, without: &Combination, with: &Combination) -> Result<Option<Cost>, BuildError> {
    let builder = Builder::new(project)?;
    let Some(source) = builder.binary_source()? else {
        return Ok(None);
    };
    let source = Touched::new(source);
    let mut samples = Vec::new();
    for _ in 0..ROUNDS {
        let [without, with] = [without, with].map(|combination| {
            source.touch();
            let built = builder.build(combination, &|_| {})?;
            Ok::<f64, BuildError>(built.duration.as_secs_f64())
        });
        samples.push(Sample {
            without: without?,
            with: with?,
        });
    }
    Ok(Cost::of("build after a change", "s", &samples))
}

/// A file that looks changed, and looks as before in the end.
struct Touched {
    path: PathBuf,
    before: Option<SystemTime>,
}

impl Touched {
    fn new(path: PathBuf) -> Self {
        let before = fs::metadata(&path).and_then(|metadata| metadata.modified()).ok();
        Self { path, before }
    }

    fn touch(&self) {
        set_modified(&self.path, SystemTime::now());
    }
}

impl Drop for Touched {
    fn drop(&mut self) {
        if let Some(before) = self.before {
            set_modified(&self.path, before);
        }
    }
}

/// A time that cannot be set makes a build look faster than it is, for both alike.
fn set_modified(path: &Path, time: SystemTime) {
    let _ = File::options()
        .write(true)
        .open(path)
        .and_then(|file| file.set_modified(time));
}
