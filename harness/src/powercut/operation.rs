//! What a server did to its disk, and what it answered, in the order in which it happened.

use std::{
    net::IpAddr,
    path::{Component, Path, PathBuf},
};

use super::{
    PowerCutError,
    call::{self, Call, Line, Reader},
};

/// The calls that strace is asked for: all that can change a file system or answer a client.
pub(super) const CALLS: &str = "open,openat,creat,close,dup,dup2,dup3,fcntl,lseek,write,writev,pwrite64,pwritev,pwritev2,\
     ftruncate,truncate,fallocate,copy_file_range,sendfile,splice,rename,renameat,renameat2,link,linkat,symlink,symlinkat,\
     unlink,unlinkat,mkdir,mkdirat,rmdir,fsync,fdatasync,sync,syncfs,sendto,sendmsg,mmap";

/// Something that changed the disk, or was said to a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    Open {
        descriptor: i64,
        path: PathBuf,
        create: bool,
        truncate: bool,
        append: bool,
    },
    Close {
        descriptor: i64,
    },
    Duplicate {
        from: i64,
        to: i64,
    },
    Seek {
        descriptor: i64,
        offset: u64,
    },
    /// At `offset`, or where the descriptor stands.
    Write {
        descriptor: i64,
        offset: Option<u64>,
        bytes: Vec<u8>,
    },
    Truncate {
        descriptor: i64,
        length: u64,
    },
    Rename {
        from: PathBuf,
        to: PathBuf,
    },
    Link {
        from: PathBuf,
        to: PathBuf,
    },
    Remove {
        path: PathBuf,
    },
    MakeFolder {
        path: PathBuf,
    },
    /// `fsync` or `fdatasync` returned.
    Sync {
        descriptor: i64,
    },
    /// The head of an answer went out to a client.
    Answer {
        to: IpAddr,
    },
}

/// Reads what strace wrote. What happens to other paths than those below `root` is passed over.
pub(super) fn read(trace: &str, root: &Path) -> Result<Vec<Operation>, PowerCutError> {
    let mut reader = Reader::default();
    let mut operations = Vec::new();
    for line in trace.lines() {
        match reader.read(line) {
            // A client may have seen an answer as soon as the call began, and a descriptor that is being closed may be
            // another thread's before the call returns. A change counts once its call returned.
            Some(Line::Begun(call)) => operations.extend(answer(&call).or_else(|| closed(&call))),
            Some(Line::Returned(call)) if call.result >= 0 => {
                if !line.contains("resumed>") {
                    operations.extend(answer(&call).or_else(|| closed(&call)));
                }
                if let Some(operation) = change(&call, root).map_err(|why| PowerCutError::Trace {
                    why,
                    line: shortened(line),
                })? {
                    operations.push(operation);
                }
            }
            _ => {}
        }
    }
    Ok(operations)
}

fn shortened(line: &str) -> String {
    line.chars().take(200).collect()
}

/// The client that the head of an answer goes to.
fn answer(call: &Call) -> Option<Operation> {
    if !matches!(call.name.as_str(), "write" | "writev" | "sendto" | "sendmsg") {
        return None;
    }
    let peer = call.arguments.first()?.split_once("<TCP:[")?.1.split_once("->")?.1;
    let address = peer.split_once(']')?.0.rsplit_once(':')?.0;
    let sent = call.arguments.get(1)?;
    let bytes = if sent.contains("iov_base=") {
        call::vectors(sent)?
    } else {
        call::bytes(sent)?
    };
    bytes.starts_with(b"HTTP/1.").then_some(())?;
    Some(Operation::Answer {
        to: address.parse().ok()?,
    })
}

fn closed(call: &Call) -> Option<Operation> {
    let descriptor = call::descriptor(call.arguments.first()?)?;
    (call.name == "close").then_some(Operation::Close { descriptor })
}

