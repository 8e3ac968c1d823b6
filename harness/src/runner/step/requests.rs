//! `requests`: what a server that the harness plays itself was asked.

use std::collections::BTreeMap;

use crate::{
    assertion::{self, Actual, AssertionError, Mismatch},
    peer::Recorded,
    runner::{context::Context, stop::Stop},
    scenario::{Matcher, RequestsCheck},
};

/// How many paths or requests are shown.
const SHOWN: usize = 12;

pub(super) fn run(run: &mut Context, check: &RequestsCheck) -> Result<(), Stop> {
    let all = run.site.servers()?.peer(&check.server)?.requests().all();
    let mut matching: Vec<&Recorded> = Vec::new();
    for request in &all {
        let of_method = check
            .method
            .as_ref()
            .is_none_or(|method| request.method.as_str() == method);
        if of_method && holds(run, check.path.as_ref(), &request.path)? {
            matching.push(request);
        }
    }
    if let Some(count) = &check.count {
        run.checks += 1;
        let actual = Actual::Json(matching.len().into());
        look(run, count, &actual).map_err(|stop| {
            let seen = shown(if matching.is_empty() {
                all.iter().collect()
            } else {
                matching.clone()
            });
            stop.map(|mismatch| with_seen(mismatch.of("the number of such requests"), &seen))
        })?;
    } else if matching.is_empty() {
        run.checks += 1;
        let seen = shown(all.iter().collect());
        return Err(Mismatch::new(
            format!("`{}` was asked nothing like this", check.server),
            "at least one request",
            seen,
        )
        .into());
    }
    if let Some(each_path) = &check.each_path {
        let mut paths: BTreeMap<&str, u64> = BTreeMap::new();
        for request in &matching {
            *paths.entry(&request.path).or_default() += 1;
        }
        for (path, count) in &paths {
            run.checks += 1;
            look(run, each_path, &Actual::Json((*count).into()))
                .map_err(|stop| stop.map(|mismatch| mismatch.of(&format!("the number of requests for {path}"))))?;
        }
    }
    for request in &matching {
        for (name, matcher) in &check.headers {
            run.checks += 1;
            let values = request.headers.get_all(name.as_str()).iter();
            let values: Vec<_> = values.map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
            let actual = Actual::text((!values.is_empty()).then(|| values.join(", ")));
            look(run, matcher, &actual).map_err(|stop| {
                let what = format!("the header {name} of {} {}", request.method, request.path);
                stop.map(|mismatch| mismatch.of(&what))
            })?;
        }
    }
    Ok(())
}

fn look(run: &Context, matcher: &Matcher, actual: &Actual) -> Result<(), Stop> {
    Ok(assertion::check(matcher, actual, &run.scope)?)
}

fn holds(run: &Context, matcher: Option<&Matcher>, path: &str) -> Result<bool, Stop> {
    let Some(matcher) = matcher else {
        return Ok(true);
    };
    match assertion::check(matcher, &Actual::text(Some(path.to_owned())), &run.scope) {
        Ok(()) => Ok(true),
        Err(AssertionError::Mismatch(_)) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

fn with_seen(mut mismatch: Mismatch, seen: &str) -> Mismatch {
    mismatch.actual = mismatch.actual.map(|actual| format!("{actual}\n{seen}"));
    mismatch
}

/// The requests, the same ones in a row once.
fn shown(requests: Vec<&Recorded>) -> String {
    let mut lines: Vec<(String, usize)> = Vec::new();
    for request in requests {
        let query = request
            .query
            .as_ref()
            .map(|query| format!("?{query}"))
            .unwrap_or_default();
        let status = request
            .status
            .map_or("no answer".to_owned(), |status| status.to_string());
        let line = format!("{} {}{query} {status}", request.method, request.path);
        match lines.last_mut() {
            Some((last, times)) if *last == line => *times += 1,
            _ => lines.push((line, 1)),
        }
    }
    if lines.is_empty() {
        return "no request".to_owned();
    }
    let more = lines.len().saturating_sub(SHOWN);
    let mut lines: Vec<String> = lines
        .into_iter()
        .take(SHOWN)
        .map(|(line, times)| {
            if times > 1 {
                format!("{line} ({times} times)")
            } else {
                line
            }
        })
        .collect();
    if more > 0 {
        lines.push(format!("… {more} more"));
    }
    lines.join("\n")
}
