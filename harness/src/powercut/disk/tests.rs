//! What outlives a power cut, and what may not.

use super::*;

const DESCRIPTOR: i64 = 5;
const FOLDER: i64 = 6;

fn open(path: &str, create: bool) -> Operation {
    Operation::Open {
        descriptor: if create { DESCRIPTOR } else { FOLDER },
        path: path.into(),
        create,
        truncate: false,
        append: false,
    }
}

fn write(bytes: &[u8]) -> Operation {
    Operation::Write {
        descriptor: DESCRIPTOR,
        offset: None,
        bytes: bytes.to_vec(),
    }
}

fn sync(descriptor: i64) -> Operation {
    Operation::Sync { descriptor }
}

fn rename(from: &str, to: &str) -> Operation {
    Operation::Rename {
        from: from.into(),
        to: to.into(),
    }
}

fn disk(operations: &[Operation]) -> Disk {
    let mut disk = Disk::new(Path::new("/r"));
    for operation in operations {
        disk.apply(operation).unwrap();
    }
    disk
}

fn everything(disk: &Disk) -> Fate {
    Fate {
        edits: disk.open_edits().map(|(number, _)| number).collect(),
        files: disk
            .dirty_files()
            .into_iter()
            .map(|(inode, _)| (inode, Bytes::All))
            .collect(),
    }
}

fn content<'a>(tree: &'a Tree, path: &str) -> Option<&'a [u8]> {
    tree.get(Path::new(path))?.as_deref()
}

#[test]
fn a_file_that_was_synced_has_no_name_until_its_folder_was() {
    let mut disk = disk(&[open("/r/a", true), write(b"abc"), sync(DESCRIPTOR)]);
    assert!(disk.after(&Fate::default()).is_empty());
    assert_eq!(content(&disk.after(&everything(&disk)), "a"), Some(&b"abc"[..]));
    disk.apply(&open("/r", false)).unwrap();
    assert!(disk.apply(&sync(FOLDER)).unwrap());
    assert_eq!(content(&disk.after(&Fate::default()), "a"), Some(&b"abc"[..]));
    assert!(!disk.apply(&sync(FOLDER)).unwrap(), "nothing was left to be synced");
}

#[test]
fn bytes_that_were_not_synced_are_there_whole_in_part_as_zeros_or_not_at_all() {
    let disk = disk(&[open("/r/a", true), open("/r", false), sync(FOLDER), write(b"abcd")]);
    let inode = disk.dirty_files()[0].0;
    let after = |bytes| {
        let files = BTreeMap::from([(inode, bytes)]);
        let tree = disk.after(&Fate {
            edits: Vec::new(),
            files,
        });
        content(&tree, "a").map(<[u8]>::to_vec)
    };
    assert_eq!(after(Bytes::All), Some(b"abcd".to_vec()));
    assert_eq!(after(Bytes::Half), Some(b"ab".to_vec()));
    assert_eq!(after(Bytes::Zeros), Some(vec![0; 4]));
    assert_eq!(after(Bytes::Durable), Some(Vec::new()));
    assert_eq!(content(&disk.after(&Fate::default()), "a"), Some(&b""[..]));
}

#[test]
fn a_rename_is_atomic_and_settled_by_the_folder_that_it_leads_to() {
    let folder = Operation::MakeFolder { path: "/r/new".into() };
    let mut disk = disk(&[folder, open("/r/a", true), open("/r", false), sync(FOLDER)]);
    disk.apply(&rename("/r/a", "/r/new/b")).unwrap();
    let before = disk.after(&Fate::default());
    assert!(before.contains_key(Path::new("a")) && !before.contains_key(Path::new("new/b")));
    disk.apply(&sync(FOLDER)).unwrap();
    assert!(
        disk.after(&Fate::default()).contains_key(Path::new("a")),
        "the wrong folder was synced"
    );
    disk.apply(&open("/r/new", false)).unwrap();
    disk.apply(&sync(FOLDER)).unwrap();
    let after = disk.after(&Fate::default());
    assert!(!after.contains_key(Path::new("a")) && after.contains_key(Path::new("new/b")));
}

#[test]
fn changes_reach_the_disk_in_any_order_but_a_name_keeps_its_last() {
    let mut disk = disk(&[open("/r/a", true), open("/r/b", true)]);
    let second = disk.open_edits().map(|(number, _)| number).nth(1).unwrap();
    let tree = disk.after(&Fate {
        edits: vec![second],
        files: BTreeMap::new(),
    });
    assert_eq!(tree.keys().collect::<Vec<_>>(), [Path::new("b")]);
    disk.apply(&Operation::Remove { path: "/r/a".into() }).unwrap();
    assert!(!disk.after(&everything(&disk)).contains_key(Path::new("a")));
}

#[test]
fn a_descriptor_writes_where_it_stands_and_a_copy_of_it_too() {
    let disk = disk(&[
        open("/r/a", true),
        write(b"ab"),
        Operation::Duplicate {
            from: DESCRIPTOR,
            to: 9,
        },
        Operation::Seek {
            descriptor: 9,
            offset: 1,
        },
        write(b"XYZ"),
    ]);
    assert_eq!(content(&disk.after(&everything(&disk)), "a"), Some(&b"aXYZ"[..]));
}

#[test]
fn what_is_in_a_folder_that_is_lost_is_lost() {
    let disk = disk(&[
        Operation::MakeFolder { path: "/r/d".into() },
        open("/r/d/a", true),
        open("/r/d", false),
        sync(FOLDER),
    ]);
    assert!(disk.after(&Fate::default()).is_empty());
}

#[test]
fn half_of_a_file_keeps_what_was_synced_of_it() {
    let mut disk = disk(&[
        open("/r/a", true),
        write(b"ab"),
        sync(DESCRIPTOR),
        open("/r", false),
        sync(FOLDER),
        write(b"cd"),
    ]);
    let inode = disk.dirty_files()[0].0;
    let half = Fate {
        edits: Vec::new(),
        files: BTreeMap::from([(inode, Bytes::Half)]),
    };
    assert_eq!(content(&disk.after(&half), "a"), Some(&b"abc"[..]));
    disk.apply(&Operation::Seek {
        descriptor: DESCRIPTOR,
        offset: 0,
    })
    .unwrap();
    disk.apply(&write(b"WXYZ")).unwrap();
    assert_eq!(content(&disk.after(&half), "a"), Some(&b"WX"[..]));
}
