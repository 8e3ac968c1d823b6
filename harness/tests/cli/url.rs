//! A registry at a URL: what is refused before it is asked, and what it is told.

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    net::TcpListener,
    thread,
};

use super::{plimsoll, run};

#[test]
fn what_cannot_be_meant_is_refused_before_anything_is_sent() {
    let table: [(&[&str], &str); 7] = [
        (&["--url", "http://a:b@127.0.0.1:1"], "credentials in it"),
        (&["--url", "http://127.0.0.1:1/v2/"], "goes on behind the host"),
        (&["--url", "https://h", "--user", "alice"], "PLIMSOLL_PASSWORD"),
        (
            &[
                "--url",
                "https://h",
                "--user",
                "alice",
                "--password-file",
                "no/such/file",
            ],
            "no/such/file",
        ),
        (
            &["--url", "http://h", "--user", "alice", "--password-file", "Cargo.toml"],
            "anybody on the way can read it",
        ),
        (
            &["--url", "https://h", "--ca", "Cargo.toml"],
            "no certificate in Cargo.toml",
        ),
        (
            &["--url", "http://h", "--ca", "fixtures/security/tokens.pem"],
            "speaks no TLS",
        ),
    ];
    for (arguments, expected) in table {
        let (_, error, status) = run(&[&["run"], arguments].concat());
        assert_eq!(status, Some(2), "{arguments:?}: {error}");
        assert!(
            error.contains(expected) && error.contains("help: "),
            "{arguments:?}: {error}"
        );
    }
    for arguments in [
        ["run", "--user", "alice"],
        ["run", "--ca", "Cargo.toml"],
        ["run", "--key", "Cargo.toml"],
    ] {
        let (_, error, status) = run(&arguments);
        assert_eq!(status, Some(2), "{arguments:?}");
        assert!(error.contains("required"), "{error}");
    }
}

#[test]
fn nobody_there_is_an_error_and_not_a_registry_that_fails() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (out, error, status) = run(&["run", "--url", &format!("http://127.0.0.1:{port}")]);
    assert_eq!(status, Some(3), "{out}{error}");
    assert!(error.contains("the connection was refused"), "{error}");
}

#[test]
fn a_password_that_is_not_taken_is_said_at_once_and_never_shown() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    // Whatever it is shown, it wants something else. It ends with the test.
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
            let answer = "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("scenarios")).unwrap();
    fs::write(
        folder.path().join("scenarios/ping.yaml"),
        "scenario: the registry is there\nsteps:\n  - get: /v2/\n    expect: 200\n",
    )
    .unwrap();
    let project = format!(
        "name = \"there\"\nscenarios = \"scenarios\"\nextensions = []\n[target]\nurl = \"http://127.0.0.1:{port}\"\nuser = \"alice\"\n\
         password-variable = \"A_PASSWORD\"\n"
    );
    fs::write(folder.path().join("plimsoll.toml"), project).unwrap();
    let output = plimsoll()
        .args(["run"])
        .env("A_PASSWORD", "open sesame")
        .current_dir(folder.path())
        .output()
        .unwrap();
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("it answers 401 to the user `alice`"), "{said}");
    assert!(!said.contains("sesame"), "{said}");
}
