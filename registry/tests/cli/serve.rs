//! The `serve` command.

use std::{
    fs,
    net::{Ipv4Addr, TcpListener},
};

use rustix::process::Signal;

use super::running::{Running, config, refused};

#[test]
fn the_first_line_announces_the_address_and_a_signal_ends_it_well() {
    for signal in [Signal::TERM, Signal::INT] {
        let folder = config("");
        let mut registry = Running::start(folder.path());
        assert_eq!(registry.lines[0]["message"], "listening");
        assert_ne!(registry.address.port(), 0);
        let answer = registry.get("/v2/");
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        let status = registry.stop(signal);
        assert_eq!(status.code(), Some(0), "{:#?}", registry.lines);
        assert_eq!(registry.messages().last(), Some(&"stopped"));
    }
}

#[test]
fn every_line_of_the_log_has_zots_keys() {
    let folder = config("log: {level: trace}");
    let mut registry = Running::start(folder.path());
    registry.get("/v2/");
    registry.stop(Signal::TERM);
    for line in &registry.lines {
        let keys: Vec<_> = line.as_object().unwrap().keys().take(5).map(String::as_str).collect();
        assert_eq!(keys, ["level", "message", "time", "caller", "goroutine"], "{line}");
    }
}

#[test]
fn the_log_goes_to_the_file_that_is_configured() {
    let folder = config("");
    let log = folder.path().join("log");
    let path = folder.path().join("config.yaml");
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = taken.local_addr().unwrap().port();
    let text = fs::read_to_string(&path)
        .unwrap()
        .replace("port: 0", &format!("port: {port}"));
    fs::write(&path, format!("{text}log: {{output: {}}}\n", log.display())).unwrap();
    let (printed, told) = refused(folder.path());
    assert_eq!(printed, "", "the log is in its file");
    assert!(
        told.starts_with(&format!("error: cannot listen on 127.0.0.1:{port}: ")),
        "{told}"
    );
    assert!(
        fs::read_to_string(log)
            .unwrap()
            .contains("\"message\":\"cannot serve\"")
    );
}

#[test]
fn a_second_registry_on_the_same_root_is_refused() {
    let folder = config("");
    let _first = {
        let registry = Running::start(folder.path());
        // Answering, it holds the root.
        registry.get("/v2/");
        registry
    };
    let (_, told) = refused(folder.path());
    assert!(told.contains("another process uses this root directory"), "{told}");
}

#[test]
fn a_deprecated_key_is_warned_about_in_the_log() {
    let folder = config("extensions: {apikey: {}}");
    let mut registry = Running::start(folder.path());
    registry.stop(Signal::TERM);
    let warning = registry
        .lines
        .iter()
        .find(|line| line["key"] == "extensions.apikey")
        .unwrap();
    assert_eq!(warning["level"], "warn");
}