/// What `call` changed below `root`. An error: it changed something in a way that is not understood.
fn change(call: &Call, root: &Path) -> Result<Option<Operation>, &'static str> {
    let argument = |number: usize| call.arguments.get(number).map_or("", String::as_str);
    let descriptor = || call::descriptor(argument(0)).ok_or("no descriptor");
    let below = |path: Option<PathBuf>| path.filter(|path| path.starts_with(root));
    Ok(match call.name.as_str() {
        "open" | "creat" => open(
            call.result,
            below(path("", argument(0))),
            argument(1),
            call.name == "creat",
        ),
        "openat" => open(call.result, below(path(argument(0), argument(1))), argument(2), false),
        "dup" | "dup2" | "dup3" => Some(Operation::Duplicate {
            from: descriptor()?,
            to: call.result,
        }),
        "fcntl" if argument(1).starts_with("F_DUPFD") => Some(Operation::Duplicate {
            from: descriptor()?,
            to: call.result,
        }),
        "lseek" => Some(Operation::Seek {
            descriptor: descriptor()?,
            offset: call.result.unsigned_abs(),
        }),
        "write" => Some(Operation::Write {
            descriptor: descriptor()?,
            offset: None,
            bytes: written(call, call::bytes(argument(1)))?,
        }),
        "writev" => Some(Operation::Write {
            descriptor: descriptor()?,
            offset: None,
            bytes: written(call, call::vectors(argument(1)))?,
        }),
        "pwrite64" => Some(Operation::Write {
            descriptor: descriptor()?,
            offset: Some(argument(3).parse().map_err(|_| "no offset")?),
            bytes: written(call, call::bytes(argument(1)))?,
        }),
        "ftruncate" => Some(Operation::Truncate {
            descriptor: descriptor()?,
            length: argument(1).parse().map_err(|_| "no length")?,
        }),
        "rename" => two(path("", argument(0)), path("", argument(1)), root, renamed),
        "renameat" | "renameat2" => two(
            path(argument(0), argument(1)),
            path(argument(2), argument(3)),
            root,
            renamed,
        ),
        "link" => two(path("", argument(0)), path("", argument(1)), root, linked),
        "linkat" => two(
            path(argument(0), argument(1)),
            path(argument(2), argument(3)),
            root,
            linked,
        ),
        "unlink" | "rmdir" => below(path("", argument(0))).map(|path| Operation::Remove { path }),
        "unlinkat" => below(path(argument(0), argument(1))).map(|path| Operation::Remove { path }),
        "mkdir" => below(path("", argument(0))).map(|path| Operation::MakeFolder { path }),
        "mkdirat" => below(path(argument(0), argument(1))).map(|path| Operation::MakeFolder { path }),
        "fsync" | "fdatasync" => Some(Operation::Sync {
            descriptor: descriptor()?,
        }),
        // What these do to a file of the root is not modelled, and must not be taken for nothing.
        "pwritev" | "pwritev2" | "fallocate" | "sendfile" if concerns(call, 0, root) => return Err("not modelled"),
        "copy_file_range" | "splice" if concerns(call, 2, root) => return Err("not modelled"),
        "mmap"
            if argument(3).contains("MAP_SHARED") && argument(2).contains("PROT_WRITE") && concerns(call, 4, root) =>
        {
            return Err("not modelled");
        }
        "truncate" | "symlink" | "symlinkat" if text_below(call, root) => return Err("not modelled"),
        _ => None,
    })
}

fn renamed(from: PathBuf, to: PathBuf) -> Operation {
    Operation::Rename { from, to }
}

fn linked(from: PathBuf, to: PathBuf) -> Operation {
    Operation::Link { from, to }
}

fn two(
    from: Option<PathBuf>,
    to: Option<PathBuf>,
    root: &Path,
    operation: fn(PathBuf, PathBuf) -> Operation,
) -> Option<Operation> {
    let (from, to) = (from?, to?);
    (from.starts_with(root) || to.starts_with(root)).then(|| operation(from, to))
}

fn open(descriptor: i64, path: Option<PathBuf>, flags: &str, creat: bool) -> Option<Operation> {
    let flag = |name: &str| flags.split('|').any(|flag| flag == name);
    Some(Operation::Open {
        descriptor,
        path: path?,
        create: creat || flag("O_CREAT"),
        truncate: creat || flag("O_TRUNC"),
        append: flag("O_APPEND"),
    })
}

/// As many of the bytes as the call says that it wrote.
fn written(call: &Call, bytes: Option<Vec<u8>>) -> Result<Vec<u8>, &'static str> {
    let length = usize::try_from(call.result).map_err(|_| "no length")?;
    match bytes {
        Some(mut bytes) if bytes.len() >= length => {
            bytes.truncate(length);
            Ok(bytes)
        }
        _ if call
            .arguments
            .first()
            .is_some_and(|file| call::described(file).is_none()) =>
        {
            Ok(Vec::new())
        }
        _ => Err("the bytes were cut short"),
    }
}

