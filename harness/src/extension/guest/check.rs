//! Holds extensions that are not in the project to those guidelines that are about their own repositories.

use std::path::{Path, PathBuf};

use miette::NamedSource;

use super::{GuestError, Workspace, scenarios, tree};
use crate::{
    extension::{Finding, Layout, Rule, Tree, check as check_tree},
    project::Project,
};

/// What of the project's guests does not keep to its guidelines: their crates and their scenarios. What the project writes
/// for them is right, and where it keeps its own lists and pages is not theirs.
///
/// # Errors
/// The project's own thin crate is not as it has to be, or a guest cannot be found.
pub fn check(project: &Project) -> Result<Vec<Finding>, GuestError> {
    let (Some(workspace), Some(guidelines)) = (Workspace::of(project)?, &project.guidelines) else {
        return Ok(Vec::new());
    };
    let mut tree = tree::tree(project, guidelines)?;
    let mut mounts = Vec::new();
    for guest in &project.guests {
        let folder = workspace.folder_of(guest)?;
        let own = Tree::new(&folder);
        for path in own.all_files("") {
            let text = own.text(&path).unwrap_or_default();
            let mounted = match path.strip_prefix(scenarios::FOLDER) {
                Ok(below) => guidelines.scenarios.join(below),
                Err(_) => Path::new(Layout::CRATES).join(&guest.name).join(&path),
            };
            tree.write(mounted, text);
        }
        mounts.push(Mount {
            name: guest.name.clone(),
            krate: Path::new(Layout::CRATES).join(&guest.name),
            scenarios: guidelines.scenarios.clone(),
            folder: project.shown(&folder).to_owned(),
        });
    }
    let findings = check_tree(&tree, guidelines).into_iter();
    Ok(findings
        .filter_map(|finding| mounts.iter().find_map(|mount| mount.own(&finding)))
        .collect())
}

/// Where the files of a guest are in the tree that is checked, and where they are in truth.
struct Mount {
    name: String,
    krate: PathBuf,
    scenarios: PathBuf,
    folder: PathBuf,
}

impl Mount {
    /// The finding as one of the guest's own files, if it is about one.
    fn own(&self, finding: &Finding) -> Option<Finding> {
        let path = &finding.path;
        let together =
            finding.rule == Rule::CombinationMissing && finding.message.contains(&format!("`{}`", self.name));
        let path = if let Ok(below) = path.strip_prefix(&self.krate) {
            self.folder.join(below)
        } else if together || path.starts_with(self.scenarios.join("extensions").join(&self.name)) {
            let below = path.strip_prefix(&self.scenarios).unwrap_or(path);
            self.folder.join(scenarios::FOLDER).join(below)
        } else {
            return None;
        };
        let source = NamedSource::new(path.display().to_string(), finding.source.inner().clone());
        Some(Finding {
            path,
            source,
            // What would be mended is not where the guest's files are.
            fix: None,
            ..finding.clone()
        })
    }
}
