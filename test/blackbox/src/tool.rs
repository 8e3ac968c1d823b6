//! The clients that the tests drive, and what becomes of a test whose client is not there.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use libtest_mimic::{Completion, Failed, Trial};

/// Set by CI: a test whose tool is missing fails there, and is reported as not run elsewhere.
pub const REQUIRE: &str = "PLIMSOLL_REQUIRE_TOOLS";

/// A program that a test needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tool {
    /// The program.
    pub name: &'static str,
    /// How to get it.
    pub hint: &'static str,
}

/// skopeo.
pub const SKOPEO: Tool = Tool {
    name: "skopeo",
    hint: "apt-get install skopeo",
};
/// umoci.
pub const UMOCI: Tool = Tool {
    name: "umoci",
    hint: "apt-get install umoci",
};
/// crane.
pub const CRANE: Tool = Tool {
    name: "crane",
    hint: "go install github.com/google/go-containerregistry/cmd/crane@latest, or ci/install-tools",
};
/// oras.
pub const ORAS: Tool = Tool {
    name: "oras",
    hint: "go install oras.land/oras/cmd/oras@latest, or ci/install-tools",
};
/// The Docker command line, with an engine that answers.
pub const DOCKER: Tool = Tool {
    name: "docker",
    hint: "apt-get install docker.io, then ci/docker-engine",
};
/// Debian's docker-registry.
pub const DOCKER_REGISTRY: Tool = Tool {
    name: "docker-registry",
    hint: "apt-get install docker-registry",
};
/// nginx, wherever the benchmark looks for it.
pub const NGINX: Tool = Tool {
    name: "nginx",
    hint: "apt-get install nginx-light",
};
/// strace.
pub const STRACE: Tool = Tool {
    name: "strace",
    hint: "apt-get install strace",
};
/// A busybox that is linked statically, of which images are made.
pub const BUSYBOX: Tool = Tool {
    name: "/bin/busybox",
    hint: "apt-get install busybox-static",
};

impl Tool {
    /// Where it is, if it is there and of use.
    pub fn find(self) -> Option<PathBuf> {
        let path = which(self.name)?;
        let usable = self != DOCKER
            || Command::new(&path)
                .arg("version")
                .output()
                .is_ok_and(|output| output.status.success());
        usable.then_some(path)
    }

    /// Runs it to its end. Its standard output, or what it said of its failure.
    pub fn run(self, arguments: &[&str]) -> Result<String, Failed> {
        self.run_in(&[], arguments)
    }

    /// The same with these variables in its environment.
    pub fn run_in(self, environment: &[(&str, &str)], arguments: &[&str]) -> Result<String, Failed> {
        let output = self.output(environment, arguments)?;
        let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
        if output.status.success() {
            return Ok(stdout);
        }
        let stderr = String::from_utf8_lossy(&output.stderr);
        Err(format!(
            "{} {} failed ({}):\n{stdout}{stderr}",
            self.name,
            arguments.join(" "),
            output.status
        )
        .into())
    }

    /// Runs it to its end, which has to be a failure. What it said.
    pub fn refuses(self, arguments: &[&str]) -> Result<String, Failed> {
        self.refuses_in(&[], arguments)
    }

    /// The same with these variables in its environment.
    pub fn refuses_in(self, environment: &[(&str, &str)], arguments: &[&str]) -> Result<String, Failed> {
        let output = self.output(environment, arguments)?;
        if output.status.success() {
            return Err(format!("{} {} succeeded", self.name, arguments.join(" ")).into());
        }
        Ok(String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
    }

    fn output(self, environment: &[(&str, &str)], arguments: &[&str]) -> Result<std::process::Output, Failed> {
        let path = self.find().ok_or_else(|| Failed::from(self.missing()))?;
        Ok(Command::new(path)
            .args(arguments)
            .envs(environment.iter().copied())
            .stdin(std::process::Stdio::null())
            .output()?)
    }

    fn missing(self) -> String {
        format!("{} is not here; to get it: {}", self.name, self.hint)
    }
}

/// A test that needs `tools`. Without one of them it is reported as ignored, with the reason; where [`REQUIRE`] is set it
/// fails.
pub fn trial(
    name: impl Into<String>,
    tools: &'static [Tool],
    test: impl FnOnce() -> Result<(), Failed> + Send + 'static,
) -> Trial {
    Trial::ignorable_test(name, move || {
        let missing: Vec<String> = tools
            .iter()
            .filter(|tool| tool.find().is_none())
            .map(|tool| tool.missing())
            .collect();
        if missing.is_empty() {
            return test().map(|()| Completion::Completed);
        }
        if std::env::var_os(REQUIRE).is_some() {
            return Err(missing.join("; ").into());
        }
        Ok(Completion::ignored_with(missing.join("; ")))
    })
}

fn which(name: &str) -> Option<PathBuf> {
    if name.starts_with('/') {
        return Path::new(name).is_file().then(|| name.into());
    }
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|candidate| candidate.is_file())
}
