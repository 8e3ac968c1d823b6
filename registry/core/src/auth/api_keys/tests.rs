//! Keys as they are kept: on the disk, and after a restart.

use std::{fs, path::PathBuf};

use tempfile::TempDir;

use super::*;
use crate::config::{self, Config};

fn storage(root: &TempDir) -> config::Storage {
    let mut config = Config::without_file(&[]);
    config.storage.root_directory = root.path().into();
    config.storage
}

fn open(root: &TempDir) -> ApiKeys {
    ApiKeys::open(&storage(root)).unwrap()
}

fn owner(name: &str) -> Owner {
    Owner {
        name: name.to_owned(),
        proof: Proof::Password,
    }
}

fn labelled(label: &str) -> KeyRequest {
    KeyRequest {
        label: label.to_owned(),
        ..KeyRequest::default()
    }
}

fn files(root: &TempDir) -> Vec<PathBuf> {
    let entries = fs::read_dir(root.path().join(".plimsoll/apikeys")).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn a_key_is_found_by_its_owner_and_its_secret_until_it_is_taken_back() {
    let root = TempDir::new().unwrap();
    let keys = open(&root);
    let one = keys.create(owner("alice"), labelled("one")).unwrap();
    let two = keys.create(owner("alice"), labelled("two")).unwrap();
    let keys = open(&root);
    for (made, label) in [(&one, "one"), (&two, "two")] {
        assert_eq!(keys.find("alice", made.secret.as_bytes()).unwrap().label(), label);
        assert!(keys.find("bob", made.secret.as_bytes()).is_none());
    }
    let labels: Vec<_> = keys.of("alice").iter().map(|key| key.label().to_owned()).collect();
    assert_eq!(labels, ["one", "two"]);
    for (name, id) in [("bob", one.key.id()), ("alice", uuid::Uuid::new_v4())] {
        assert!(matches!(keys.delete(name, id), Err(ApiKeyError::Unknown)), "{name}");
    }
    keys.delete("alice", one.key.id()).unwrap();
    for keys in [keys, open(&root)] {
        assert!(keys.find("alice", one.secret.as_bytes()).is_none());
        assert!(keys.find("alice", two.secret.as_bytes()).is_some());
    }
}

#[test]
fn what_is_on_the_disk_is_not_the_key() {
    let root = TempDir::new().unwrap();
    let made = open(&root).create(owner("alice"), labelled("one")).unwrap();
    let [file] = &files(&root)[..] else { panic!("one file") };
    let text = fs::read_to_string(file).unwrap();
    assert!(!text.contains(&made.secret[4..]), "{text}");
    // Nor is what is there a key itself.
    let hash = text.split("sha256:").nth(1).unwrap();
    assert!(open(&root).find("alice", &hash.as_bytes()[..64]).is_none());
    assert!(!format!("{made:?}").contains(&made.secret[4..]));
}

#[test]
fn a_user_has_no_more_keys_than_may_be() {
    let root = TempDir::new().unwrap();
    let keys = ApiKeys::open(&config::Storage {
        commit: false,
        ..storage(&root)
    })
    .unwrap();
    let create = |name: &str| keys.create(owner(name), KeyRequest::default());
    let first = create("alice").unwrap();
    while keys.of("alice").len() < 100 {
        create("alice").unwrap();
    }
    let error = create("alice").unwrap_err();
    assert!(matches!(error, ApiKeyError::TooMany), "{error}");
    create("bob").unwrap();
    keys.delete("alice", first.key.id()).unwrap();
    create("alice").unwrap();
}

#[test]
fn what_a_key_cannot_be_is_told_of_and_nothing_is_made() {
    let root = TempDir::new().unwrap();
    let keys = open(&root);
    for (request, reason) in [
        (
            KeyRequest {
                expires_at: Some(jiff::Timestamp::now()),
                ..KeyRequest::default()
            },
            "the expiration date has passed",
        ),
        (
            KeyRequest {
                scopes: vec!["a[".to_owned()],
                ..KeyRequest::default()
            },
            "the scope \"a[\" means nothing",
        ),
    ] {
        let error = keys.create(owner("alice"), request).unwrap_err().to_string();
        assert!(error.starts_with(reason), "{error}");
    }
    assert!(keys.of("alice").is_empty());
    assert!(!root.path().join(".plimsoll").exists());
}

#[test]
fn a_file_that_is_damaged_keeps_the_registry_from_starting_and_is_named() {
    let root = TempDir::new().unwrap();
    open(&root).create(owner("alice"), labelled("planted-label")).unwrap();
    let file = files(&root).remove(0);
    let whole = fs::read_to_string(&file).unwrap();
    for damaged in [
        String::new(),
        whole[..whole.len() / 2].to_owned(),
        whole.replace("\"label\"", "\"planted\""),
        whole.replace("sha256:", "planted:"),
        whole.replace("\"password\"", "\"planted\""),
        whole.replace("\"scopes\":[]", "\"scopes\":[\"a[\"]"),
        format!("{whole}planted"),
    ] {
        fs::write(&file, &damaged).unwrap();
        let error = ApiKeys::open(&storage(&root)).unwrap_err().to_string();
        assert!(error.starts_with(&file.display().to_string()), "{error}");
        assert!(
            error.ends_with("restore the file, or take it away, and with it the key"),
            "{error}"
        );
        assert!(!error.contains("planted"), "{error}");
    }
    fs::write(&file, &whole).unwrap();
    let other = file.with_file_name(format!("{}.json", uuid::Uuid::new_v4()));
    fs::rename(&file, &other).unwrap();
    let error = ApiKeys::open(&storage(&root)).unwrap_err().to_string();
    assert!(error.contains("it is the record of another API key"), "{error}");
}

#[tokio::test]
async fn when_a_key_was_last_used_is_known_after_a_restart() {
    let root = TempDir::new().unwrap();
    let keys = open(&root);
    let made = keys.create(owner("alice"), labelled("one")).unwrap();
    assert_eq!(made.key.last_used(), None);
    assert_eq!(open(&root).of("alice")[0].last_used(), None);
    keys.used(&made.key);
    let used = made.key.last_used().unwrap();
    let noted = async {
        while open(&root).of("alice")[0].last_used().is_none() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), noted)
        .await
        .expect("noted");
    let again = open(&root).of("alice")[0].last_used().unwrap();
    assert!(again.duration_since(used).as_secs().abs() <= 10, "{again} {used}");
}
