//! `serve`: how a server is started, known to be ready, and ended.

use regex::Regex;
use serde_json::Value;
use toml::{Spanned, de::DeValue};

use super::reader::Reader;
use crate::{
    project::{InContainer, keys},
    target::{Announcement, Serve, StopSignal},
};

/// `is_image` says that it always runs in a container.
pub(super) fn read(reader: &mut Reader<'_, '_>, is_image: bool) -> Option<(Serve, Option<InContainer>)> {
    reader.known(&keys::SERVE);
    let arguments = reader.texts("arguments");
    let environment = environment(reader);
    let announcement = if is_image {
        // The engine says where its port is.
        Some(Announcement::Key(String::new()))
    } else {
        announcement(reader)
    };
    let container = if is_image || reader.has("container") {
        reader.table("container", container).flatten()
    } else {
        None
    };
    let has_config = reader.has("config");
    let config = has_config.then(|| reader.config()).flatten();
    let config_file = config_file(reader, has_config);
    let texts = || arguments.iter().flatten().map(|text| text.get_ref().as_str());
    let values = || environment.iter().flatten().map(|(_, value)| value.as_str());
    let mentions = |what: &str| texts().chain(values()).any(|text| text.contains(what));

    if has_config && arguments.is_some() && !mentions("{config}") {
        let span = reader.value("arguments").map_or(0..0, Spanned::span);
        reader.problem(
            span,
            "no argument has `{config}`: the server would not find its configuration",
            "write it where the path of the configuration file goes, such as [\"serve\", \"{config}\"]",
        );
    }
    let in_config = |what: &str| config.as_ref().is_some_and(|(_, config)| mentioned(config, what));
    if (!has_config || config.is_some()) && !mentions("{root}") && !in_config("{root}") {
        let span = config
            .as_ref()
            .map_or_else(|| reader.span.clone(), |(span, _)| span.clone());
        let message = if has_config {
            "no value of the configuration has `{root}`: every server would keep its content in the same place"
        } else {
            "nothing has `{root}`: every server would keep its content in the same place"
        };
        let help = "write it where the storage's folder goes, such as storage.rootDirectory = \"{root}\"";
        reader.problem(span, message, help);
    }
    if let Some(Announcement::Port(_)) = &announcement
        && !mentions("{port}")
        && !in_config("{port}")
    {
        let span = reader.value("address").map_or(0..0, Spanned::span);
        let message = "nothing tells the server its `{port}`";
        reader.problem(
            span,
            message,
            "write `{port}` in an argument, in `environment` or in `config`",
        );
    }
    let stop_signal = stop_signal(reader);
    let start_within = reader.duration("start-within");
    let stop_within = reader.duration("stop-within");
    let serve = Serve {
        arguments: arguments?.into_iter().map(Spanned::into_inner).collect(),
        environment: environment?,
        config: config.map(|(_, config)| config),
        config_file: config_file?,
        announcement: announcement?,
        start_within: start_within.unwrap_or(Serve::START),
        stop_signal: stop_signal?,
        stop_within: stop_within.unwrap_or(Serve::STOP),
        container: None,
    };
    Some((serve, container))
}

/// How the server is reached in a container, and what its configuration has to say there.
fn container(reader: &mut Reader<'_, '_>) -> Option<InContainer> {
    reader.known(&keys::CONTAINER);
    let config = reader.has("config").then(|| reader.config()).flatten();
    Some(InContainer {
        port: reader.port("port")?,
        config: config.map(|(_, config)| config),
    })
}

fn environment(reader: &mut Reader<'_, '_>) -> Option<Vec<(String, String)>> {
    if !reader.has("environment") {
        return Some(Vec::new());
    }
    let variables = reader.table("environment", |reader| {
        let names: Vec<String> = reader.entries().map(|(name, _)| name.into_inner()).collect();
        let values: Vec<_> = names
            .into_iter()
            .map(|name| Some((name.clone(), reader.text(&name)?.into_inner())))
            .collect();
        values.into_iter().collect::<Option<Vec<_>>>()
    });
    variables.flatten()
}

/// How it is known where the server listens.
fn announcement(reader: &mut Reader<'_, '_>) -> Option<Announcement> {
    if reader.one_of(&["address-from-log", "address"])? == "address" {
        let address = reader.text("address")?;
        if !address.get_ref().contains("{port}") {
            let message = "the address has no `{port}`: servers side by side would want the same one";
            reader.problem(
                address.span(),
                message,
                "write `127.0.0.1:{port}`; the harness fills in a free port",
            );
            return None;
        }
        return Some(Announcement::Port(address.into_inner()));
    }
    if let Some(DeValue::Table(_)) = reader.value("address-from-log").map(Spanned::get_ref) {
        return reader.table("address-from-log", pattern).flatten();
    }
    reader
        .text("address-from-log")
        .map(|key| Announcement::Key(key.into_inner()))
}

/// `{ matches = REGEX }`.
fn pattern(reader: &mut Reader<'_, '_>) -> Option<Announcement> {
    reader.known(&keys::PATTERN);
    let text = reader.text("matches")?;
    let pattern = match Regex::new(text.get_ref()) {
        Ok(pattern) => pattern,
        Err(error) => {
            let said = error.to_string();
            let reason = said.lines().last().unwrap_or_default().trim_start_matches("error: ");
            let message = format!("this is no regular expression: {reason}");
            reader.problem(
                text.span(),
                message,
                "https://docs.rs/regex describes them; `'…'` needs no escapes",
            );
            return None;
        }
    };
    let names: Vec<&str> = pattern.capture_names().flatten().collect();
    if !names.contains(&"address") && !names.contains(&"port") {
        let message = "the expression has no group `address` or `port`: nothing would be found";
        let help = "write 'listening on (?<address>[0-9.]+:[0-9]+)', or (?<port>[0-9]+) for one on 127.0.0.1";
        reader.problem(text.span(), message, help);
        return None;
    }
    Some(Announcement::Pattern(pattern))
}

fn config_file(reader: &mut Reader<'_, '_>, has_config: bool) -> Option<String> {
    let Some(name) = reader.optional_text("config-file") else {
        return Some("config.json".to_owned());
    };
    if !has_config {
        let help = "write the configuration in [serve.config], or remove this";
        reader.problem(name.span(), "`config-file` is there, and no `config`", help);
    }
    if name.get_ref().contains('/') || name.get_ref() == "root" {
        let help = "write a name such as `config.yml`; what is written is JSON, which every YAML reader takes";
        reader.problem(
            name.span(),
            "this is not the name of a file in the server's folder",
            help,
        );
        return None;
    }
    Some(name.into_inner())
}

fn stop_signal(reader: &mut Reader<'_, '_>) -> Option<StopSignal> {
    let Some(name) = reader.optional_text("stop-signal") else {
        return Some(StopSignal::Term);
    };
    let signal = StopSignal::ALL
        .into_iter()
        .find(|signal| signal.name() == name.get_ref());
    if signal.is_none() {
        let names = StopSignal::ALL.map(StopSignal::name);
        let message = format!("`{}` is no signal that ends a server", name.get_ref());
        reader.problem(name.span(), message, crate::suggestion::help(name.get_ref(), &names));
    }
    signal
}

fn mentioned(value: &Value, what: &str) -> bool {
    match value {
        Value::String(text) => text.contains(what),
        Value::Array(items) => items.iter().any(|item| mentioned(item, what)),
        Value::Object(fields) => fields.values().any(|field| mentioned(field, what)),
        _ => false,
    }
}
