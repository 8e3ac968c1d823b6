//! Where the scenarios of extensions are that are not in the project.

use std::path::PathBuf;

use super::{GuestError, Workspace};
use crate::project::Project;

/// What the folder is called, in the folder of the package.
pub(super) const FOLDER: &str = "scenarios";

/// The scenario folders of the project's guests, as far as they have one.
///
/// # Errors
/// A guest cannot be found.
pub fn scenario_folders(project: &Project) -> Result<Vec<PathBuf>, GuestError> {
    let Some(workspace) = Workspace::of(project)? else {
        return Ok(Vec::new());
    };
    let mut folders = Vec::new();
    for guest in &project.guests {
        let folder = workspace.folder_of(guest)?.join(FOLDER);
        folders.extend(folder.is_dir().then_some(folder));
    }
    Ok(folders)
}
