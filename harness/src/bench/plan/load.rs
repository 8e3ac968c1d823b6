//! Reads a plan, and refuses one that could not be carried out.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::{Plan, Stage, What, Workload};

/// What is measured unless somebody has another plan.
const STANDARD: &str = include_str!("standard.toml");
/// The smallest blob, in bytes: each is different in its end.
const SMALLEST: u64 = 64;

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// The file cannot be read.
    #[error("the plan {} cannot be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is no plan.
    #[error("the plan {shown} is none: {source}")]
    Malformed {
        /// What it is called.
        shown: String,
        /// Where and why.
        source: Box<toml::de::Error>,
    },
    /// It cannot be carried out.
    #[error("the plan {shown}: {place}: {reason}")]
    Wrong {
        /// What it is called.
        shown: String,
        /// The stage and the workload.
        place: String,
        /// What is wrong, and what to write.
        reason: String,
    },
    /// No workload is called so.
    #[error("no stage or workload of the plan is called `{0}`")]
    Unknown(String),
}

impl Plan {
    /// The plan of this program.
    ///
    /// # Errors
    /// Never, unless this program is broken.
    pub fn standard() -> Result<Self, PlanError> {
        Self::parse(STANDARD, "standard.toml")
    }

    /// The plan in a file.
    ///
    /// # Errors
    /// It cannot be read, or is none.
    pub fn load(path: &Path) -> Result<Self, PlanError> {
        let source = fs::read_to_string(path).map_err(|source| PlanError::Unreadable {
            path: path.to_owned(),
            source,
        })?;
        Self::parse(&source, &path.display().to_string())
    }

    fn parse(source: &str, shown: &str) -> Result<Self, PlanError> {
        let plan: Self = toml::from_str(source).map_err(|source| PlanError::Malformed {
            shown: shown.to_owned(),
            source: Box::new(source),
        })?;
        let wrong = |place: String, reason: &str| PlanError::Wrong {
            shown: shown.to_owned(),
            place,
            reason: reason.to_owned(),
        };
        if plan.rounds == 0 {
            return Err(wrong("rounds".to_owned(), "write 1 or more"));
        }
        for stage in &plan.stages {
            check_stage(stage).map_err(|reason| wrong(stage.name.clone(), reason))?;
            for workload in &stage.workloads {
                let place = || format!("{}, {}", stage.name, workload.name);
                check(workload).map_err(|reason| wrong(place(), reason))?;
            }
        }
        Ok(plan)
    }

    /// The same with those stages and workloads alone whose names these are.
    ///
    /// # Errors
    /// One of the names is that of none.
    pub fn only(mut self, names: &[String]) -> Result<Self, PlanError> {
        if names.is_empty() {
            return Ok(self);
        }
        let known = |name: &String| {
            let mut stages = self.stages.iter();
            stages.any(|stage| stage.name == *name || stage.workloads.iter().any(|workload| workload.name == *name))
        };
        if let Some(name) = names.iter().find(|name| !known(name)) {
            return Err(PlanError::Unknown(name.clone()));
        }
        for stage in &mut self.stages {
            if !names.contains(&stage.name) {
                stage.workloads.retain(|workload| names.contains(&workload.name));
            }
        }
        self.stages.retain(|stage| !stage.workloads.is_empty());
        Ok(self)
    }
}

fn check_stage(stage: &Stage) -> Result<(), &'static str> {
    let content = &stage.content;
    let grow = [&content.tags, &content.referrers, &content.repositories];
    if grow.iter().filter(|sizes| sizes.all().len() > 1).count() > 1 {
        return Err("two things grow: make two stages of it");
    }
    if stage.workloads.is_empty() {
        return Err("nothing is measured: add a [[stage.workload]]");
    }
    Ok(())
}

