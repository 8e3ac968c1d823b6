//! A registry whose root holds what does not belong there, and one that the system gives too few descriptors.

use std::{
    collections::BTreeSet,
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
    os::unix::fs::symlink,
    path::Path,
    process::Command,
};

use plimsoll_registry_core::oci::{Algorithm, Digest};
use rustix::{
    fs::{CWD, FileType, Mode, mknodat},
    process::Signal,
};
use serde_json::json;
use tempfile::TempDir;

use super::running::{PATIENCE, Running, binary, config, refused};

const BLOB: &[u8] = b"a blob";
const SESSION: &str = "5b1f6b5e-93d4-4f0e-9c0b-1d7a6f0f2a11";
/// What no answer may have in it.
const SECRET: &str = "what lies outside of the root";

fn digest(bytes: &[u8]) -> Digest {
    Algorithm::Sha256.digest(bytes)
}

fn manifest() -> Vec<u8> {
    let blob = json!({"mediaType": "application/x", "digest": digest(BLOB), "size": BLOB.len()});
    let media_type = "application/vnd.oci.image.manifest.v1+json";
    json!({"schemaVersion": 2, "mediaType": media_type, "config": blob, "layers": [blob]})
        .to_string()
        .into_bytes()
}

/// Pushes an image. The statuses that the blob and the manifest are answered with.
fn push(registry: &Running) -> [u16; 2] {
    let blob = format!("/v2/app/blobs/uploads/?digest={}", digest(BLOB));
    [
        ("POST", blob.as_str(), BLOB),
        ("PUT", "/v2/app/manifests/v1", &manifest()),
    ]
    .map(|(method, path, body)| status(&registry.send(method, path, body)))
}

fn status(answer: &str) -> u16 {
    let word = answer
        .split(' ')
        .nth(1)
        .unwrap_or_else(|| panic!("no answer: {answer:?}"));
    word.parse().unwrap()
}

/// What is planted in the place of a file or folder.
#[derive(Clone, Copy, Debug)]
enum Planted {
    Pipe,
    Link,
    Folder,
}

impl Planted {
    /// Plants it at `path`. What was there goes to `aside`.
    fn plant(self, path: &Path, aside: &Path, outside: &Path) {
        // What is not there needs no place.
        let _ = fs::rename(path, aside);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        match self {
            Self::Pipe => mknodat(CWD, path, FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap(),
            Self::Link => symlink(outside, path).unwrap(),
            Self::Folder => fs::create_dir(path).unwrap(),
        }
    }

    /// Puts back what was there, unless the registry has put its own there.
    fn uproot(self, path: &Path, aside: &Path) {
        let is_ours = match self {
            Self::Pipe | Self::Link => path
                .symlink_metadata()
                .is_ok_and(|found| !found.is_file() && !found.is_dir()),
            Self::Folder => path.is_dir(),
        };
        if is_ours {
            fs::remove_file(path).or_else(|_| fs::remove_dir_all(path)).unwrap();
            let _ = fs::rename(aside, path);
        }
    }
}

/// The places, below the root, and whether what belongs there is a folder.
fn places() -> Vec<(String, bool)> {
    let blob = digest(BLOB);
    [
        ("app/index.json", false),
        ("app/oci-layout", false),
        ("app/.plimsoll/journal.0", false),
        ("app/.plimsoll/index.seal", false),
        (&format!("app/.uploads/{SESSION}"), false),
        (&format!("app/blobs/sha256/{}", blob.hex()), false),
        (&format!(".pool/sha256/{}/{}", &blob.hex()[..2], blob.hex()), false),
        (".pool", true),
        ("app", true),
        ("app/.plimsoll", true),
        ("app/.uploads", true),
        ("app/blobs", true),
        ("app/blobs/sha256", true),
    ]
    .map(|(path, is_folder)| (path.to_owned(), is_folder))
    .into()
}

/// Everything below a folder.
fn names(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| {
            let mut below = if path.is_dir() { names(&path) } else { BTreeSet::new() };
            below.insert(path.display().to_string());
            below
        })
        .collect()
}

/// A folder outside of the root, and a file in it, each of which a link may lead to.
fn outside() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("secret"), SECRET).unwrap();
    folder
}