fn concerns(call: &Call, argument: usize, root: &Path) -> bool {
    let file = call.arguments.get(argument).and_then(|file| call::described(file));
    file.is_some_and(|file| Path::new(&file).starts_with(root))
}

fn text_below(call: &Call, root: &Path) -> bool {
    let paths = call.arguments.iter().filter_map(|argument| call::text(argument));
    paths.into_iter().any(|path| Path::new(&path).starts_with(root))
}

/// An absolute path without `.` and `..`: `name`, seen from the folder `from`.
fn path(from: &str, name: &str) -> Option<PathBuf> {
    let name = PathBuf::from(call::text(name)?);
    let whole = match call::described(from) {
        Some(folder) => Path::new(&folder).join(name),
        None => name,
    };
    let mut plain = PathBuf::new();
    for component in whole.components() {
        match component {
            Component::ParentDir => {
                plain.pop();
            }
            Component::CurDir => {}
            other => plain.push(other),
        }
    }
    Some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_below_root(trace: &str) -> Vec<Operation> {
        read(trace, Path::new("/r")).unwrap()
    }

    #[test]
    fn files_are_opened_written_and_synced_below_the_root_alone() {
        let trace = r#"1 openat(AT_FDCWD<\x2f>, "\x2f\x72\x2f\x61", O_WRONLY|O_CREAT|O_APPEND, 0666) = 5<\x2f\x72\x2f\x61>
1 openat(AT_FDCWD<\x2f>, "\x2f\x65", O_WRONLY|O_CREAT, 0666) = 6<\x2f\x65>
1 write(5<\x2f\x72\x2f\x61>, "\x61\x62\x63", 3) = 2
1 fdatasync(5<\x2f\x72\x2f\x61>) = 0
1 fsync(5<\x2f\x72\x2f\x61>) = -1 EIO (Input/output error)"#;
        let descriptor = 5;
        assert_eq!(
            read_below_root(trace),
            [
                Operation::Open {
                    descriptor,
                    path: "/r/a".into(),
                    create: true,
                    truncate: false,
                    append: true
                },
                Operation::Write {
                    descriptor,
                    offset: None,
                    bytes: b"ab".to_vec()
                },
                Operation::Sync { descriptor },
            ]
        );
    }

    #[test]
    fn an_answer_counts_from_where_its_call_begins_and_only_once() {
        let trace = r#"1 write(9<TCP:[127.0.0.1:5->127.0.0.3:6]>, "\x48\x54\x54\x50\x2f\x31\x2e\x31", 8 <unfinished ...>
2 rename("\x2f\x72\x2f\x61", "\x2f\x72\x2f\x62") = 0
1 <... write resumed>) = 8"#;
        let operations = read_below_root(trace);
        let to = "127.0.0.3".parse().unwrap();
        assert_eq!(operations[0], Operation::Answer { to });
        assert!(matches!(operations[1], Operation::Rename { .. }));
        let answers = operations
            .iter()
            .filter(|operation| matches!(operation, Operation::Answer { .. }));
        assert_eq!(answers.count(), 1);
    }

    #[test]
    fn a_descriptor_is_free_from_where_its_closing_begins() {
        let trace = r#"1 close(5<\x2f\x72\x2f\x61> <unfinished ...>
2 openat(AT_FDCWD<\x2f>, "\x2f\x72", O_RDONLY) = 5<\x2f\x72>
1 <... close resumed>) = 0"#;
        let operations = read_below_root(trace);
        assert_eq!(operations[0], Operation::Close { descriptor: 5 });
        assert!(matches!(operations[1..], [Operation::Open { descriptor: 5, .. }]));
    }

    #[test]
    fn a_path_is_seen_from_the_folder_that_is_open() {
        let trace = r#"1 unlinkat(7<\x2f\x72\x2f\x64>, "\x2e\x2e\x2f\x61", 0) = 0"#;
        assert_eq!(read_below_root(trace), [Operation::Remove { path: "/r/a".into() }]);
    }

    #[test]
    fn a_change_that_is_not_understood_is_an_error_and_not_nothing() {
        let trace = r"1 fallocate(5<\x2f\x72\x2f\x61>, 0, 0, 10) = 0";
        assert!(read(trace, Path::new("/r")).is_err());
        assert!(read(trace, Path::new("/other")).unwrap().is_empty());
    }
}