fn check(workload: &Workload) -> Result<(), &'static str> {
    let operations = &workload.operations;
    if operations.iter().all(|operation| operation.share == 0) || workload.clients == 0 {
        return Err("nothing is done: there have to be operations with a share, and clients");
    }
    match (workload.requests, workload.lasts) {
        (Some(0), _) | (None, None) => return Err("write how many `requests` there are, or how long it `lasts`"),
        (Some(_), Some(_)) => return Err("write either `requests` or `lasts`"),
        (None, Some(_)) if !operations.iter().all(|operation| operation.what.leaves_no_trace()) => {
            return Err("what changes the content is counted: write `requests` instead of `lasts`");
        }
        _ => {}
    }
    for operation in operations {
        match (operation.what.has_size(), operation.size) {
            (true, Some(size)) if size.0 < SMALLEST => return Err("a blob has 64 bytes or more"),
            (true, None) => return Err("write the `size` of the blob"),
            (false, Some(_)) => return Err("`size` is that of a blob, and there is none"),
            _ => {}
        }
        if operation.what == What::Start && (operations.len() > 1 || workload.clients > 1) {
            return Err("`start` is done alone, by one client");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workload(text: &str) -> Result<Plan, PlanError> {
        Plan::parse(
            &format!("rounds = 1\n[[stage]]\nname = \"s\"\n[[stage.workload]]\nname = \"w\"\n{text}"),
            "p",
        )
    }

    #[test]
    fn the_standard_plan_is_one_and_so_is_the_quick_one() {
        let plan = Plan::standard().unwrap();
        let quick = plan.clone().quick();
        assert_eq!(quick.stages.len(), plan.stages.len());
        for stage in &quick.stages {
            check_stage(stage).unwrap();
            stage.workloads.iter().for_each(|workload| check(workload).unwrap());
        }
    }

    #[test]
    fn what_cannot_be_carried_out_is_refused_with_its_place() {
        for (text, reason) in [
            ("operations = [{ do = \"head-blob\" }]", "`requests`"),
            (
                "operations = [{ do = \"head-blob\" }]\nrequests = 1\nlasts = \"1s\"",
                "either",
            ),
            ("operations = [{ do = \"push-manifest\" }]\nlasts = \"1s\"", "counted"),
            ("operations = [{ do = \"push-blob\" }]\nrequests = 1", "`size`"),
            (
                "operations = [{ do = \"push-blob\", size = \"1\" }]\nrequests = 1",
                "64 bytes",
            ),
            (
                "operations = [{ do = \"start\", size = \"1 MiB\" }]\nrequests = 1",
                "there is none",
            ),
            ("operations = [{ do = \"start\" }]\nrequests = 1\nclients = 2", "alone"),
            ("operations = []\nrequests = 1", "nothing is done"),
            (
                "operations = [{ do = \"dance\" }]\nrequests = 1",
                "unknown variant `dance`",
            ),
            (
                "operations = [{ do = \"push-blob\", size = \"1 MB\" }]\nrequests = 1",
                "no size",
            ),
        ] {
            let error = workload(text).unwrap_err().to_string();
            assert!(error.contains(reason), "{text}: {error}");
        }
        workload("operations = [{ do = \"head-blob\" }]\nlasts = \"1s\"").unwrap();
    }

    #[test]
    fn one_thing_grows_and_upwards() {
        let content = |text: &str| {
            let plan = "rounds = 1\n[[stage]]\nname = \"s\"\n[[stage.workload]]\nname = \"w\"\noperations = [{ do = \"head-blob\" }]\nlasts = \"1s\"\n";
            Plan::parse(&format!("{plan}[stage.content]\n{text}"), "p")
        };
        assert!(content("tags = [1, 2]\nreferrers = 5").is_ok());
        assert!(
            content("tags = [1, 2]\nreferrers = [1, 2]")
                .unwrap_err()
                .to_string()
                .contains("two things")
        );
        assert!(content("tags = [2, 1]").is_err());
    }

    #[test]
    fn a_part_of_a_plan_is_what_is_named() {
        let plan = Plan::standard().unwrap();
        let first = plan.stages[0].workloads[0].name.clone();
        let part = plan.clone().only(std::slice::from_ref(&first)).unwrap();
        assert_eq!(part.stages.len(), 1);
        assert_eq!(part.stages[0].workloads.len(), 1);
        assert!(matches!(plan.only(&["x".to_owned()]), Err(PlanError::Unknown(_))));
    }
}