/// Requests of each kind: each is answered, with nothing from outside, and in no other way than is documented.
fn ask_everything(registry: &Running, root: &Path, what: &str) {
    let session = format!("/v2/app/blobs/uploads/{SESSION}");
    let blob = format!("/v2/app/blobs/{}", digest(BLOB));
    let closing = format!("{session}?digest={}", digest(BLOB));
    for (method, path, body) in [
        ("GET", "/v2/_catalog", &b""[..]),
        ("GET", "/v2/app/tags/list", b""),
        ("GET", "/v2/app/manifests/v1", b""),
        ("GET", &blob, b""),
        ("GET", &session, b""),
        ("PATCH", &session, BLOB),
        ("PUT", &closing, b""),
        ("POST", "/v2/app/blobs/uploads/", b""),
    ] {
        let answer = registry.send(method, path, body);
        let told = format!("{what}: {method} {path}: {answer}");
        assert!(matches!(status(&answer), 200..=204 | 400 | 404 | 503), "{told}");
        assert!(!answer.contains(SECRET), "{told}");
        assert!(!answer.contains(root.to_str().unwrap()), "{told}");
        if status(&answer) == 503 {
            assert!(
                answer.contains("\"UNAVAILABLE\"") && answer.contains("\r\nretry-after: "),
                "{told}"
            );
        }
    }
    push(registry);
}

#[test]
fn what_is_planted_in_the_root_is_neither_waited_for_nor_followed() {
    for (place, is_folder) in places() {
        for planted in [Planted::Pipe, Planted::Link, Planted::Folder] {
            if is_folder && matches!(planted, Planted::Folder) {
                continue;
            }
            let what = format!("{planted:?} at {place}");
            let folder = config("");
            let root = folder.path().join("root");
            let mut registry = Running::start(folder.path());
            assert_eq!(push(&registry), [201, 201], "{what}");
            registry.stop(Signal::TERM);
            let outside = outside();
            let target = if is_folder {
                outside.path().to_owned()
            } else {
                outside.path().join("secret")
            };
            let before = names(outside.path());
            let aside = folder.path().join("aside");
            planted.plant(&root.join(&place), &aside, &target);

            let registry = Running::start(folder.path());
            ask_everything(&registry, &root, &what);
            assert_eq!(names(outside.path()), before, "{what}");
            assert_eq!(
                fs::read_to_string(outside.path().join("secret")).unwrap(),
                SECRET,
                "{what}"
            );

            // Once it is gone, all is as it was, without a restart.
            planted.uproot(&root.join(&place), &aside);
            assert_eq!(push(&registry), [201, 201], "{what}");
            let pulled = registry.get(&format!("/v2/app/blobs/{}", digest(BLOB)));
            assert!(pulled.ends_with("\r\n\r\na blob"), "{what}: {pulled}");
        }
    }
}

#[test]
fn a_pipe_in_the_place_of_the_lock_is_no_root_to_wait_for() {
    let folder = config("");
    let root = folder.path().join("root");
    fs::create_dir(&root).unwrap();
    Planted::Pipe.plant(&root.join(".plimsoll.lock"), &folder.path().join("aside"), &root);
    let (_, told) = refused(folder.path());
    assert!(told.contains(".plimsoll.lock"), "{told}");
}

/// The beginning of an answer on a connection that stays.
fn ask(stream: &mut TcpStream, path: &str) -> String {
    write!(stream, "GET {path} HTTP/1.1\r\nhost: test\r\n\r\n").unwrap();
    let mut head = [0; 1 << 10];
    let count = stream.read(&mut head).unwrap();
    String::from_utf8_lossy(&head[..count]).into_owned()
}

#[test]
fn without_descriptors_clients_are_told_to_come_again_and_served_once_there_are_some() {
    /// Half of them are for connections.
    const DESCRIPTORS: usize = 48;
    let folder = config("");
    let mut command = Command::new("sh");
    command
        .args(["-c", &format!("ulimit -n {DESCRIPTORS}; exec \"$0\" serve \"$1\"")])
        .arg(binary().get_program())
        .arg(folder.path().join("config.yaml"));
    let registry = Running::start_as(command);
    // More than fits into the buffers of a connection, so that its file stays open until somebody reads.
    let blob = vec![b'x'; 32 << 20];
    let place = format!("/v2/app/blobs/{}", digest(&blob));
    let upload = format!("/v2/app/blobs/uploads/?digest={}", digest(&blob));
    assert_eq!(status(&registry.send("POST", &upload, &blob)), 201);

    // Every connection first, as the files of those that are there may leave none for those that come.
    let mut streams: Vec<TcpStream> = (0..DESCRIPTORS / 2)
        .map(|_| {
            let mut stream = TcpStream::connect_timeout(&registry.address, PATIENCE).unwrap();
            stream.set_read_timeout(Some(PATIENCE)).unwrap();
            assert_eq!(status(&ask(&mut stream, "/v2/")), 200);
            stream
        })
        .collect();
    let heads: Vec<String> = streams.iter_mut().map(|stream| ask(stream, &place)).collect();
    let statuses: Vec<u16> = heads.iter().map(|head| status(head)).collect();
    assert!(statuses.contains(&200) && statuses.contains(&503), "{statuses:?}");
    assert!(
        statuses.iter().all(|status| matches!(status, 200 | 503)),
        "{statuses:?}"
    );

    drop(streams);
    while push(&registry) != [201, 201] {}
    assert!(registry.get(&place).ends_with("xxxx"));
}
