//! `command`: the target's binary with arguments.

use std::{process::Stdio, time::Duration};

use bytes::Bytes;
use tokio::{process, time::timeout};

use crate::{
    assertion::{self, Actual, Mismatch},
    runner::{context::Context, stop::Stop},
    scenario::{Command, Matcher},
};

/// How long a command may take.
const TIMEOUT: Duration = Duration::from_mins(1);

pub(super) async fn run(run: &mut Context, step: &Command) -> Result<(), Stop> {
    let arguments = step
        .arguments
        .iter()
        .map(|argument| run.scope.text(argument))
        .collect::<Result<Vec<_>, _>>()?;
    let server = run.site.server(&step.server)?;
    let mut command = process::Command::new(server.binary());
    command
        .args(&arguments)
        .current_dir(server.folder())
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let output = match timeout(TIMEOUT, command.output()).await {
        Ok(output) => output.map_err(|error| Stop::error(format!("cannot run the binary: {error}")))?,
        Err(_) => {
            return Err(Stop::failed(format!(
                "the command did not end within {} s",
                TIMEOUT.as_secs()
            )));
        }
    };
    run.checks += 1;
    if output.status.code() != Some(step.exit) {
        let said = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).trim().to_owned());
        let came = format!("{}\n{}", output.status, said.join("\n"));
        return Err(Mismatch::new("the exit status differs", step.exit.to_string(), came.trim()).into());
    }
    look(run, "standard output", step.stdout.as_ref(), output.stdout)?;
    look(run, "standard error", step.stderr.as_ref(), output.stderr)
}

fn look(run: &mut Context, what: &str, matcher: Option<&Matcher>, bytes: Vec<u8>) -> Result<(), Stop> {
    let Some(matcher) = matcher else {
        return Ok(());
    };
    run.checks += 1;
    let empty = bytes.is_empty() && matches!(matcher, Matcher::Absent | Matcher::Present);
    let actual = if empty {
        Actual::Absent
    } else {
        Actual::Bytes(Bytes::from(bytes))
    };
    Ok(assertion::check(matcher, &actual, &run.scope).map_err(|error| error.map(|mismatch| mismatch.of(what)))?)
}
